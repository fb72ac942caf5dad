using Fairlead.Core.Messages;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Words of the dialect that translation needs.</summary>
internal static class ChatNames
{
    /// <summary>How Anthropic's thoughts are marked in <c>reasoning_details</c>, a member that OpenRouter has brought up.</summary>
    public const string SignedFormat = "anthropic-claude-v1";

    /// <summary>What it calls members that others call differently.</summary>
    public static MemberNames Members { get; } = new("stop", "response_format", "reasoning_effort", "max_tokens", "user", "reasoning_content");
}
