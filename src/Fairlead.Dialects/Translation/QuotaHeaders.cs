using System.Globalization;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// What a vendor says in the headers of an answer is left of its limits: <c>x-ratelimit-remaining-requests</c> of
/// <c>x-ratelimit-limit-requests</c> in OpenAI's words, <c>anthropic-ratelimit-requests-remaining</c> of <c>…-limit</c> in Anthropic's.
/// </summary>
public static class QuotaHeaders
{
    private static readonly (string Remaining, string Limit)[] Pairs =
    [
        ("x-ratelimit-remaining-requests", "x-ratelimit-limit-requests"),
        ("x-ratelimit-remaining-tokens", "x-ratelimit-limit-tokens"),
        ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-limit"),
        ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-limit"),
        ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-limit"),
        ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-limit"),
    ];

    /// <summary>The least share that is left of any limit, 0 to 1; null when the vendor tells none whole.</summary>
    /// <param name="header">A header's value by its name; null when it is not there.</param>
    public static double? Left(Func<string, string?> header)
    {
        double? least = null;
        foreach (var (remaining, limit) in Pairs)
        {
            if (Number(header(remaining)) is not { } left || Number(header(limit)) is not ({ } most and > 0)) continue;
            var share = Math.Min(1, left / most);
            if (least is null || share < least) least = share;
        }

        return least;
    }

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
