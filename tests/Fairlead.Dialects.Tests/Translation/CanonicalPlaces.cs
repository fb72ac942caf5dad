using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// Where in canonical form each member of each vendor's content has its place. A line is a place and the members that have it, each behind
/// the type of its object, or, where that has none, behind the name it stands under; <c>$text</c> is a bare text. <c>&gt;</c>: what is within
/// has places of its own. <c>.*</c>: the whole object. <c>-</c>: bookkeeping of the vendor's, which no other needs.
/// </summary>
internal static class CanonicalPlaces
{
    private const string Anthropic = """
        >Message.Parts: messages.content message.content
        Message.Role: messages.role message.role
        Answer.Id: message.id
        Answer.Model: message.model
        Answer.Usage: message.usage
        Finish.Reason: message.stop_reason delta.stop_reason
        Finish.StopSequence: message.stop_sequence delta.stop_sequence
        Finish.RefusalDetails: message.stop_details delta.stop_details
        TextPart.Text: system.$text text.text text_delta.text
        Part.CacheMark: text.cache_control image.cache_control tool_use.cache_control tool_result.cache_control
        Part.Extras: text.citations document.citations tool_use.caller
        >ImagePart.Source: image.source
        >DocumentPart.Source: document.source
        DocumentPart.Title: document.title
        MediaSource.Base64.Data: base64.data
        MediaSource.Base64.MediaType: base64.media_type
        MediaSource.Url.Address: url.url
        MediaSource.Text.Value: text.data
        MediaSource.Text: text.media_type
        ToolCallPart.Id: tool_use.id
        ToolCallPart.Name: tool_use.name
        ToolCallPart.Input: tool_use.input
        IAnswerEvents.ToolInput: input_json_delta.partial_json
        ToolResultPart.CallId: tool_result.tool_use_id
        >ToolResultPart.Content: tool_result.content
        ToolResultPart.IsError: tool_result.is_error
        ThinkingPart.Text: thinking.thinking thinking_delta.thinking
        Part.Signature: thinking.signature signature_delta.signature
        RedactedThinkingPart.Data: redacted_thinking.data
        IAnswerEvents.Unsupported: citations_delta.citation
        VendorPart: server_tool_use.* web_search_tool_result.* web_fetch_tool_result.* bash_code_execution_tool_result.* text_editor_code_execution_tool_result.* container_upload.* compaction.* compaction_delta.*
        -: delta.container
        """;

    /// <summary>Anthropic's bodies, and Amazon's own models.</summary>
    private const string Invoke = Anthropic + "\n" + """
        >Message: message.message
        TextPart.Text: system.text content.text delta.text
        >IAnswerEvents: contentBlockDelta.delta
        Message.Role: messageStart.role
        -: contentBlockDelta.contentBlockIndex
        """;

    private const string Converse = """
        >Message: message.message
        >Message.Parts: messages.content message.content
        Message.Role: messages.role message.role messageStart.role
        >IAnswerEvents: contentBlockStart.start contentBlockDelta.delta
        TextPart.Text: system.text content.text delta.text
        Part.CacheMark: system.cachePoint content.cachePoint
        >TextPart: content.citationsContent citationsContent.content
        Part.Extras: citationsContent.citations document.citations document.context
        IAnswerEvents.Unsupported: delta.citation
        >ImagePart: content.image
        >DocumentPart: content.document
        DocumentPart.Title: document.name
        >MediaSource: image.source document.source
        MediaSource.Base64.MediaType: image.format document.format
        MediaSource.Base64.Data: source.bytes
        MediaSource.Text.Value: source.text
        MediaSource.Vendor.Raw: source.s3Location
        >ToolCallPart: content.toolUse start.toolUse delta.toolUse
        ToolCallPart.Id: toolUse.toolUseId tool_use.toolUseId
        ToolCallPart.Name: toolUse.name tool_use.name
        ToolCallPart.Input: toolUse.input tool_use.input
        >ToolResultPart: content.toolResult start.toolResult
        ToolResultPart.CallId: toolResult.toolUseId
        >ToolResultPart.Content: toolResult.content
        ToolResultPart.IsError: toolResult.status
        JsonPart.Value: content.json
        >ThinkingPart: content.reasoningContent delta.reasoningContent reasoningContent.reasoningText
        ThinkingPart.Text: reasoningText.text reasoningContent.text
        Part.Signature: reasoningText.signature reasoningContent.signature
        VendorPart: content.video delta.toolResult server_tool_use.* nova_code_interpreter_result.*
        -: contentBlockStart.contentBlockIndex contentBlockDelta.contentBlockIndex contentBlockStart.p contentBlockDelta.p messageStart.p
        """;

    private const string Google = """
        >Message.Parts: contents.parts systemInstruction.parts
        Message.Role: contents.role systemInstruction.role
        TextPart.Text: parts.text
        ThinkingPart: parts.thought
        Part.Signature: parts.thoughtSignature parts.thought_signature
        >MediaSource.Base64: parts.inlineData parts.inline_data
        MediaSource.Base64.Data: inlineData.data inline_data.data
        MediaSource.Base64.MediaType: inlineData.mimeType inline_data.mime_type
        >MediaSource.Url: parts.fileData parts.file_data
        MediaSource.Url.Address: fileData.fileUri file_data.file_uri
        MediaSource.Url.MediaType: fileData.mimeType file_data.mime_type
        >ToolCallPart: parts.functionCall parts.function_call
        ToolCallPart.Id: functionCall.id function_call.id
        ToolCallPart.Name: functionCall.name function_call.name functionResponse.name function_response.name
        ToolCallPart.Input: functionCall.args function_call.args
        >ToolResultPart: parts.functionResponse parts.function_response
        ToolResultPart.CallId: functionResponse.id function_response.id
        JsonPart.Value: functionResponse.response function_response.response
        >ToolResultPart.Content: function_response.parts
        VendorPart: parts.executableCode parts.codeExecutionResult parts.toolCall parts.toolResponse
        """;

    private const string Mistral = """
        >Message.Parts: messages.content message.content
        Message.Role: messages.role message.role
        Conversation.Messages: messages.prefix
        TextPart.Text: text.text
        >ThinkingPart.Text: thinking.thinking
        Part.Extras: thinking.closed
        >ImagePart.Source: image_url.image_url
        MediaSource.Url.Address: image_url.url document_url.document_url
        ImagePart.Detail: image_url.detail
        DocumentPart.Title: document_url.document_name
        >ToolCallPart: messages.tool_calls message.tool_calls function.function
        ToolCallPart.Id: function.id
        ToolCallPart.Name: function.name
        ToolCallPart.Input: function.arguments
        ToolResultPart.CallId: messages.tool_call_id
        VendorPart: input_audio.*
        -: function.index
        """;

    private const string Cohere = """
        >Message: delta.message
        >Message.Parts: messages.content message.content
        Message.Role: messages.role message.role
        Finish.Reason: delta.finish_reason
        Answer.Usage: delta.usage
        TextPart.Text: text.text content.text
        ThinkingPart.Text: thinking.thinking content.thinking messages.tool_plan message.tool_plan
        Part.Extras: document.id
        IAnswerEvents.Unsupported: message.citations
        >ImagePart.Source: image_url.image_url
        MediaSource.Url.Address: image_url.url
        ImagePart.Detail: image_url.detail
        >ToolCallPart: messages.tool_calls message.tool_calls function.function tool_calls.function
        ToolCallPart.Id: function.id
        ToolCallPart.Name: function.name
        ToolCallPart.Input: function.arguments
        ToolResultPart.CallId: messages.tool_call_id
        JsonPart.Value: document.document
        -: delta.error delta.error_type
        """;

    private const string Ollama = """
        Message.Parts: messages.content message.content
        Message.Role: messages.role message.role
        ThinkingPart.Text: messages.thinking message.thinking
        >ToolCallPart: messages.tool_calls message.tool_calls function.function tool_calls.function
        ToolCallPart.Id: tool_calls.id
        ToolCallPart.Name: function.name messages.tool_name
        ToolCallPart.Input: function.arguments
        -: function.index
        """;

    private const string Chat = """
        >Message.Parts: messages.content message.content
        Message.Role: messages.role message.role
        Message.Name: message.name
        TextPart.Text: text.text
        Part.CacheMark: messages.cache_control text.cache_control function.cache_control
        Part.Extras: text.prompt_cache_breakpoint reasoning.encrypted.id reasoning.summary.id
        >ImagePart.Source: image_url.image_url
        MediaSource.Url.Address: image_url.url
        ImagePart.Detail: image_url.detail
        >DocumentPart: file.file
        DocumentPart.Title: file.filename
        MediaSource.Base64.Data: file.file_data
        >ToolCallPart: messages.tool_calls message.tool_calls message.function_call function.function tool_calls.function
        ToolCallPart.Id: function.id
        ToolCallPart.Name: function.name function_call.name
        ToolCallPart.Input: function.arguments function_call.arguments
        ToolResultPart.CallId: messages.tool_call_id
        RefusalPart.Text: message.refusal
        ThinkingPart.Text: messages.reasoning messages.reasoning_content message.reasoning message.reasoning_content reasoning.text.text reasoning.summary.summary
        >ThinkingPart: messages.reasoning_details message.reasoning_details
        Part.Signature: reasoning.text.signature message.thought_signature message.extra_content
        Signature.Origin: reasoning.text.format reasoning.summary.format
        RedactedThinkingPart.Data: reasoning.encrypted.data message.reasoning_encrypted
        RedactedThinkingPart.Origin: reasoning.encrypted.format
        IAnswerEvents.Unsupported: message.annotations message.executed_tools
        VendorPart: message.audio input_audio.* video_url.*
        -: message.channel message.provider_metadata function.index tool_calls.index reasoning.text.index reasoning.summary.index reasoning.encrypted.index
        """;

    private const string Responses = """
        Conversation.Messages: instructions.$text input.$text
        >Message.Parts: input.content message.content
        Message.Role: input.role message.role
        Message.Extras: message.id message.phase message.status
        TextPart.Text: input_text.text output_text.text
        IAnswerEvents.Text: delta.$text message.$text
        Part.Extras: input_text.prompt_cache_breakpoint reasoning.id reasoning.status function_call.id function_call.status function_call_output.status
        IAnswerEvents.Unsupported: output_text.annotations output_text.logprobs
        MediaSource.Url.Address: input_image.image_url input_file.file_url
        MediaSource.Base64.Data: input_file.file_data
        DocumentPart.Title: input_file.filename
        ToolCallPart.Id: function_call.call_id
        ToolCallPart.Name: function_call.name
        ToolCallPart.Input: function_call.arguments
        ToolResultPart.CallId: function_call_output.call_id
        >ToolResultPart.Content: function_call_output.output
        >ThinkingPart: reasoning.summary reasoning.content
        ThinkingPart.Text: summary_text.text reasoning_text.text
        RedactedThinkingPart.Data: reasoning.encrypted_content
        VendorPart: additional_tools.* apply_patch_call.* code_interpreter_call.* file_search_call.* mcp_approval_request.* mcp_approval_response.* mcp_call.* mcp_list_tools.* web_search_call.*
        -: function_call.item_id function_call.output_index
        """;

    /// <summary>The places of each interface that is talked to in turns.</summary>
    public static IReadOnlyDictionary<string, Dictionary<string, string>> All { get; } = new Dictionary<string, string>
    {
        ["openai.chat"] = Chat,
        ["openai.responses"] = Responses,
        ["anthropic.messages"] = Anthropic,
        ["google.generateContent"] = Google,
        ["bedrock.converse"] = Converse,
        ["bedrock.invoke"] = Invoke,
        ["mistral.chat"] = Mistral,
        ["cohere.chat"] = Cohere,
        ["ollama.chat"] = Ollama,
    }.ToDictionary(api => api.Key, api => Read(api.Value));

    /// <summary>Whether the canonical form has a place: a type, or a member of one.</summary>
    public static bool Exists(string place)
    {
        if (place == "-") return true;
        var name = place.TrimStart('>');
        if (TypeOf(name) is not null) return true;
        var dot = name.LastIndexOf('.');
        return dot > 0 && TypeOf(name[..dot])?.GetMember(name[(dot + 1)..]).Length > 0;
    }

    private static Type? TypeOf(string name) => typeof(Part).Assembly.GetType($"{typeof(Part).Namespace}.{name.Replace('.', '+')}");

    private static Dictionary<string, string> Read(string lines) => lines.Split('\n')
        .Select(line => line.Split(": "))
        .SelectMany(line => line[1].Split(' ').Select(member => (Member: member, Place: line[0])))
        .ToDictionary(row => row.Member, row => row.Place, StringComparer.Ordinal);
}
