using System.Globalization;
using System.Text.RegularExpressions;

namespace Fairlead.Dialects.Errors;

/// <summary>
/// How long a vendor asks to be left alone, in every notation that OpenAI-compatible vendors use: <c>retry-after-ms</c>,
/// <c>Retry-After</c> as seconds or a date (RFC 9110 10.2.3), Google's <c>retryDelay</c> in the body, words in the message, and
/// <c>x-ratelimit-reset-*</c> as durations.
/// </summary>
internal static partial class RetryHint
{
    /// <summary>Longer than this is a mistake or an outage of another kind.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private const int MostCharacters = 64;

    public static TimeSpan? Read(Func<string, string?> header, string? delay, string? message, bool readLimits, DateTimeOffset now)
    {
        if (Number(header("retry-after-ms")) is { } milliseconds) return Bounded(milliseconds / 1000);
        if (header("retry-after") is { } after)
        {
            if (Number(after) is { } seconds) return Bounded(seconds);
            if (DateTimeOffset.TryParse(after, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)) return Bounded((date - now).TotalSeconds);
        }

        if (delay is not null && Duration(delay) is { } asked) return Bounded(asked);
        if (!readLimits) return null;
        if (message is not null && InWords(message) is { } words) return Bounded(words);
        var limits = new[] { ResetOf(header, "requests"), ResetOf(header, "tokens") }.Where(reset => reset is not null).Max();
        return limits is { } reset ? Bounded(reset) : null;
    }

    /// <summary>When a limit is used up, how long until it is not.</summary>
    private static double? ResetOf(Func<string, string?> header, string limit) =>
        header("x-ratelimit-remaining-" + limit) is "0" && header("x-ratelimit-reset-" + limit) is { } reset ? Number(reset) ?? Duration(reset) : null;

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
