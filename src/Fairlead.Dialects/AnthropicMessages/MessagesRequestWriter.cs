using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Writes a request of the dialect from canonical form.</summary>
internal readonly ref struct MessagesRequestWriter
{
    /// <summary>The limit of an answer whose client gave none, for a model whose own limit nobody states.</summary>
    public const long DefaultMaxTokens = 8192;

    /// <summary>No budget of thinking may be smaller.</summary>
    private const long LeastBudget = 1024;

    /// <summary>A model that thinks takes no smaller one.</summary>
    private const double LeastTopPOfThinking = 0.95;

    private const string Temperature = "temperature";
    private const string TopP = "top_p";

    private readonly Utf8JsonWriter _json;
    private readonly Conversation _conversation;
    private readonly TranslationLosses _losses;
    private readonly ModelFacts _facts;
    private readonly bool _isOwn;

    private MessagesRequestWriter(Utf8JsonWriter json, Conversation conversation, ModelFacts facts, TranslationLosses losses)
    {
        _json = json;
        _conversation = conversation;
        _facts = facts;
        _losses = losses;
        _isOwn = conversation.Dialect == DialectNames.AnthropicMessages;
    }

    /// <summary>Writes the body; worthless when <paramref name="losses"/> refuses.</summary>
    public static void Write(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses)
    {
        CallPairing.Check(conversation, losses);
        try
        {
            var turns = MessagesTurns.Of(conversation, losses);
            if (turns.Turns.Count == 0) losses.Refuse("messages", "no turn of the user's"); // the dialect must have one; OpenAI's need not
            if (losses.Refusal is not null) return;
            using var json = JsonWriting.Open(body);
            new MessagesRequestWriter(json, conversation, target.Facts, losses).Write(target.WireModel, turns);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            losses.Fault("body", "is not JSON that every parser reads alike"); // half a character where it had to be decoded
        }
    }

    private void Write(string model, MessagesTurns turns)
    {
        _json.WriteStartObject();
        _json.WriteString("model"u8, model);
        if (_conversation.IsStream) _json.WriteBoolean("stream"u8, true);
        var maxTokens = MaxTokens();
        _json.WriteNumber("max_tokens"u8, maxTokens);
        if (turns.System.Count > 0) WriteSystem(turns.System);
        var writer = new MessagesPartWriter(_json, _losses, _conversation);
        _json.WriteStartArray("messages"u8);
        foreach (var turn in turns.Turns) writer.Write(turn);
        _json.WriteEndArray();
        WriteTools();
        var isThinking = WriteReasoning(maxTokens);
        if (_conversation.StopSequences.Count > 0) WriteStop();
        WriteParameters(isThinking);
        if (_conversation.User is { } user)
        {
            _json.WriteStartObject("metadata"u8);
            _json.WriteText("user_id"u8, user);
            _json.WriteEndObject();
        }

        if (_conversation.CacheMark is { } mark) _json.WriteSlice("cache_control"u8, mark);
        _json.WriteEndObject();
    }

    /// <summary>The dialect must have a limit (SEMANTICS 52): the model's own, where the client gave none.</summary>
    private long MaxTokens()
    {
        if (_conversation.MaxOutputTokens is not { } asked) return _facts.MaxOutput ?? DefaultMaxTokens;
        if (_facts.MaxOutput is not { } most || asked <= most) return asked;
        _losses.Lose(_conversation.Names.MaxOutputTokens);
        return most;
    }

    private void WriteSystem(List<Part> system)
    {
        if (system is [TextPart { CacheMark: null, Extras.Count: 0 } only])
        {
            _json.WriteText("system"u8, only.Text);
            return;
        }

        _json.WriteStartArray("system"u8);
        var writer = new MessagesPartWriter(_json, _losses, _conversation);
        foreach (var part in system) writer.WritePart(part, Role.System);
        _json.WriteEndArray();
    }

    private void WriteTools()
    {
        var isTold = _conversation.Tools.Count > 0;
        // Calls in the history must have their tools, though the client offers none this turn (SEMANTICS 31).
        var recalled = isTold ? [] : _conversation.Messages.SelectMany(message => message.Parts).OfType<ToolCallPart>().Select(call => call.Name).Distinct(StringComparer.Ordinal).ToArray();
        if (!isTold && recalled.Length == 0) return;
        _json.WriteStartArray("tools"u8);
        var strict = _conversation.OutputFormat is OutputFormat.JsonSchema format ? MessagesStrictSchema.SizeOf(format.Schema) : default;
        foreach (var tool in _conversation.Tools) WriteTool(tool, ref strict);
        foreach (var name in recalled)
        {
            _json.WriteStartObject();
            _json.WriteString("name"u8, name);
            WriteSchema(null);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        if (isTold) WriteToolChoice();
        else WriteToolChoice(new ToolChoice(ToolChoiceKind.None), null);
    }

    private void WriteTool(Tool tool, ref StrictSize strict)
    {
        if (tool is not FunctionTool function)
        {
            var vendor = (VendorTool)tool;
            if (_isOwn) _json.WriteRawValue(vendor.Raw.Span, skipInputValidation: true);
            else _losses.Refuse($"tools[{tool.Index}]", vendor.Type);
            return;
        }

        _json.WriteStartObject();
        _json.WriteString("name"u8, function.Name);
        if (function.Description is { } description) _json.WriteText("description"u8, description);
        WriteSchema(function.Schema);
        if (function.IsStrict == true) WriteStrict(function, ref strict);
        if (tool.CacheMark is { } mark) _json.WriteSlice("cache_control"u8, mark);
        if (_isOwn) _json.WriteParameters(tool.Extras);
        else foreach (var extra in tool.Extras) _losses.Drop($"tools[{tool.Index}].{extra.Name}", extra.ChangesMeaning);
        _json.WriteEndObject();
    }

    /// <summary>Guaranteed are the tools that the vendor takes so, in the client's order, as many as it takes.</summary>
    private void WriteStrict(FunctionTool function, ref StrictSize strict)
    {
        var isTaken = _isOwn;
        if (!isTaken && _facts.JsonSchema != false && function.Schema is { } schema && MessagesStrictSchema.UnsupportedIn(schema) is null)
        {
            var sum = strict + MessagesStrictSchema.SizeOf(schema) with { Tools = 1 };
            isTaken = sum.IsTaken;
            if (isTaken) strict = sum;
        }

        if (isTaken) _json.WriteBoolean("strict"u8, true);
        else _losses.Lose($"tools[{function.Index}].function.strict");
    }

    /// <summary>The dialect must have a schema of an object.</summary>
    private void WriteSchema(JsonSlice? schema)
    {
        _json.WritePropertyName("input_schema"u8);
        if (schema is not { } given)
        {
            _json.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true);
            return;
        }

        using var body = JsonBody.ParseAnswer(given.Raw);
        if (body.Root.ValueKind != JsonValueKind.Object || body.Root.TryGetProperty("type"u8, out _))
        {
            _json.WriteRawValue(given.Span, skipInputValidation: true);
            return;
        }

        _json.WriteStartObject();
        _json.WriteString("type"u8, "object"u8);
        foreach (var member in body.Root.EnumerateObject()) _json.WriteMember(member);
        _json.WriteEndObject();
    }

    private void WriteToolChoice() => WriteToolChoice(_conversation.ToolChoice, _conversation.ParallelToolCalls);

    private void WriteToolChoice(ToolChoice? choice, bool? parallel)
    {
        if (choice is null && parallel != false) return;
        if (choice is { Kind: ToolChoiceKind.Vendor })
        {
            if (_isOwn) _json.WriteSlice("tool_choice"u8, choice.Raw);
            else _losses.Refuse("tool_choice");
            return;
        }

        _json.WriteStartObject("tool_choice"u8);
        switch (choice?.Kind ?? ToolChoiceKind.Auto)
        {
            case ToolChoiceKind.None:
                _json.WriteString("type"u8, "none"u8);
                break;
            case ToolChoiceKind.Required:
                _json.WriteString("type"u8, "any"u8);
                break;
            case ToolChoiceKind.Named:
                _json.WriteString("type"u8, "tool"u8);
                _json.WriteString("name"u8, choice!.Name);
                break;
            default:
                _json.WriteString("type"u8, "auto"u8); // also where only "not several" was said: that must not force a call (SEMANTICS 30)
                break;
        }

        if (parallel == false && choice?.Kind != ToolChoiceKind.None) _json.WriteBoolean("disable_parallel_tool_use"u8, true);
        _json.WriteEndObject();
    }

    /// <summary>Writes <c>thinking</c>, and <c>output_config</c> with the effort and the form of the answer; true when the model is to think.</summary>
    private bool WriteReasoning(long maxTokens)
    {
        string? effort = null;
        var isThinking = false;
        switch (_conversation.Reasoning)
        {
            case null:
                break;
            case { Mode: ReasoningMode.Off }:
                if (_isOwn || _facts.Reasoning == true) _json.WriteRawMember("thinking"u8, """{"type":"disabled"}"""u8);
                break;
            case { } reasoning when !_isOwn && _facts.Reasoning != true:
                _losses.Lose(_conversation.Names.Reasoning);
                break;
            case { Mode: ReasoningMode.Budget } reasoning:
                isThinking = WriteBudget(reasoning.BudgetTokens!.Value, maxTokens);
                effort = reasoning.Effort;
                break;
            case { Effort: { } asked } when !_isOwn && _facts.ThinkingBudget == true:
                isThinking = WriteBudget(Efforts.BudgetOf(asked), maxTokens);
                break;
            case { } reasoning:
                _json.WriteRawMember("thinking"u8, """{"type":"adaptive"}"""u8);
                isThinking = true;
                effort = reasoning.Effort;
                break;
        }

        if (effort is not null && !_isOwn)
        {
            var nearest = _facts.Efforts.IsEmpty ? null : Efforts.Nearest(effort, _facts);
            if (nearest != effort) _losses.Lose(_conversation.Names.Reasoning);
            effort = nearest;
        }

        if (effort is null && _conversation.OutputFormat is null) return isThinking;
        _json.WriteStartObject("output_config"u8);
        if (effort is not null) _json.WriteString("effort"u8, effort);
        WriteOutputFormat();
        _json.WriteEndObject();
        return isThinking;
    }

    /// <summary>A budget stays below the limit of the whole answer (SEMANTICS 49).</summary>
    private bool WriteBudget(long asked, long maxTokens)
    {
        var budget = Math.Min(asked, maxTokens - 1);
        if (budget < LeastBudget)
        {
            _losses.Lose(_conversation.Names.Reasoning);
            return false;
        }

        _json.WriteStartObject("thinking"u8);
        _json.WriteString("type"u8, "enabled"u8);
        _json.WriteNumber("budget_tokens"u8, budget);
        _json.WriteEndObject();
        return true;
    }

    private void WriteOutputFormat()
    {
        var member = _conversation.Names.OutputFormat;
        switch (_conversation.OutputFormat)
        {
            case null:
                return;
            case OutputFormat.Vendor vendor when _isOwn:
                _json.WriteSlice("format"u8, vendor.Raw);
                return;
            case OutputFormat.JsonSchema schema when _isOwn:
                WriteFormat(schema.Schema);
                return;
            case OutputFormat.JsonSchema schema when _facts.JsonSchema != false:
                if (MessagesStrictSchema.UnsupportedIn(schema.Schema) is { } keyword) _losses.Refuse(member, keyword);
                else if (!MessagesStrictSchema.SizeOf(schema.Schema).IsTaken) _losses.Refuse(member, "too many choices");
                else WriteFormat(MessagesStrictSchema.Closed(schema.Schema));
                if (schema.Description is { IsEmpty: false }) _losses.Lose(member + ".json_schema.description");
                return;
            default:
                _losses.Refuse(member);
                return;
        }
    }

    private void WriteFormat(JsonSlice schema)
    {
        _json.WriteStartObject("format"u8);
        _json.WriteString("type"u8, "json_schema"u8);
        _json.WriteSlice("schema"u8, schema);
        _json.WriteEndObject();
    }

    private void WriteStop()
    {
        _json.WriteStartArray("stop_sequences"u8);
        foreach (var stop in _conversation.StopSequences)
        {
            if (!_isOwn && stop.IsBlank()) _losses.Refuse(_conversation.Names.Stop); // the vendor refuses them (SEMANTICS 53)
            _json.WriteTextValue(stop);
        }

        _json.WriteEndArray();
    }

    private void WriteParameters(bool isThinking)
    {
        foreach (var parameter in _conversation.Parameters)
        {
            if (_isOwn) WriteOwn(parameter);
            else if (parameter.Name is not (Temperature or TopP)) _losses.Drop(parameter.Name, parameter.ChangesMeaning);
            else if (IsTaken(parameter, isThinking)) _json.WriteSlice(Encoding.UTF8.GetBytes(parameter.Name), Bounded(parameter));
            else if (!Sampling.IsUnasked(parameter)) _losses.Lose(parameter.Name);
        }
    }

    /// <summary>
    /// Some models take neither, newer ones not both, and one that thinks none but a <c>top_p</c> near 1 (SEMANTICS 54). Of both, the
    /// one that says something is sent, and <c>temperature</c> where both do.
    /// </summary>
    private bool IsTaken(Parameter parameter, bool isThinking)
    {
        if (_facts.Temperature == false) return false;
        if (isThinking) return parameter.Name == TopP && Sampling.Value(parameter) is >= LeastTopPOfThinking and <= 1;
        var isTemperature = parameter.Name == Temperature;
        foreach (var other in _conversation.Parameters)
        {
            if (other.Name == (isTemperature ? TopP : Temperature)) return isTemperature ? !Sampling.IsUnasked(parameter) : Sampling.IsUnasked(other);
        }

        return true;
    }

    /// <summary>Members of nested objects were read under their path; the property of a round trip needs only the others.</summary>
    private void WriteOwn(Parameter parameter)
    {
        if (parameter.Name.Contains('.', StringComparison.Ordinal)) return;
        _json.WritePropertyName(parameter.Name);
        _json.WriteRawValue(parameter.Value.Span, skipInputValidation: true);
    }

    /// <summary>OpenAI's temperature goes up to 2, this one's to 1 (SEMANTICS 54).</summary>
    private JsonSlice Bounded(Parameter parameter)
    {
        if (parameter.Name != Temperature || Sampling.Value(parameter) is not > 1) return parameter.Value;
        _losses.Lose(parameter.Name);
        return JsonSlice.Of("1"u8);
    }
}
