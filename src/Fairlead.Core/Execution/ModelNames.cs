namespace Fairlead.Core.Execution;

/// <summary>Whether the model that answered is the one that was asked for.</summary>
public static class ModelNames
{
    /// <summary>Fewer digits than these are a model's number, not a date or a release: <c>claude-sonnet-4</c> is not <c>claude-sonnet-4-5</c>.</summary>
    private const int LeastDigits = 3;

    /// <summary>
    /// Whether two names mean one model: the same, whatever the case and the vendor in front of a slash, but for a date, a release, <c>latest</c>
    /// or <c>preview</c> at the end.
    /// </summary>
    public static bool AreOne(string asked, string answered)
    {
        var one = Base(asked);
        var other = Base(answered);
        var shorter = one.Length <= other.Length ? one : other;
        var longer = one.Length <= other.Length ? other : one;
        return longer.StartsWith(shorter, StringComparison.OrdinalIgnoreCase) && IsRelease(longer[shorter.Length..]);
    }

    private static ReadOnlySpan<char> Base(ReadOnlySpan<char> name)
    {
        name = name[(name.LastIndexOf('/') + 1)..];
        const string Latest = "-latest";
        return name.EndsWith(Latest, StringComparison.OrdinalIgnoreCase) ? name[..^Latest.Length] : name;
    }

    /// <summary>What may follow a model's name without making it another model: nothing, or <c>-20250929</c>, <c>-2024-08-06</c>, <c>-001</c>, <c>@001</c>, <c>-preview-05-20</c>.</summary>
    private static bool IsRelease(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty) return true;
        if (rest[0] is not ('-' or '@' or ':' or '_')) return false;
        const string Preview = "-preview";
        if (rest.StartsWith(Preview, StringComparison.OrdinalIgnoreCase))
        {
            rest = rest[Preview.Length..];
            if (rest.IsEmpty) return true;
        }

        var digits = 0;
        foreach (var character in rest)
        {
            if (char.IsAsciiDigit(character)) digits++;
            else if (character is not ('-' or '@' or ':' or '_' or '.' or 'v')) return false;
        }

        return digits >= LeastDigits;
    }
}
