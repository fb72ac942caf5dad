namespace Fairlead.Core.Configuration;

/// <summary>Names that may stand in headers, addresses, metrics and before a slash.</summary>
internal static class Names
{
    /// <summary>What a text must be to be a name.</summary>
    public const string Rule = "a name must have 1 to 64 letters, digits, '.', '_', ':' or '-', the first a letter or digit";

    /// <summary>Whether a text is one.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(text[0]) && text.All(IsNameCharacter);

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or ':' or '-';
}
