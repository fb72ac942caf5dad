using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Reads a request of the dialect into canonical form.</summary>
internal ref struct MessagesRequestReader
{
    private readonly JsonBody _json;
    private readonly TranslationLosses _losses;
    private readonly List<Parameter> _parameters = [];

    private MessagesRequestReader(JsonBody json, TranslationLosses losses)
    {
        _json = json;
        _losses = losses;
    }

    /// <summary>Reads a body; null when it is refused, with the reason in <paramref name="losses"/>.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, TranslationLosses losses) =>
        JsonBody.ReadRequest(body, losses, static (json, losses) => new MessagesRequestReader(json, losses).Read());

    private Conversation Read()
    {
        var turns = new MessagesTurnsReader(_json, _losses);
        IReadOnlyList<Message> messages = [];
        Message? system = null;
        string? effort = null;
        var conversation = new Conversation { Dialect = DialectNames.AnthropicMessages, Names = MessagesNames.Members, Messages = messages };
        foreach (var member in _json.Root.EnumerateObject())
        {
            var value = member.Value;
            if (value.ValueKind == JsonValueKind.Null) continue;
            switch (member.Name)
            {
                case "model":
                    break;
                case "messages":
                    messages = turns.Read(value);
                    break;
                case "system":
                    system = turns.ReadSystem(value);
                    break;
                case "stream":
                    conversation = conversation with { IsStream = value.ValueKind == JsonValueKind.True };
                    break;
                case "max_tokens":
                    if (value.TryGetInt64(out var most)) conversation = conversation with { MaxOutputTokens = most };
                    break;
                case "tools":
                    conversation = conversation with { Tools = ReadTools(value) };
                    break;
                case "tool_choice":
                    conversation = conversation with { ToolChoice = ReadToolChoice(value), ParallelToolCalls = value.IsTrue("disable_parallel_tool_use"u8) ? false : null };
                    _parameters.AddRange(_json.Others(value, "tool_choice.", "type", "name", "disable_parallel_tool_use"));
                    break;
                case "stop_sequences":
                    conversation = conversation with { StopSequences = ReadStop(value) };
                    break;
                case "thinking":
                    conversation = conversation with { Reasoning = ReadThinking(value) };
                    _parameters.AddRange(_json.Others(value, "thinking.", "type", "budget_tokens"));
                    break;
                case "output_config":
                    effort = value.String("effort"u8);
                    if (value.Has("format"u8, out var format)) conversation = conversation with { OutputFormat = ReadOutputFormat(format) };
                    AddOthers(value, "output_config", "effort", "format");
                    break;
                case "output_format":
                    conversation = conversation with { OutputFormat = ReadOutputFormat(value), Names = conversation.Names with { OutputFormat = "output_format" } };
                    break;
                case "metadata":
                    conversation = conversation with { User = _json.Text(value, "user_id"u8) };
                    AddOthers(value, "metadata", "user_id");
                    break;
                case "cache_control":
                    conversation = conversation with { CacheMark = _json.Slice(value) };
                    break;
                case "anthropic_version":
                    break; // where it stands in the body, it says what the header says elsewhere
                case "service_tier" when value.ValueKind == JsonValueKind.String && value.GetString() == "auto":
                    break;
                case "container" or "mcp_servers":
                    _parameters.Add(new Parameter(member.Name, _json.Slice(value), ChangesMeaning: value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 0));
                    break;
                case "thread" when value.String("type"u8) != "create":
                    _losses.RefuseAbsent("thread"); // the messages are but what is new; one that is created has them all
                    break;
                default:
                    _parameters.Add(new Parameter(member.Name, _json.Slice(value), ChangesMeaning: false));
                    break;
            }
        }

        if (effort is not null) conversation = WithEffort(conversation, effort);
        if (system is not null) messages = [system, .. messages];
        return conversation with { Messages = messages, Parameters = _parameters };
    }

    private readonly Conversation WithEffort(Conversation conversation, string effort)
    {
        if (!Efforts.IsKnown(effort))
        {
            _losses.Fault("output_config.effort", "must be one of low, medium, high, xhigh, max");
            return conversation;
        }

        var reasoning = conversation.Reasoning ?? new Reasoning(ReasoningMode.Adaptive);
        if (reasoning.Mode != ReasoningMode.Off) return conversation with { Reasoning = reasoning with { Effort = effort } };
        _parameters.Add(new Parameter("output_config.effort", new JsonSlice(JsonText.Of(effort).Spelled), ChangesMeaning: false));
        return conversation;
    }

    private readonly List<Tool> ReadTools(JsonElement tools)
    {
        var read = new List<Tool>();
        if (tools.ValueKind != JsonValueKind.Array)
        {
            _losses.Fault("tools", "must be an array");
            return read;
        }

        foreach (var tool in tools.EnumerateArray())
        {
            var index = read.Count;
            var type = tool.String("type"u8);
            if (type is not (null or "custom"))
            {
                read.Add(new VendorTool(type, _json.Slice(tool)) { Index = index });
            }
            else if (tool.String("name"u8) is { Length: > 0 } name)
            {
                read.Add(new FunctionTool(name)
                {
                    Index = index,
                    Description = _json.Text(tool, "description"u8),
                    Schema = _json.Slice(tool, "input_schema"u8),
                    IsStrict = tool.Flag("strict"u8),
                    CacheMark = _json.Slice(tool, "cache_control"u8),
                    Extras = MessagesTurnsReader.Extras(_json, tool, "name", "description", "input_schema", "strict"),
                });
            }
            else
            {
                _losses.Fault($"tools[{index}].name", "must be a text");
                break;
            }
        }

        return read;
    }

    private readonly ToolChoice ReadToolChoice(JsonElement value) => value.String("type"u8) switch
    {
        "auto" => new ToolChoice(ToolChoiceKind.Auto),
        "none" => new ToolChoice(ToolChoiceKind.None),
        "any" => new ToolChoice(ToolChoiceKind.Required),
        "tool" when value.String("name"u8) is { } name => new ToolChoice(ToolChoiceKind.Named, name),
        _ => new ToolChoice(ToolChoiceKind.Vendor, Raw: _json.Slice(value)),
    };

    private readonly JsonText[] ReadStop(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(stop => stop.ValueKind != JsonValueKind.String))
        {
            _losses.Fault("stop_sequences", "must be an array of texts");
            return [];
        }

        var json = _json;
        return [.. value.EnumerateArray().Select(stop => json.Text(stop))];
    }

    private readonly Reasoning? ReadThinking(JsonElement value)
    {
        switch (value.String("type"u8))
        {
            case "disabled":
                return new Reasoning(ReasoningMode.Off);
            case "adaptive":
                return new Reasoning(ReasoningMode.Adaptive);
            case "enabled" when value.Has("budget_tokens"u8, out var budget) && budget.ValueKind == JsonValueKind.Number && budget.TryGetInt64(out var tokens) && tokens > 0:
                return new Reasoning(ReasoningMode.Budget, BudgetTokens: tokens);
            default:
                _losses.Fault("thinking", "must be adaptive, disabled, or enabled with budget_tokens");
                return null;
        }
    }

    private readonly OutputFormat? ReadOutputFormat(JsonElement value)
    {
        if (value.String("type"u8) == "json_schema" && _json.Slice(value, "schema"u8) is { } schema) return new OutputFormat.JsonSchema(schema, null, null, IsStrict: true);
        return value.String("type"u8) == "text" ? null : new OutputFormat.Vendor(_json.Slice(value));
    }

    private readonly void AddOthers(JsonElement within, string name, params ReadOnlySpan<string> own)
    {
        if (within.ValueKind != JsonValueKind.Object) return;
        foreach (var member in within.EnumerateObject())
        {
            if (own.Contains(member.Name) || member.Value.ValueKind == JsonValueKind.Null || member.Name.StartsWith("fairlead.", StringComparison.OrdinalIgnoreCase)) continue;
            _parameters.Add(new Parameter($"{name}.{member.Name}", _json.Slice(member.Value), ChangesMeaning: false));
        }
    }
}
