using System.Globalization;
using System.Text.RegularExpressions;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>
/// How long a vendor asks to be left alone, in every notation that OpenAI-compatible vendors use: <c>retry-after-ms</c>,
/// <c>Retry-After</c> as seconds or a date (RFC 9110 10.2.3), <c>x-ratelimit-reset-*</c> as durations, and words in the message.
/// </summary>
internal static partial class RetryHint
{
    /// <summary>Longer than this is a mistake or an outage of another kind.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static TimeSpan? Read(Func<string, string?> header, string? message, bool readLimits, DateTimeOffset now)
    {
        if (Number(header("retry-after-ms")) is { } milliseconds) return Bounded(milliseconds / 1000);
        if (header("retry-after") is { } after)
        {
            if (Number(after) is { } seconds) return Bounded(seconds);
            if (DateTimeOffset.TryParse(after, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)) return Bounded((date - now).TotalSeconds);
        }

        if (!readLimits) return null;
        if (message is not null && InWords(message) is { } words) return Bounded(words);
        var limits = new[] { ResetOf(header, "requests"), ResetOf(header, "tokens") }.Where(reset => reset is not null).Max();
        return limits is { } reset ? Bounded(reset) : null;
    }

    /// <summary>When a limit is used up, how long until it is not: <c>6m0s</c>, <c>1.5s</c>, <c>20ms</c>, <c>2m59.56s</c>.</summary>
    private static double? ResetOf(Func<string, string?> header, string limit)
    {
        if (header("x-ratelimit-remaining-" + limit) is not "0" || header("x-ratelimit-reset-" + limit) is not { Length: > 0 and < 32 } reset) return null;
        if (Number(reset) is { } seconds) return seconds;
        double sum = 0;
        var isFound = false;
        foreach (var part in Part().EnumerateMatches(reset))
        {
            isFound = true;
            var text = reset.AsSpan(part.Index, part.Length);
            var unit = text.TrimStart("0123456789.");
            if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return null;
            sum += value * unit switch { "d" => 86_400, "h" => 3_600, "m" => 60, "ms" => 0.001, _ => 1 };
        }

        return isFound ? sum : null;
    }

    private static double? InWords(string message)
    {
        var match = Words().Match(message);
        if (!match.Success) return null;
        return Number(match.Groups[1].Value) * (match.Groups[2].Value.StartsWith("ms", StringComparison.Ordinal) ? 0.001 : match.Groups[2].Value.StartsWith('m') ? 60 : 1);
    }

    private static double? Number(string? text) =>
        text is { Length: > 0 and < 32 } && double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A hint in the past is no wait at all; one beyond reason is cut.</summary>
    private static TimeSpan Bounded(double seconds) =>
        seconds <= 0 || double.IsNaN(seconds) ? TimeSpan.Zero : seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);

    [GeneratedRegex(@"[0-9.]{1,12}(?:ms|[dhms])", RegexOptions.CultureInvariant)]
    private static partial Regex Part();

    [GeneratedRegex(@"(?:try again in|retry (?:after|in)) ([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|s\b|seconds?|m\b|minutes?)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 100)]
    private static partial Regex Words();
}
