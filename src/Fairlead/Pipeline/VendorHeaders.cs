namespace Fairlead.Pipeline;

/// <summary>
/// The vendor's answer headers that clients may see: its rate limits and timings. Nothing that names its account, host or
/// organisation, and no cookie.
/// </summary>
internal static class VendorHeaders
{
    private const string RateLimits = "x-ratelimit-";
    private const string AnthropicRateLimits = "anthropic-ratelimit-";

    public static void Copy(HttpResponseMessage upstream, IHeaderDictionary headers)
    {
        foreach (var (name, values) in upstream.Headers.NonValidated)
        {
            if (!IsPassedOn(name)) continue;
            var value = values.ToString();
            if (value.Length <= 256 && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')) headers[name] = value;
        }
    }

    private static bool IsPassedOn(string name) =>
        name.StartsWith(RateLimits, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(AnthropicRateLimits, StringComparison.OrdinalIgnoreCase)
        || name.Equals("openai-processing-ms", StringComparison.OrdinalIgnoreCase)
        || name.Equals("openai-version", StringComparison.OrdinalIgnoreCase);
}
