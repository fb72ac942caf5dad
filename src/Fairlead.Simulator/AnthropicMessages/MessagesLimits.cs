using System.Globalization;
using Fairlead.Simulator.Quotas;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.AnthropicMessages;

/// <summary>Quotas in Anthropic's response headers: requests, tokens of prompts, tokens of answers, and of the limits of tokens the tightest.</summary>
internal static class MessagesLimits
{
    private const long Thousand = 1_000;

    public static void Write(IHeaderDictionary headers, QuotaFigure[] figures, QuotaRefusal? refusal, DateTimeOffset now)
    {
        Write(headers, "requests", QuotaFigure.Tightest(figures.Where(figure => figure.IsOfRequests)), now);
        Write(headers, "tokens", QuotaFigure.Tightest(figures.Where(figure => !figure.IsOfRequests)), now);
        Write(headers, "input-tokens", QuotaFigure.Tightest(figures.Where(figure => figure.Kind == QuotaKind.InputTokensPerMinute)), now);
        Write(headers, "output-tokens", QuotaFigure.Tightest(figures.Where(figure => figure.Kind == QuotaKind.OutputTokensPerMinute)), now);
        if (refusal?.RetryAfter is { } wait) headers["retry-after"] = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>An instant as Anthropic writes it, RFC 3339 to the second; rounded up, so that whoever comes back then is not too early.</summary>
    public static string Text(DateTimeOffset time)
    {
        var past = time.Ticks % TimeSpan.TicksPerSecond;
        return (past == 0 ? time : time.AddTicks(TimeSpan.TicksPerSecond - past)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private static void Write(IHeaderDictionary headers, string what, QuotaFigure? known, DateTimeOffset now)
    {
        if (known is not { } figure) return;
        headers[$"anthropic-ratelimit-{what}-limit"] = figure.Limit.ToString(CultureInfo.InvariantCulture);
        headers[$"anthropic-ratelimit-{what}-remaining"] = (figure.IsOfRequests ? figure.Remaining : Rounded(figure)).ToString(CultureInfo.InvariantCulture);
        headers[$"anthropic-ratelimit-{what}-reset"] = Text(now + figure.ResetIn);
    }

    /// <summary>Anthropic tells remaining tokens to the nearest thousand; a limit too small for that is told as it is.</summary>
    private static long Rounded(QuotaFigure figure) =>
        figure.Limit < 10 * Thousand ? figure.Remaining : Math.Min(figure.Limit, (figure.Remaining + Thousand / 2) / Thousand * Thousand);
}
