using System.Globalization;
using System.Text.RegularExpressions;

namespace Fairlead.Dialects.Errors;

/// <summary>
/// How long a vendor asks to be left alone, in every notation that vendors use: <c>retry-after-ms</c>, <c>Retry-After</c> as seconds or
/// a date (RFC 9110 10.2.3), Google's <c>retryDelay</c> in the body, words in the message, and when a limit that is used up is
/// reset: <c>x-ratelimit-reset-*</c> and <c>anthropic-ratelimit-*-reset</c> as seconds, durations or instants.
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

    public static TimeSpan? Read(Func<string, string?> header, string? delay, string? message, bool readLimits, DateTimeOffset now)
    {
        if (Number(header("retry-after-ms")) is { } milliseconds) return Bounded(milliseconds / 1000);
        if (header("retry-after") is { } after)
        {
            if (Number(after) is { } seconds) return Bounded(seconds);
            if (Until(after, now) is { } dated) return Bounded(dated);
        }

        if (delay is not null && Duration(delay) is { } asked) return Bounded(asked);
        if (!readLimits) return null;
        if (message is not null && InWords(VendorMessage.Unquoted(message)) is { } words) return Bounded(words);
        double? longest = null;
        foreach (var (remaining, reset) in Limits)
        {
            if (Number(header(remaining)) is not <= 0 || header(reset) is not { } text) continue;
            var wait = Seconds(text, now);
            if (wait > (longest ?? double.MinValue)) longest = wait;
        }

        return longest is { } until ? Bounded(until) : null;
    }

    /// <summary>How long until a limit is whole again, in any notation; null for what is none.</summary>
    public static TimeSpan? Wait(string reset, DateTimeOffset now) => Seconds(reset, now) is { } seconds ? Bounded(seconds) : null;

    private static double? Seconds(string reset, DateTimeOffset now) => Number(reset) ?? Duration(reset) ?? (IsInstant(reset) ? Until(reset, now) : null);

    private static double? InWords(string message) => Words().Match(message) is { Success: true } match ? Duration(match.Groups[1].Value) : null;

    /// <summary>Seconds of <c>6m0s</c>, <c>1.5s</c>, <c>20ms</c>, <c>2m59.56s</c>, <c>5 minutes</c>; null when there is no unit.</summary>
    private static double? Duration(string text)
    {
        if (text.Length > MostCharacters) return null;
        double sum = 0;
        var isFound = false;
        foreach (var part in Part().EnumerateMatches(text))
        {
            isFound = true;
            var unit = text.AsSpan(part.Index, part.Length).TrimStart("0123456789.");
            var number = text.AsSpan(part.Index, part.Length - unit.Length);
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return null;
            unit = unit.TrimStart(' ');
            var isMilliseconds = unit.StartsWith("ms", StringComparison.OrdinalIgnoreCase) || unit.StartsWith("mil", StringComparison.OrdinalIgnoreCase);
            sum += value * (isMilliseconds ? 0.001 : char.ToLowerInvariant(unit[0]) switch { 'd' => 86_400, 'h' => 3_600, 'm' => 60, _ => 1 });
        }

        return isFound ? sum : null;
    }

    private static double? Until(string date, DateTimeOffset now) =>
        DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? (instant - now).TotalSeconds : null;

    /// <summary>Whether a text has the form of RFC 3339: what else a date parser would take for a date is none here.</summary>
    private static bool IsInstant(string text) => text.Length is >= 20 and <= MostCharacters && text[4] == '-' && text[7] == '-' && text[10] is 'T' or 't';

    private static double? Number(string? text) =>
        text is { Length: > 0 and < 32 } && double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A hint in the past is no wait at all; one beyond reason is cut.</summary>
    private static TimeSpan Bounded(double seconds) =>
        seconds <= 0 || double.IsNaN(seconds) ? TimeSpan.Zero : seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);

    [GeneratedRegex(@"[0-9.]{1,12} ?(?:ms|milliseconds?|[dhms]|days?|hours?|min(?:ute)?s?|sec(?:ond)?s?)(?![a-z])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Part();

    [GeneratedRegex(@"(?:try again in|retry (?:after|in)) ((?:[0-9]{1,9}(?:\.[0-9]{1,9})? ?(?:ms|milliseconds?|[dhms]|days?|hours?|min(?:ute)?s?|sec(?:ond)?s?)(?![a-z]) ?){1,4})", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 100)]
    private static partial Regex Words();
}
