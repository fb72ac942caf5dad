using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Writes a request of the dialect from canonical form.</summary>
internal readonly ref struct ChatRequestWriter
{
    private const int MostStops = 4;
    private const int MostUserCharacters = 64;

    private readonly Utf8JsonWriter _json;
    private readonly Conversation _conversation;
    private readonly TranslationLosses _losses;
    private readonly Provider _provider;
    private readonly ModelFacts _facts;
    private readonly PrefillForm _prefill;
    private readonly bool _isOwn;

    private ChatRequestWriter(Utf8JsonWriter json, Conversation conversation, Target target, TranslationLosses losses)
    {
        _json = json;
        _conversation = conversation;
        _provider = target.Provider;
        _facts = target.Facts;
        _prefill = target.Prefill;
        _losses = losses;
        _isOwn = conversation.Dialect == DialectNames.OpenAiChat;
    }

    /// <summary>Writes the body; worthless when <paramref name="losses"/> refuses.</summary>
    public static void Write(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses)
    {
        CallPairing.Check(conversation, losses);
        if (losses.Refusal is not null) return;
        try
        {
            using var json = JsonWriting.Open(body);
            new ChatRequestWriter(json, conversation, target, losses).Write(target.WireModel);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            losses.Fault("body", "is not JSON that every parser reads alike"); // half a character where it had to be decoded
        }
    }

    private void Write(string model)
    {
        _json.WriteStartObject();
        _json.WriteString("model"u8, model);
        if (_conversation.IsStream) WriteStream();
        _json.WriteStartArray("messages"u8);
        var messages = new ChatMessagesWriter(_json, _losses, _provider.Thoughts, _conversation, _facts, _prefill);
        messages.Write();
        _json.WriteEndArray();
        if (_prefill == PrefillForm.Vllm && _conversation.Messages is [.., { Role: Role.Assistant }])
        {
            _json.WriteBoolean("continue_final_message"u8, true);
            _json.WriteBoolean("add_generation_prompt"u8, false);
        }

        WriteMaxTokens();
        WriteTools();
        WriteOutputFormat();
        WriteReasoning();
        WriteStop();
        WriteParameters();
        WriteUser();
        if (_conversation.CacheMark is { } mark)
        {
            if (_isOwn) _json.WriteSlice("cache_control"u8, mark);
            else _losses.Lose("cache_control");
        }

        _json.WriteEndObject();
    }

    private void WriteMaxTokens()
    {
        if (_conversation.MaxOutputTokens is not { } most) return;
        if (_facts.MaxOutput is { } possible && most > possible)
        {
            _losses.Lose(_conversation.Names.MaxOutputTokens);
            most = possible;
        }

        _json.WriteNumber(_provider.MaxTokensMember, most);
    }

    private void WriteTools()
    {
        if (_conversation.Tools.Count == 0) return;
        if (_facts.Tools == false && !_isOwn) _losses.Refuse("tools", "the model calls none");
        _json.WriteStartArray("tools"u8);
        foreach (var tool in _conversation.Tools) WriteTool(tool);
        _json.WriteEndArray();
        switch (_conversation.ToolChoice)
        {
            case null:
                break;
            case { Kind: ToolChoiceKind.Named } named:
                _json.WriteStartObject("tool_choice"u8);
                _json.WriteString("type"u8, "function"u8);
                _json.WriteStartObject("function"u8);
                _json.WriteString("name"u8, named.Name);
                _json.WriteEndObject();
                _json.WriteEndObject();
                break;
            case { Kind: ToolChoiceKind.Vendor } vendor:
                if (_isOwn) _json.WriteSlice("tool_choice"u8, vendor.Raw);
                else _losses.Refuse("tool_choice");
                break;
            case { } choice:
                _json.WriteString("tool_choice"u8, choice.Kind switch { ToolChoiceKind.None => "none"u8, ToolChoiceKind.Required => "required"u8, _ => "auto"u8 });
                break;
        }

        if (_conversation.ParallelToolCalls is { } parallel) _json.WriteBoolean("parallel_tool_calls"u8, parallel);
    }

    private void WriteTool(Tool tool)
    {
        if (tool is not FunctionTool function)
        {
            var vendor = (VendorTool)tool;
            if (_isOwn) _json.WriteRawValue(vendor.Raw.Span, skipInputValidation: true);
            else _losses.Refuse($"tools[{tool.Index}]", vendor.Type);
            return;
        }

        _json.WriteStartObject();
        _json.WriteString("type"u8, "function"u8);
        _json.WriteStartObject("function"u8);
        _json.WriteString("name"u8, function.Name);
        if (function.Description is { } description) _json.WriteText("description"u8, description);
        if (function.Schema is { } schema) _json.WriteSlice("parameters"u8, schema);
        if (function.IsStrict is { } isStrict) _json.WriteBoolean("strict"u8, isStrict);
        _json.WriteEndObject();
        if (tool.CacheMark is { } mark)
        {
            if (_isOwn) _json.WriteSlice("cache_control"u8, mark);
            else _losses.Lose("cache_control");
        }

        if (!_isOwn)
        {
            foreach (var extra in tool.Extras) _losses.Drop($"tools[{tool.Index}].{extra.Name}", extra.ChangesMeaning);
        }

        _json.WriteEndObject();
    }

    private void WriteOutputFormat()
    {
        switch (_conversation.OutputFormat)
        {
            case null:
                return;
            case OutputFormat.JsonObject:
                _json.WriteRawMember("response_format"u8, """{"type":"json_object"}"""u8);
                return;
            case OutputFormat.Vendor vendor when _isOwn:
                _json.WriteSlice("response_format"u8, vendor.Raw);
                return;
            case OutputFormat.JsonSchema schema when _isOwn || _facts.JsonSchema != false:
                _json.WriteStartObject("response_format"u8);
                _json.WriteString("type"u8, "json_schema"u8);
                _json.WriteStartObject("json_schema"u8);
                _json.WriteText("name"u8, schema.Name ?? JsonText.Of("answer"));
                if (schema.Description is { } description) _json.WriteText("description"u8, description);
                _json.WriteSlice("schema"u8, schema.Schema);
                if (_isOwn && schema.IsStrict is { } isStrict) _json.WriteBoolean("strict"u8, isStrict);
                else if (schema.IsStrict == true && ChatStrictSchema.Takes(schema.Schema)) _json.WriteBoolean("strict"u8, true);
                else if (schema.IsStrict == true) _losses.Lose(_conversation.Names.OutputFormat);
                _json.WriteEndObject();
                _json.WriteEndObject();
                return;
            default:
                _losses.Refuse(_conversation.Names.OutputFormat);
                return;
        }
    }

    /// <summary>Thinking as an effort (SEMANTICS 49, 50): the only form that the dialect has.</summary>
    private void WriteReasoning()
    {
        if (_conversation.Reasoning is not { } reasoning) return;
        var asked = reasoning.Mode switch
        {
            ReasoningMode.Off => "none",
            ReasoningMode.Budget => reasoning.Effort ?? Efforts.OfBudget(reasoning.BudgetTokens!.Value),
            _ => reasoning.Effort,
        };
        if (asked is null) return; // as it sees fit: that is what the model does unasked
        if (_isOwn)
        {
            _json.WriteString("reasoning_effort"u8, asked);
            return;
        }

        if (_facts.Reasoning != true)
        {
            if (reasoning.Mode != ReasoningMode.Off) _losses.Lose(_conversation.Names.Reasoning);
            return;
        }

        var effort = asked == "none" && !_facts.Efforts.Contains("none") ? _facts.Efforts.FirstOrDefault() : _facts.Efforts.IsEmpty ? null : Efforts.Nearest(asked, _facts);
        if (effort != asked) _losses.Lose(_conversation.Names.Reasoning);
        if (effort is not null) _json.WriteString("reasoning_effort"u8, effort);
    }

    private void WriteStop()
    {
        var stops = _conversation.StopSequences;
        if (stops.Count == 0) return;
        if (stops.Count > MostStops && !_isOwn)
        {
            _losses.Refuse(_conversation.Names.Stop);
            return;
        }

        _json.WriteStartArray("stop"u8);
        foreach (var stop in stops) _json.WriteTextValue(stop);
        _json.WriteEndArray();
    }

    private void WriteParameters()
    {
        if (_isOwn)
        {
            _json.WriteParameters(_conversation.Parameters);
            return;
        }

        foreach (var parameter in _conversation.Parameters)
        {
            if (parameter.Name is not ("temperature" or "top_p"))
            {
                _losses.Drop(parameter.Name, parameter.ChangesMeaning);
            }
            else if (_facts.Temperature != false)
            {
                _json.WritePropertyName(parameter.Name);
                _json.WriteRawValue(parameter.Value.Span, skipInputValidation: true);
            }
            else if (!Sampling.IsUnasked(parameter))
            {
                _losses.Lose(parameter.Name);
            }
        }
    }

    /// <summary>OpenAI refuses a longer name of the user.</summary>
    private void WriteUser()
    {
        if (_conversation.User is not { } user) return;
        if (_isOwn || user.Length <= MostUserCharacters) _json.WriteText("user"u8, user);
        else _losses.Lose(_conversation.Names.User);
    }

    private void WriteStream()
    {
        _json.WriteBoolean("stream"u8, true);
        if (!_provider.AcceptsStreamOptions) return;
        _json.WriteStartObject("stream_options"u8);
        _json.WriteBoolean("include_usage"u8, _isOwn ? _conversation.IncludesUsage ?? false : true);
        _json.WriteEndObject();
    }
}
