using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Fairlead.Core.Expressions;

/// <summary>A pattern of <c>matches</c>, of a text or of a prompt: RE2's syntax, matched in time linear in the text. Immutable; safe for any number of threads.</summary>
internal sealed class CelPattern
{
    /// <summary>What it costs to compile a pattern during an evaluation: milliseconds, so that few are.</summary>
    public const int StepsToCompile = 10_000;

    /// <summary>Linear is still long when both text and pattern are; this is for the worst of both.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromMilliseconds(250);

    private readonly Regex _regex;

    private CelPattern(Regex regex) => _regex = regex;

    public static bool TryCompile(string pattern, [NotNullWhen(true)] out CelPattern? compiled, [NotNullWhen(false)] out string? problem)
    {
        compiled = null;
        if (!CelPatternReader.TryRead(pattern, out var translated, out problem)) return false;
        try
        {
            compiled = new CelPattern(new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MostTime));
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            problem = "the pattern is no regular expression";
            return false;
        }
    }

    public CelValue IsIn(ref CelFrame frame, string text)
    {
        return frame.Spend(1 + (text.Length >> 8)) ? Search(text, static (regex, text) => regex.IsMatch(text)) : CelValue.Error(CelFrame.OutOfSteps);
    }

    /// <summary>What a search comes to: whether it finds something, or an error when it runs out of time.</summary>
    /// <param name="place">Where it looks.</param>
    /// <param name="search">The search; it may throw that the time is over.</param>
    public CelValue Search<T>(T place, Func<Regex, T, bool> search)
    {
        try
        {
            return CelValue.Of(search(_regex, place));
        }
        catch (RegexMatchTimeoutException)
        {
            return CelValue.Error("the pattern takes too long on this text");
        }
    }
}
