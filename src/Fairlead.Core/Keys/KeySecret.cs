using System.Security.Cryptography;

namespace Fairlead.Core.Keys;

/// <summary>The secrets of keys that are made here: <c>fl_</c> and 43 letters and digits, 256 random bits.</summary>
public static class KeySecret
{
    /// <summary>Characters of a secret.</summary>
    public const int Length = 46;

    /// <summary>How many of them may be shown, to tell one from another.</summary>
    public const int ShownCharacters = 8;

    private const string Beginning = "fl_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new one, from the system's secure random source.</summary>
    public static string Create() => Beginning + RandomNumberGenerator.GetString(Alphabet, Length - Beginning.Length);

    /// <summary>Whether a text has the form of one. Says nothing about its existence.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Length != Length || !text.StartsWith(Beginning, StringComparison.Ordinal)) return false;
        foreach (var character in text[Beginning.Length..])
        {
            if (!char.IsAsciiLetterOrDigit(character)) return false;
        }

        return true;
    }
}
