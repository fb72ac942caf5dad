using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>
/// The vendor's answer headers that clients may see: its rate limits and timings. Nothing that names its account, host or
/// organisation, and no cookie.
/// </summary>
internal static class VendorHeaders
{
    private const string RateLimits = "x-ratelimit-";
    private const string AnthropicRateLimits = "anthropic-ratelimit-";

    /// <summary>Copies them as they are, for a client of the vendor's own dialect.</summary>
    public static void Copy(HttpResponseMessage upstream, IHeaderDictionary headers)
    {
        foreach (var (name, values) in upstream.Headers.NonValidated)
        {
            if (!IsPassedOn(name)) continue;
            var value = values.ToString();
            if (IsPlain(value)) headers[name] = value;
        }
    }

    /// <summary>Says the rate limits in the client's dialect.</summary>
    public static void Translate(HttpResponseMessage upstream, IHeaderDictionary headers, string dialect, DateTimeOffset now)
    {
        foreach (var (name, values) in upstream.Headers.NonValidated)
        {
            if (!IsPassedOn(name)) continue;
            var value = values.ToString();
            if (IsPlain(value) && RateLimitHeaders.In(dialect, name, value, now) is { } said) headers[said.Name] = said.Value;
        }
    }

    private static bool IsPlain(string value) => value.Length <= 256 && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Whether a header tells of a limit.</summary>
    public static bool IsRateLimit(string name) => name.StartsWith(RateLimits, StringComparison.OrdinalIgnoreCase) || name.StartsWith(AnthropicRateLimits, StringComparison.OrdinalIgnoreCase);

    private static bool IsPassedOn(string name) =>
        IsRateLimit(name)
        || name.Equals("openai-processing-ms", StringComparison.OrdinalIgnoreCase)
        || name.Equals("openai-version", StringComparison.OrdinalIgnoreCase);
}
