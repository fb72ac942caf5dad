using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>What the vendor says to a chat request, as JSON or as a stream.</summary>
/// <remarks>
/// The last user message decides: <c>echo: TEXT</c> is answered with that text, <c>tokens: N</c> with N stamped tokens, and
/// <c>call NAME</c> anywhere in it with a call of the tool NAME, where it is offered. Else a JSON format is answered with a small
/// valid value, and everything else with stamped tokens, <c>east#12:1 east#12:2 …</c>, as many as the vendor's options draw.
/// </remarks>
internal sealed class ChatAnswer : Answer
{
    // Astral and other characters go out as themselves, as OpenAI sends them.
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int MaxTokensOfAllChoices = 1_000_000;

    private readonly ChatRequest _request;
    private readonly string _id;
    private readonly string _stamp;
    private readonly long _created;
    private readonly List<string>? _text;      // null: stamped tokens
    private readonly List<ChatCallToken> _calls = [];
    private readonly int _tokens;                       // of one choice
    private readonly bool _isCutShort;

    public ChatAnswer(ChatRequest request, Exchange exchange)
    {
        _request = request;
        _stamp = exchange.Stamp;
        _id = $"chatcmpl-{exchange.Options.Name}-{exchange.Number}";
        _created = exchange.Time.GetUtcNow().ToUnixTimeSeconds();

        var whole = 0;
        if (CalledTools() is { Count: > 0 } called)
        {
            _calls = Calls(called);
            whole = _calls.Count;
        }
        else if (Text() is { } text)
        {
            _text = ChatTokens.Cut(text);
            whole = _text.Count;
        }
        else
        {
            whole = AskedTokens() ?? (int)Math.Clamp(Math.Round(exchange.Options.OutputTokens.Sample(exchange.Options.Seed, exchange.Number, SeededDraw.OutputTokens)), 0, MaxTokensOfAllChoices);
        }

        _tokens = Math.Min(whole, Math.Min(request.MaxTokens ?? int.MaxValue, MaxTokensOfAllChoices / request.Choices));
        _isCutShort = _tokens < whole;
    }

    public override int InputTokens => _request.PromptTokens;

    public override int OutputTokens => _tokens * _request.Choices;

    /// <summary>Whether it calls tools instead of saying something.</summary>
    public bool IsCall => _calls.Count > 0;

    public string FinishReason => _isCutShort ? "length" : IsCall ? "tool_calls" : "stop";

    public override IEnumerable<AnswerEvent> Events(AnswerShape shape)
    {
        var hasUsage = _request.IncludesUsage && shape.HasUsage;
        using var events = new ChatEvents(this, shape, hasUsage);
        for (var choice = 0; choice < _request.Choices; choice++) yield return new(events.Delta(choice, token: -1), 0, IsLast: false);
        for (var token = 0; token < _tokens; token++)
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
        using var json = new Utf8JsonWriter(buffer, WriterOptions);
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
            else json.WriteText("content", AllText());
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

    public override ApiError Error(int status, string? code, string? type, string? message) => ChatErrors.Of(status, code, type, message);

    /// <summary>A token of a tool call.</summary>
    public ChatCallToken CallToken(int index) => _calls[index];

    /// <summary>The tools this answer calls; empty for a text.</summary>
    private List<(string Name, JsonElement Parameters)> CalledTools()
    {
        if (_request.AnswersTool || _request.Tools.Count == 0 || _request.ToolChoice == "none") return [];
        if (_request.DemandedTool is { } demanded) return [_request.Tools.First(tool => tool.Name == demanded)];
        var called = _request.Tools.Where(tool => Mentions(_request.LastUserText, tool.Name)).ToList();
        if (called.Count == 0 && _request.ToolChoice == "required") called.Add(_request.Tools[0]);
        return _request.AllowsParallelCalls ? called : [.. called.Take(1)];
    }

    /// <summary>Whether the text says <c>call NAME</c>, with the name whole.</summary>
    private static bool Mentions(string text, string tool)
    {
        var phrase = "call " + tool;
        for (var at = text.IndexOf(phrase, StringComparison.Ordinal); at >= 0; at = text.IndexOf(phrase, at + 1, StringComparison.Ordinal))
        {
            var end = at + phrase.Length;
            if (end == text.Length || !(char.IsLetterOrDigit(text[end]) || text[end] is '_' or '-')) return true;
        }

        return false;
    }

    private List<ChatCallToken> Calls(List<(string Name, JsonElement Parameters)> called)
    {
        var tokens = new List<ChatCallToken>();
        for (var call = 0; call < called.Count; call++)
        {
            tokens.Add(new ChatCallToken(call, called[call].Name, ""));
            tokens.AddRange(ChatTokens.Cut(SchemaSample.Of(called[call].Parameters, _stamp)).Select(piece => new ChatCallToken(call, null, piece)));
        }

        return tokens;
    }

    /// <summary>The text of this answer; null for stamped tokens.</summary>
    private string? Text()
    {
        if (Directive("echo:") is { } echo) return echo;
        if (AskedTokens() is not null) return null;
        return _request.ResponseFormat switch
        {
            "json_object" => $$"""{"answer":"{{_stamp}}"}""",
            "json_schema" => SchemaSample.Of(_request.Schema, _stamp),
            _ => null,
        };
    }

    private int? AskedTokens() =>
        Directive("tokens:") is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaxTokensOfAllChoices ? count : null;

    /// <summary>What follows the directive at the start of the last user message, without the blank after it; null without it.</summary>
    private string? Directive(string name)
    {
        var text = _request.LastUserText;
        if (!text.StartsWith(name, StringComparison.Ordinal)) return null;
        return text.Length > name.Length && text[name.Length] == ' ' ? text[(name.Length + 1)..] : text[name.Length..];
    }

    /// <summary>A token of a text.</summary>
    public string Token(int index) => _text is null ? string.Create(CultureInfo.InvariantCulture, $"{_stamp}:{index + 1} ") : _text[index];

    private string AllText()
    {
        var text = new StringBuilder();
        for (var index = 0; index < _tokens; index++) text.Append(Token(index));
        return text.ToString();
    }

    public string CallId(int choice, int call) => $"call_{_id[9..]}_{choice}_{call}";

    private void WriteCalls(Utf8JsonWriter json, int choice)
    {
        json.WriteStartArray("tool_calls");
        foreach (var call in _calls.Take(_tokens).GroupBy(token => token.Call))
        {
            json.WriteStartObject();
            json.WriteString("id", CallId(choice, call.Key));
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", call.First().Name);
            json.WriteText("arguments", string.Concat(call.Select(token => token.Piece)));
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
