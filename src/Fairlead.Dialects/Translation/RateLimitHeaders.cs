using Fairlead.Core.Messages;
using System.Globalization;
using Fairlead.Dialects.Errors;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// A vendor's rate limits in the words of another dialect (SEMANTICS 109): OpenAI has <c>x-ratelimit-reset-tokens: 2m59.56s</c>,
/// Anthropic <c>anthropic-ratelimit-tokens-reset</c> with an instant.
/// </summary>
public static class RateLimitHeaders
{
    private const string Chat = "x-ratelimit-";
    private const string Messages = "anthropic-ratelimit-";

    private static readonly string[] Kinds = ["requests", "tokens"];
    private static readonly string[] Figures = ["limit", "remaining", "reset"];

    /// <summary>A header in the words of a dialect; null for one that it has no word for.</summary>
    /// <param name="dialect">The client's.</param>
    /// <param name="name">The vendor's header.</param>
    /// <param name="value">Its value.</param>
    /// <param name="now">What a reset counts from.</param>
    public static (string Name, string Value)? In(string dialect, string name, string value, DateTimeOffset now)
    {
        var isToMessages = dialect == DialectNames.AnthropicMessages;
        foreach (var kind in Kinds)
        {
            foreach (var figure in Figures)
            {
                var (chat, messages) = ($"{Chat}{figure}-{kind}", $"{Messages}{kind}-{figure}");
                if (!name.Equals(isToMessages ? chat : messages, StringComparison.OrdinalIgnoreCase)) continue;
                if (figure != "reset") return (isToMessages ? messages : chat, value);
                if (RetryHint.Wait(value, now) is not { } wait) return null;
                return isToMessages
                    ? (messages, (now + wait).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))
                    : (chat, wait < TimeSpan.FromSeconds(1) ? $"{(long)wait.TotalMilliseconds}ms" : wait.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s");
            }
        }

        return null;
    }
}
