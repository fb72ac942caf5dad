using System.Text.RegularExpressions;

namespace Fairlead.Dialects.Content;

/// <summary>
/// A search by one pattern in several texts, which together take no longer than the pattern may take on one. Used by one thread, for one
/// search; the time runs from its making.
/// </summary>
/// <param name="pattern">The pattern; one without a limit of time is not limited here either.</param>
/// <param name="clock">Measures the time.</param>
public sealed class PatternSearch(Regex pattern, TimeProvider clock)
{
    /// <summary>How many times at most a pattern is made anew with what is left of its time: making one takes a millisecond.</summary>
    private const int MostSteps = 5;

    private readonly TimeSpan _most = pattern.MatchTimeout;
    private readonly long _started = clock.GetTimestamp();

    private Regex _current = pattern;

    /// <summary>Whether the pattern matches within this text.</summary>
    /// <exception cref="RegexMatchTimeoutException">The time is over, by a fifth of it at most.</exception>
    public bool IsIn(ReadOnlySpan<char> text)
    {
        if (_most == Regex.InfiniteMatchTimeout) return _current.IsMatch(text);
        var left = _most - clock.GetElapsedTime(_started);
        if (left <= TimeSpan.Zero) throw new RegexMatchTimeoutException("", _current.ToString(), _most);
        if (_current.MatchTimeout - left >= _most / MostSteps) _current = new Regex(_current.ToString(), _current.Options, left);
        return _current.IsMatch(text);
    }
}
