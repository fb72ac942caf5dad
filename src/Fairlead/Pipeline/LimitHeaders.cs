using System.Globalization;
using Fairlead.Core.Limits;
using Fairlead.Core.Messages;

namespace Fairlead.Pipeline;

/// <summary>
/// How the client's own limits stand, in the headers of its dialect: OpenAI's <c>x-ratelimit-remaining-requests</c>, Anthropic's
/// <c>anthropic-ratelimit-requests-remaining</c>. In place of the vendor's, which are the gateway's and not the client's.
/// </summary>
internal static class LimitHeaders
{
    public static void Write(IHeaderDictionary headers, string dialect, LimitLease lease, DateTimeOffset now)
    {
        foreach (var (name, _) in headers)
        {
            if (VendorHeaders.IsRateLimit(name)) headers.Remove(name); // one kind of the vendor's beside another of ours would tell of two limits
        }

        if (lease.Standing(LimitKind.Requests) is { } requests) Write(headers, dialect, "requests", requests, now);
        if (lease.Standing(LimitKind.Tokens) is { } tokens) Write(headers, dialect, "tokens", tokens, now);
    }

    /// <summary>The same of a limit that is reached.</summary>
    public static void Write(IHeaderDictionary headers, string dialect, LimitRefusal full, DateTimeOffset now)
    {
        if (full.Kind != LimitKind.Concurrent) Write(headers, dialect, full.Kind == LimitKind.Requests ? "requests" : "tokens", new LimitStanding(full.Most, 0, full.Wait), now);
    }

    private static void Write(IHeaderDictionary headers, string dialect, string kind, LimitStanding standing, DateTimeOffset now)
    {
        var limit = standing.Most.ToString(CultureInfo.InvariantCulture);
        var left = standing.Left.ToString(CultureInfo.InvariantCulture);
        if (dialect == DialectNames.AnthropicMessages)
        {
            headers[$"anthropic-ratelimit-{kind}-limit"] = limit;
            headers[$"anthropic-ratelimit-{kind}-remaining"] = left;
            headers[$"anthropic-ratelimit-{kind}-reset"] = (now + standing.FullIn).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            return;
        }

        headers[$"x-ratelimit-limit-{kind}"] = limit;
        headers[$"x-ratelimit-remaining-{kind}"] = left;
        headers[$"x-ratelimit-reset-{kind}"] = standing.FullIn < TimeSpan.FromSeconds(1)
            ? ((long)Math.Ceiling(standing.FullIn.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture) + "ms"
            : standing.FullIn.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
    }
}
