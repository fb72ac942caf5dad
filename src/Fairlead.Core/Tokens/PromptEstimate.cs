using Fairlead.Core.Messages;

namespace Fairlead.Core.Tokens;

/// <summary>The tokens of a prompt by arithmetic alone.</summary>
internal static class PromptEstimate
{
    /// <summary>A page of a document: up to this many tokens of text and image. Anthropic, "PDF support".</summary>
    private const int PerPage = 3000;

    /// <summary>Bytes of base64 per page that are assumed.</summary>
    private const int BytesPerPage = 64 * 1024;

    /// <summary>Bytes of base64 per token of sound or film.</summary>
    private const int MediaBytesPerToken = 256;

    /// <summary>The estimate.</summary>
    public static long Of(Conversation conversation, EstimateRates rates)
    {
        var text = 0L;
        var marks = (long)rates.PerRequest;
        var hasCitations = false;
        foreach (var message in conversation.Messages)
        {
            marks += rates.PerMessage;
            if (message.Name is { } name) text += 1 + TextEstimate.OfSpelled(name.Inner);
            foreach (var part in message.Parts) Add(part);
        }

        if (hasCitations) marks += rates.CitationsOnce;
        if (conversation.Reasoning is { Mode: not ReasoningMode.Off }) marks += rates.ThinkingOnce;
        AddTools();
        AddFormat();
        return marks + (text * rates.TextPercent + 99) / 100;

        void Add(Part part)
        {
            switch (part)
            {
                case TextPart one:
                    text += TextEstimate.OfSpelled(one.Text.Inner);
                    break;
                case RefusalPart refusal:
                    text += TextEstimate.OfSpelled(refusal.Text.Inner);
                    break;
                case ThinkingPart thinking:
                    text += TextEstimate.OfSpelled(thinking.Text.Inner);
                    break;
                case ToolCallPart call:
                    marks += rates.PerCall;
                    text += TextEstimate.Of(call.Name) + TextEstimate.OfRaw(call.Input.Span);
                    break;
                case ToolResultPart result:
                    marks += rates.PerCall;
                    foreach (var inner in result.Content) Add(inner);
                    break;
                case ImagePart image:
                    marks += rates.Image.Tokens(image.Source is MediaSource.Base64 bytes ? ImageSize.OfBase64(bytes.Data.Span) : null, image.Detail == "low");
                    break;
                case DocumentPart document:
                    hasCitations |= document.Extras.Any(extra => extra.Name == "citations");
                    if (document.Title is { } title) text += TextEstimate.OfSpelled(title.Inner);
                    if (document.Source is MediaSource.Text plain) text += 20 + TextEstimate.OfSpelled(plain.Value.Inner);
                    else marks += PerPage * (1 + (document.Source is MediaSource.Base64 file ? file.Data.Length / BytesPerPage : 0L));
                    break;
                case RedactedThinkingPart redacted:
                    // What is encrypted is longer than what it says.
                    marks += redacted.Data.Inner.Length / 4;
                    break;
                case VendorPart vendor:
                    if (vendor.Type.Contains("audio", StringComparison.Ordinal) || vendor.Type.Contains("video", StringComparison.Ordinal)) marks += 300 + vendor.Raw.Span.Length / MediaBytesPerToken;
                    else text += TextEstimate.OfRaw(vendor.Raw.Span);
                    break;
            }
        }

        void AddTools()
        {
            if (conversation.Tools.Count == 0 || !rates.ShowsForbiddenTools && conversation.ToolChoice is { Kind: ToolChoiceKind.None }) return;
            marks += rates.ToolsOnce;
            if (conversation.ToolChoice is { Kind: ToolChoiceKind.Required or ToolChoiceKind.Named }) marks += rates.ForcedTool;
            foreach (var tool in conversation.Tools)
            {
                marks += rates.PerTool;
                if (tool is FunctionTool function)
                {
                    text += TextEstimate.Of(function.Name);
                    if (function.Description is { } description) text += TextEstimate.OfSpelled(description.Inner);
                    if (function.Schema is { } schema) text += TextEstimate.OfRaw(schema.Span);
                }
                else if (tool is VendorTool vendor)
                {
                    text += TextEstimate.OfRaw(vendor.Raw.Span);
                }
            }
        }

        void AddFormat()
        {
            if (conversation.OutputFormat is not { } format) return;
            marks += rates.FormatOnce;
            if (format is OutputFormat.Vendor vendor) text += TextEstimate.OfRaw(vendor.Raw.Span);
            if (format is not OutputFormat.JsonSchema schema) return;
            text += TextEstimate.OfRaw(schema.Schema.Span);
            if (schema.Name is { } name) text += TextEstimate.OfSpelled(name.Inner);
            if (schema.Description is { } description) text += TextEstimate.OfSpelled(description.Inner);
        }
    }
}
