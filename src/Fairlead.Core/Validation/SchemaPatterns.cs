using System.Text.RegularExpressions;

namespace Fairlead.Core.Validation;

/// <summary>
/// Compiles the regular expressions of one schema, within what one schema may ask for. They are ECMAScript's; here they run without
/// backtracking, so that no text can make one slow.
/// </summary>
internal sealed class SchemaPatterns
{
    private const int MostPatterns = 256;

    private const int MostCharacters = 1024;

    /// <summary>A guard behind the guard: a match in linear time of a text of 1 MB does not come near it.</summary>
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, SchemaPattern> _compiled = new(StringComparer.Ordinal);

    /// <summary>Compiles a pattern; null when it is none, or beyond what is taken, with the rest of a sentence that says so.</summary>
    public SchemaPattern? Compile(string pattern, out string? reason)
    {
        reason = null;
        if (_compiled.TryGetValue(pattern, out var known)) return known;
        if (_compiled.Count == MostPatterns) reason = $"is one pattern more than the {MostPatterns} that a schema may have";
        else if (pattern.Length > MostCharacters) reason = $"is a pattern of more than {MostCharacters} characters";
        else if (EcmaPattern.Translate(pattern, out reason) is { } translated)
        {
            try
            {
                var expression = new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, LongestMatch);
                return _compiled[pattern] = new SchemaPattern(expression);
            }
            catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
            {
                reason = exception is NotSupportedException ? "is a pattern that looks ahead, behind or back" : "is no regular expression";
            }
        }

        return null;
    }
}
