using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Core.Configuration;

/// <summary>
/// Resolves secret references: <c>env:NAME</c> and <c>file:PATH</c>. White space around a value is not part of it, so that a file
/// may end with a line end. Safe for any number of threads if its two functions are.
/// </summary>
/// <param name="environment">The value of an environment variable; null when it is not set.</param>
/// <param name="readFile">The text of a file; an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it cannot be read.</param>
public sealed class SecretReader(Func<string, string?> environment, Func<string, string> readFile)
{
    private const int MostFileBytes = 64 * 1024;
    private const string EnvironmentPrefix = "env:";
    private const string FilePrefix = "file:";

    /// <summary>The process's environment and files; a file may have at most 64 KiB.</summary>
    public static SecretReader System { get; } = new(Environment.GetEnvironmentVariable, ReadFile);

    /// <summary>
    /// Takes every reference as set, each with a value of its own that is no secret: for looking at a configuration where its secrets are
    /// not. Nothing may be served or called with these.
    /// </summary>
    public static SecretReader AllSet { get; } = new(name => Placeholder(EnvironmentPrefix + name), path => Placeholder(FilePrefix + path)) { AreStandIns = true };

    /// <summary>Whether its values are made up, each from its reference: what a value must look like is not to be asked of them.</summary>
    public bool AreStandIns { get; init; }

    /// <summary>Whether a text is a reference at all. What is none may be a secret itself, and must not be shown.</summary>
    public static bool IsReference(string text) =>
        text.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)
            ? IsVariable(text.AsSpan(EnvironmentPrefix.Length))
            : text.StartsWith(FilePrefix, StringComparison.Ordinal) && text.Length > FilePrefix.Length;

    /// <summary>The value of a reference; null when nothing, or only white space, is there.</summary>
    /// <param name="reference">A reference.</param>
    /// <param name="folder">What a relative path is relative to.</param>
    public string? Read(string reference, string folder)
    {
        string? value;
        try
        {
            value = reference.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)
                ? environment(reference[EnvironmentPrefix.Length..])
                : readFile(Path.Combine(folder, reference[FilePrefix.Length..]));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }

        value = value?.Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }

    private static bool IsVariable(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > 128 || char.IsAsciiDigit(name[0])) return false;
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '_') return false;
        }

        return true;
    }

    private static string Placeholder(string reference) => "taken-as-set-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(reference)));

    private static string ReadFile(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[MostFileBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MostFileBytes ? Encoding.UTF8.GetString(bytes, 0, length) : throw new IOException($"The file is larger than {MostFileBytes} bytes.");
    }
}
