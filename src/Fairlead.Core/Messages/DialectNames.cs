namespace Fairlead.Core.Messages;

/// <summary>The names of the dialects there are: in configurations, definitions, records, and as the origin of what a vendor signs.</summary>
public static class DialectNames
{
    /// <summary>OpenAI Chat Completions.</summary>
    public const string OpenAiChat = "openai-chat";

    /// <summary>Anthropic Messages.</summary>
    public const string AnthropicMessages = "anthropic-messages";
}
