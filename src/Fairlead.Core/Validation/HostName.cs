namespace Fairlead.Core.Validation;

/// <summary>Names of hosts: RFC 1123, section 2.1, and RFC 5890 for labels that stand for other scripts (<c>xn--…</c>).</summary>
internal static class HostName
{
    private const int MostCharacters = 253;
    private const int MostLabelCharacters = 63;

    public static bool IsValid(string text) => text.Length <= MostCharacters && text.Split('.').All(IsLabel);

    private static bool IsLabel(string label)
    {
        if (label.Length is 0 or > MostLabelCharacters || label[0] == '-' || label[^1] == '-') return false;
        if (!label.All(sign => char.IsAsciiLetterOrDigit(sign) || sign == '-')) return false;
        if (!label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase)) return true;
        return Punycode.Decode(label.AsSpan(4)) is { } decoded && InternationalLabel.IsValid(decoded);
    }
}
