using System.Globalization;
using Fairlead.Simulator.Quotas;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>Quotas in OpenAI's response headers: one limit of requests and one of tokens, the tightest of each.</summary>
internal static class ChatLimits
{
    public static void Write(IHeaderDictionary headers, QuotaFigure[] figures, QuotaRefusal? refusal)
    {
        Write(headers, "requests", QuotaFigure.Tightest(figures.Where(figure => figure.IsOfRequests)));
        Write(headers, "tokens", QuotaFigure.Tightest(figures.Where(figure => !figure.IsOfRequests)));
        if (refusal?.RetryAfter is not { } wait) return;
        headers["retry-after"] = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        headers["retry-after-ms"] = Milliseconds(wait).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A time as OpenAI writes it: <c>120ms</c>, <c>8.64s</c>, <c>1m0.198s</c>, <c>24h0m0s</c>.</summary>
    public static string Text(TimeSpan time)
    {
        var milliseconds = Milliseconds(time);
        if (milliseconds is > 0 and < 1_000) return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{milliseconds % 60_000 / 1_000m:0.###}s");
        var minutes = milliseconds / 60_000;
        return minutes switch
        {
            0 => seconds,
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}h{minutes % 60}m{seconds}"),
        };
    }

    private static void Write(IHeaderDictionary headers, string what, QuotaFigure? known)
    {
        if (known is not { } figure) return;
        headers["x-ratelimit-limit-" + what] = figure.Limit.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-" + what] = figure.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-" + what] = Text(figure.ResetIn);
    }

    // Rounded up: whoever comes back then is not too early.
    private static long Milliseconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
}
