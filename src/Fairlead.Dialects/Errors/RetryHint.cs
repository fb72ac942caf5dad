using System.Globalization;
using System.Text.RegularExpressions;
using Fairlead.Core.Execution;

namespace Fairlead.Dialects.Errors;

/// <summary>
/// How long a vendor asks to be left alone, in every notation that vendors use: <c>retry-after-ms</c>, <c>Retry-After</c> as seconds, a
/// duration or a date (RFC 9110 10.2.3), Google's <c>retryDelay</c> in the body, words in the message, and of a rate limit when one that is
/// used up is reset: <c>x-ratelimit-reset-*</c> and <c>anthropic-ratelimit-*-reset</c> as seconds, durations or instants. A header that came twice
/// has the longest of its values. What is past, negative or anything else is no hint.
/// </summary>
internal static partial class RetryHint
{
    /// <summary>Longer than this is a mistake or an outage of another kind.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private const int MostCharacters = 64;

    /// <summary>What is left of each limit, and when it is whole again. Vendors tell it with every answer: only a limit that is used up is a hint.</summary>
    private static readonly (string Remaining, string Reset)[] Limits =
    [
        ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
        ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
        ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
        ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
        ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    ];

    /// <summary>From here on plain numbers of a reset are no waits: seconds, or milliseconds, since 1970.</summary>
    private const double LeastEpochSeconds = 1e9;
    private const double LeastEpochMilliseconds = 1e12;

    /// <summary>The dates of HTTP: as they are sent, and the two that are still to be read.</summary>
    private static readonly string[] HttpDates = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"];

    public static TimeSpan? Read(Func<string, string?> header, string? delay, string? message, FailureClass failure, DateTimeOffset now)
    {
        if (Hint(Largest(header("retry-after-ms"), Number) / 1000) is { } exact) return exact;
        if (header("retry-after") is { } after && Hint(Largest(after, text => Number(text) ?? Duration(text)) ?? Until(after, now)) is { } told) return told;
        if (delay is not null && Hint(Duration(delay)) is { } asked) return asked;
        if (failure is not (FailureClass.RateLimited or FailureClass.Overloaded)) return null;
        if (message is not null && Hint(InWords(VendorMessage.Unquoted(message))) is { } words) return words;
        if (failure != FailureClass.RateLimited) return null; // a key's limits say nothing of when a vendor has room again
        double? longest = null;
        foreach (var (remaining, reset) in Limits)
        {
            if (Largest(header(remaining), Number) is not <= 0 || header(reset) is not { } text) continue;
            var wait = Seconds(text, now);
            if (wait > (longest ?? double.MinValue)) longest = wait;
        }

        return Hint(longest);
    }

    /// <summary>How long until a limit is whole again, in any notation: no time where that is past, null for what is none.</summary>
    public static TimeSpan? Wait(string reset, DateTimeOffset now) => Seconds(reset, now) is { } seconds ? Bounded(seconds) : null;

    private static double? Seconds(string reset, DateTimeOffset now) => Largest(reset, text => Number(text) switch
    {
        >= LeastEpochMilliseconds and var milliseconds => (milliseconds / 1000) - Epoch(now),
        >= LeastEpochSeconds and var seconds => seconds - Epoch(now),
        < 0 => null,
        { } seconds => seconds,
        null => Duration(text) ?? (Instant().IsMatch(text) ? Until(text, now) : null),
    });

    private static double Epoch(DateTimeOffset now) => now.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>The largest of the values that stand in a header, mostly one; null where one cannot be read.</summary>
    private static double? Largest(string? header, Func<string, double?> read)
    {
        if (header is not { Length: > 0 and <= MostCharacters }) return null;
        double? largest = null;
        foreach (var text in header.Split(',', StringSplitOptions.TrimEntries))
        {
            if (read(text) is not { } value) return null;
            if (value > (largest ?? double.MinValue)) largest = value;
        }

        return largest;
    }

    private static double? InWords(string message) => Words().Match(message) is { Success: true } match ? Duration(match.Groups[1].Value) : null;

    /// <summary>Seconds of <c>6m0s</c>, <c>1.5s</c>, <c>20ms</c>, <c>2m59.56s</c>, <c>5 minutes</c>; null when there is no unit, or anything else.</summary>
    private static double? Duration(string text)
    {
        if (text.Length > MostCharacters) return null;
        double sum = 0;
        var end = 0;
        foreach (var part in Part().EnumerateMatches(text))
        {
            if (!text.AsSpan(end, part.Index - end).IsWhiteSpace()) return null;
            end = part.Index + part.Length;
            var unit = text.AsSpan(part.Index, part.Length).TrimStart("0123456789.");
            var number = text.AsSpan(part.Index, part.Length - unit.Length);
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return null;
            unit = unit.TrimStart(' ');
            var isMilliseconds = unit.StartsWith("ms", StringComparison.OrdinalIgnoreCase) || unit.StartsWith("mil", StringComparison.OrdinalIgnoreCase);
            sum += value * (isMilliseconds ? 0.001 : char.ToLowerInvariant(unit[0]) switch { 'd' => 86_400, 'h' => 3_600, 'm' => 60, _ => 1 });
        }

        return end > 0 && text.AsSpan(end).IsWhiteSpace() ? sum : null;
    }

    /// <summary>Until a date of HTTP's, or of RFC 3339: what else a date parser would take for a date is none here.</summary>
    private static double? Until(string date, DateTimeOffset now)
    {
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowLeadingWhite | DateTimeStyles.AllowTrailingWhite;
        var isDate = Instant().IsMatch(date)
            ? DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, styles, out var instant)
            : DateTimeOffset.TryParseExact(date, HttpDates, CultureInfo.InvariantCulture, styles, out instant);
        return isDate ? (instant - now).TotalSeconds : null;
    }

    private static double? Number(string text) =>
        text.Length < 32 && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    /// <summary>A wait that is asked for; none where it is past.</summary>
    private static TimeSpan? Hint(double? seconds) => seconds is >= 0 and var wait ? Bounded(wait) : null;

    /// <summary>One beyond reason is cut.</summary>
    private static TimeSpan Bounded(double seconds) =>
        seconds <= 0 ? TimeSpan.Zero : seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);

    [GeneratedRegex(@"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Instant();

    [GeneratedRegex(@"[0-9.]{1,24} ?(?:ms|milliseconds?|[dhms]|days?|hours?|min(?:ute)?s?|sec(?:ond)?s?)(?![a-z])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Part();

    [GeneratedRegex(@"(?:try again in|retry (?:after|in)) ((?:[0-9]{1,9}(?:\.[0-9]{1,9})? ?(?:ms|milliseconds?|[dhms]|days?|hours?|min(?:ute)?s?|sec(?:ond)?s?)(?![a-z]) ?){1,4})", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
