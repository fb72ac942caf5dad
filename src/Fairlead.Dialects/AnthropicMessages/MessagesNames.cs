using Fairlead.Core.Messages;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Words of the dialect that translation needs.</summary>
internal static class MessagesNames
{
    /// <summary>What it calls members that others call differently.</summary>
    public static MemberNames Members { get; } = new("stop_sequences", "output_config.format", "thinking", "max_tokens", "metadata.user_id", "thinking");
}
