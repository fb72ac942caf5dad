using System.Buffers;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>What the vendor says to a chat request, as JSON or as a stream.</summary>
internal sealed class ChatAnswer : Answer
{
    private readonly ChatRequest _request;
    private readonly string _id;
    private readonly long _created;
    private readonly AnswerContent _content;

    public ChatAnswer(ChatRequest request, Exchange exchange)
    {
        _request = request;
        _content = new AnswerContent(request, exchange);
        _id = $"chatcmpl-{exchange.Options.Name}-{exchange.Number}";
        _created = exchange.Time.GetUtcNow().ToUnixTimeSeconds();
    }

    public override int InputTokens => _request.PromptTokens;

    public override int OutputTokens => _content.Tokens * _request.Choices;

    /// <summary>Whether it calls tools instead of saying something.</summary>
    public bool IsCall => _content.IsCall;

    public string FinishReason => _content.IsCutShort ? "length" : IsCall ? "tool_calls" : "stop";

    public override IEnumerable<AnswerEvent> Events(AnswerShape shape)
    {
        var hasUsage = _request.IncludesUsage && shape.HasUsage;
        using var events = new ChatEvents(this, shape, hasUsage);
        for (var choice = 0; choice < _request.Choices; choice++) yield return new(events.Delta(choice, token: -1), 0, IsLast: false);
        for (var token = 0; token < _content.Tokens; token++)
        {
            for (var choice = 0; choice < _request.Choices; choice++) yield return new(events.Delta(choice, token), 1, IsLast: false);
        }

        for (var choice = 0; choice < _request.Choices; choice++)
        {
            var isLast = choice == _request.Choices - 1 && !hasUsage && !shape.HasDone;
            yield return new(events.Finish(choice), 0, isLast);
        }

        if (hasUsage) yield return new(events.Usage(), 0, IsLast: !shape.HasDone);
        if (shape.HasDone) yield return new("data: [DONE]\n\n"u8.ToArray(), 0, IsLast: true);
    }

    public override ReadOnlyMemory<byte> Json(AnswerShape shape)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions);
        json.WriteStartObject();
        WriteHead(json, "chat.completion");
        json.WriteStartArray("choices");
        for (var choice = 0; shape.HasChoices && choice < _request.Choices; choice++)
        {
            json.WriteStartObject();
            json.WriteNumber("index", choice);
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            if (IsCall) json.WriteNull("content");
            else json.WriteText("content", _content.AllText());
            json.WriteNull("refusal");
            if (IsCall) WriteCalls(json, choice);
            json.WriteStartArray("annotations");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteNull("logprobs");
            json.WriteString("finish_reason", FinishReason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (shape.HasUsage) WriteUsage(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    public override byte[] ErrorBody(ApiError error) => ChatErrors.Body(error);

    public override byte[] ErrorEvent(ApiError error) => [.. "data: "u8, .. ChatErrors.Body(error), .. "\n\n"u8];

    public override int OverloadedStatus => 503;

    public override ApiError Error(int status, string? code, string? type, string? message) => ChatErrors.Of(status, code, type, message);

    /// <summary>A token of a tool call.</summary>
    public CallToken CallToken(int index) => _content.CallToken(index);

    /// <summary>A token of a text.</summary>
    public string Token(int index) => _content.Token(index);

    public string CallId(int choice, int call) => $"call_{_id[9..]}_{choice}_{call}";

    private void WriteCalls(Utf8JsonWriter json, int choice)
    {
        json.WriteStartArray("tool_calls");
        foreach (var (call, name, arguments) in _content.Calls())
        {
            json.WriteStartObject();
            json.WriteString("id", CallId(choice, call));
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", name);
            json.WriteText("arguments", arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The members every object of this answer begins with.</summary>
    public void WriteHead(Utf8JsonWriter json, string kind)
    {
        json.WriteString("id", _id);
        json.WriteString("object", kind);
        json.WriteNumber("created", _created);
        json.WriteString("model", _request.Model);
        json.WriteString("service_tier", "default");
        json.WriteString("system_fingerprint", "fp_simulated");
    }

    public void WriteUsage(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", InputTokens);
        json.WriteNumber("completion_tokens", OutputTokens);
        json.WriteNumber("total_tokens", InputTokens + OutputTokens);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
