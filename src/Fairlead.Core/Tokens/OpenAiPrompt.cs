using Fairlead.Core.Messages;

namespace Fairlead.Core.Tokens;

/// <summary>Counts a prompt for one of OpenAI's models. Used once.</summary>
/// <param name="rules">The model's rules.</param>
internal sealed class OpenAiPrompt(OpenAiRules rules)
{
    /// <summary>What a page of a document costs at least: its image, coarsely seen, and some text.</summary>
    private const int PerDocument = 1000;

    /// <summary>Bytes of base64 per token of sound. No recording holds more than a second; set to lean upwards.</summary>
    private const int AudioBytesPerToken = 256;

    private long _tokens;
    private bool _isEstimate;

    /// <summary>The count.</summary>
    public PromptTokenCount Count(Conversation conversation)
    {
        _tokens = rules.PerRequest;
        _isEstimate = rules.HasManyHosts;
        var hasSystem = false;
        foreach (var message in conversation.Messages)
        {
            hasSystem |= message.Role is Role.System or Role.Developer;
            Add(message);
        }

        AddTools(conversation, hasSystem);
        AddFormat(conversation, hasSystem);
        return new(Math.Max(0, _tokens), _isEstimate ? PromptTokenBasis.Estimate : PromptTokenBasis.Tokenizer);
    }

    private void Add(Message message)
    {
        // Results stand in user turns here and are messages of their own there; they bring their own marks.
        var results = message.Parts.Count(part => part is ToolResultPart);
        if (results < message.Parts.Count || results == 0) _tokens += rules.PerMessage;
        if (message.Name is { IsEmpty: false } name) _tokens += 1 + rules.Encoding.CountSpelled(name.Inner);
        var calls = message.Parts.Count(part => part is ToolCallPart);
        if (calls > 1) _tokens += calls * rules.PerParallelCall;
        foreach (var part in message.Parts) Add(part);
    }

    private void Add(Part part)
    {
        switch (part)
        {
            case TextPart text:
                _tokens += rules.Encoding.CountSpelled(text.Text.Inner);
                break;
            case RefusalPart refusal:
                _tokens += rules.Encoding.CountSpelled(refusal.Text.Inner);
                break;
            case ToolCallPart call:
                _tokens += rules.PerCall + rules.Encoding.Count(call.Name) + rules.Encoding.CountRaw(call.Input.Span);
                break;
            case ToolResultPart result:
                _tokens += rules.PerMessage;
                foreach (var inner in result.Content) Add(inner);
                break;
            case ImagePart image:
                var size = image.Source is MediaSource.Base64 bytes ? ImageSize.OfBase64(bytes.Data.Span) : null;
                _isEstimate |= size is null;
                _tokens += rules.Image.Tokens(size, image.Detail == "low");
                break;
            case DocumentPart { Source: MediaSource.Text text }:
                _tokens += rules.Encoding.CountSpelled(text.Value.Inner);
                break;
            case DocumentPart:
                _isEstimate = true;
                _tokens += PerDocument;
                break;
            case ThinkingPart thinking when rules.HasManyHosts:
                _tokens += rules.Encoding.CountSpelled(thinking.Text.Inner);
                break;
            case ThinkingPart or RedactedThinkingPart:
                // OpenAI does not show the model its thoughts of earlier turns.
                break;
            case VendorPart vendor:
                _isEstimate = true;
                _tokens += vendor.Type.Contains("audio", StringComparison.Ordinal)
                    ? 8 + vendor.Raw.Span.Length / AudioBytesPerToken
                    : rules.Encoding.CountRaw(vendor.Raw.Span);
                break;
        }
    }

    private void AddTools(Conversation conversation, bool hasSystem)
    {
        var functions = conversation.Tools.OfType<FunctionTool>().ToList();
        if (functions.Count > 0)
        {
            _tokens += rules.ToolsOnce - (hasSystem ? rules.SharedWithSystem : 0) + rules.PerTool * functions.Count;
            _tokens += rules.Encoding.Count(FunctionSignatures.Of(functions));
        }

        foreach (var tool in conversation.Tools.OfType<VendorTool>())
        {
            _isEstimate = true;
            _tokens += rules.Encoding.CountRaw(tool.Raw.Span);
        }
    }

    private void AddFormat(Conversation conversation, bool hasSystem)
    {
        if (conversation.OutputFormat is not OutputFormat.JsonSchema format) return;
        _tokens += rules.SchemaOnce - (hasSystem || conversation.Tools.Count > 0 ? rules.SharedWithSystem : 0);
        _tokens += rules.Encoding.Count("# Response Formats\n\n## ");
        _tokens += format.Name is { IsEmpty: false } name ? rules.Encoding.CountSpelled(name.Inner) + 1 : 1;
        if (format.Description is { IsEmpty: false } description) _tokens += 2 + rules.Encoding.CountSpelled(description.Inner);
        _tokens += rules.Encoding.CountRaw(FunctionSignatures.Bare(format.Schema) ?? format.Schema.Span);
    }
}
