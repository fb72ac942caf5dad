namespace Fairlead.Core.Classification;

/// <summary>The form of names of workloads and of labels of sensitive data: what may stand in headers, rules and metrics.</summary>
public static class LabelName
{
    private const int MostCharacters = 64;

    /// <summary>The form in words.</summary>
    public const string Form = "must have 1 to 64 lower-case letters, digits or '_', the first a letter";

    /// <summary>Whether a text has the form.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MostCharacters || !char.IsAsciiLetterLower(name[0])) return false;
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character) && character != '_') return false;
        }

        return true;
    }
}
