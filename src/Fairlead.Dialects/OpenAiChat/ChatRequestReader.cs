using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>Reads a request of the dialect into canonical form.</summary>
internal ref struct ChatRequestReader
{
    private readonly JsonBody _json;
    private readonly TranslationLosses _losses;
    private readonly List<Parameter> _parameters = [];
    private readonly List<Tool> _tools = [];

    private ChatRequestReader(JsonBody json, TranslationLosses losses)
    {
        _json = json;
        _losses = losses;
    }

    /// <summary>Reads a body; null when it is refused, with the reason in <paramref name="losses"/>.</summary>
    public static Conversation? Read(ReadOnlyMemory<byte> body, TranslationLosses losses) =>
        JsonBody.ReadRequest(body, losses, static (json, losses) => new ChatRequestReader(json, losses).Read());

    private Conversation Read()
    {
        IReadOnlyList<Message> messages = [];
        var conversation = new Conversation { Dialect = DialectNames.OpenAiChat, Names = ChatNames.Members, Messages = messages };
        JsonElement functionCall = default;
        long? maxTokens = null, maxCompletionTokens = null;
        foreach (var member in _json.Root.EnumerateObject())
        {
            var value = member.Value;
            if (value.ValueKind == JsonValueKind.Null) continue;
            switch (member.Name)
            {
                case "model":
                    break;
                case "messages":
                    messages = new ChatMessagesReader(_json, _losses).Read(value);
                    break;
                case "stream":
                    conversation = conversation with { IsStream = value.ValueKind == JsonValueKind.True };
                    break;
                case "stream_options":
                    conversation = conversation with { IncludesUsage = value.Flag("include_usage"u8) };
                    _parameters.AddRange(_json.Others(value, "stream_options.", "include_usage"));
                    break;
                case "max_tokens":
                    maxTokens = value.TryGetInt64(out var most) ? most : null;
                    break;
                case "max_completion_tokens":
                    maxCompletionTokens = value.TryGetInt64(out var mostAtAll) ? mostAtAll : null;
                    break;
                case "tools":
                    ReadTools(value);
                    break;
                case "functions":
                    foreach (var function in Elements(value, "functions")) AddFunction(function, null, null, []);
                    conversation = conversation with { UsesFunctions = true };
                    break;
                case "tool_choice":
                    conversation = conversation with { ToolChoice = ReadToolChoice(value) };
                    break;
                case "function_call":
                    functionCall = value;
                    break;
                case "parallel_tool_calls":
                    conversation = conversation with { ParallelToolCalls = value.ValueKind == JsonValueKind.True };
                    break;
                case "response_format":
                    conversation = conversation with { OutputFormat = ReadOutputFormat(value) };
                    break;
                case "reasoning_effort":
                    conversation = conversation with { Reasoning = ReadReasoning(value) };
                    break;
                case "stop":
                    conversation = conversation with { StopSequences = ReadStop(value) };
                    break;
                case "user":
                    conversation = conversation with { User = _json.Text(value) };
                    break;
                case "cache_control":
                    conversation = conversation with { CacheMark = _json.Slice(value) };
                    break;
                default:
                    AddParameter(member.Name, value);
                    break;
            }
        }

        if (functionCall.ValueKind != JsonValueKind.Undefined) conversation = conversation with { ToolChoice = ReadFunctionCall(functionCall) };
        if (maxTokens is not null && maxCompletionTokens is null) conversation = conversation with { MaxOutputTokens = maxTokens };
        else if (maxCompletionTokens is not null) conversation = conversation with { MaxOutputTokens = maxCompletionTokens, Names = ChatNames.Members with { MaxOutputTokens = "max_completion_tokens" } };
        return conversation with { Messages = messages, Tools = _tools, Parameters = _parameters };
    }

    private void ReadTools(JsonElement tools)
    {
        var index = 0;
        foreach (var tool in Elements(tools, "tools"))
        {
            if (tool.String("type"u8) is null or "function" && tool.Has("function"u8, out var function)) AddFunction(function, _json.Slice(tool, "cache_control"u8), index, _json.Others(tool, "", "type", "function", "cache_control"));
            else _tools.Add(new VendorTool(tool.String("type"u8) ?? "tool", _json.Slice(tool)) { Index = index });
            index++;
        }
    }

    private readonly void AddFunction(JsonElement function, JsonSlice? cacheMark, int? index, IReadOnlyList<Parameter> extras)
    {
        var at = index ?? _tools.Count;
        if (function.String("name"u8) is not { Length: > 0 } name)
        {
            _losses.Fault($"tools[{at}].function.name", "must be a text");
            return;
        }

        _tools.Add(new FunctionTool(name)
        {
            Index = at,
            Description = _json.Text(function, "description"u8),
            Schema = _json.Slice(function, "parameters"u8),
            IsStrict = function.Flag("strict"u8),
            CacheMark = cacheMark,
            Extras = [.. extras, .. _json.Others(function, "function.", "name", "description", "parameters", "strict")],
        });
    }

    private readonly ToolChoice ReadToolChoice(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            switch (value.GetString())
            {
                case "auto": return new ToolChoice(ToolChoiceKind.Auto);
                case "none": return new ToolChoice(ToolChoiceKind.None);
                case "required" or "any": return new ToolChoice(ToolChoiceKind.Required);
            }
        }
        else if (value.String("type"u8) == "function" && value.Has("function"u8, out var function) && function.String("name"u8) is { } name)
        {
            return new ToolChoice(ToolChoiceKind.Named, name);
        }

        return new ToolChoice(ToolChoiceKind.Vendor, Raw: _json.Slice(value));
    }

    private readonly ToolChoice ReadFunctionCall(JsonElement value) =>
        value.String("name"u8) is { } name ? new ToolChoice(ToolChoiceKind.Named, name) : ReadToolChoice(value);

    private readonly OutputFormat? ReadOutputFormat(JsonElement value)
    {
        switch (value.String("type"u8))
        {
            case "text":
                return null;
            case "json_object":
                return new OutputFormat.JsonObject();
            case "json_schema" when value.Has("json_schema"u8, out var schema):
                if (_json.Slice(schema, "schema"u8) is not { } content)
                {
                    _losses.Fault("response_format.json_schema.schema", "is missing");
                    return null;
                }

                _parameters.AddRange(_json.Others(schema, "response_format.json_schema.", "name", "description", "schema", "strict"));
                return new OutputFormat.JsonSchema(content, _json.Text(schema, "name"u8), _json.Text(schema, "description"u8), schema.Flag("strict"u8));
            default:
                return new OutputFormat.Vendor(_json.Slice(value));
        }
    }

    private readonly Reasoning? ReadReasoning(JsonElement value)
    {
        var effort = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (effort == "none") return new Reasoning(ReasoningMode.Off);
        if (effort is not null && Efforts.IsKnown(effort)) return new Reasoning(ReasoningMode.Adaptive, effort);
        _losses.Fault("reasoning_effort", "must be one of " + Efforts.Known);
        return null;
    }

    private readonly JsonText[] ReadStop(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) return [_json.Text(value)];
        var stops = new List<JsonText>();
        foreach (var stop in Elements(value, "stop"))
        {
            if (stop.ValueKind != JsonValueKind.String)
            {
                _losses.Fault("stop", "must be a text or an array of texts");
                break;
            }

            stops.Add(_json.Text(stop));
        }

        return [.. stops];
    }

    /// <summary>A member that has no place of its own. One that says nothing is none.</summary>
    private readonly void AddParameter(string name, JsonElement value)
    {
        var changesMeaning = false;
        switch (name)
        {
            case "n":
                if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var choices) && choices == 1) return;
                changesMeaning = true;
                break;
            case "logprobs":
                if (value.ValueKind == JsonValueKind.False) return;
                changesMeaning = true;
                break;
            case "top_logprobs" or "logit_bias":
                changesMeaning = !IsNothing(value);
                break;
            case "audio" or "web_search_options": // an empty object asks for it too
                changesMeaning = true;
                break;
            case "modalities":
                if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 && value[0].ValueKind == JsonValueKind.String && value[0].GetString() == "text") return;
                changesMeaning = true;
                break;
            case "frequency_penalty" or "presence_penalty":
                if (IsNothing(value)) return;
                break;
            case "store":
                if (value.ValueKind == JsonValueKind.False) return;
                break;
            case "metadata":
                if (IsNothing(value) || IsClaimsOnly(value)) return;
                break;
            case "service_tier":
                if (value.ValueKind == JsonValueKind.String && value.GetString() == "auto") return;
                break;
        }

        if (changesMeaning || !IsNothing(value) || name is "temperature" or "top_p" or "seed") _parameters.Add(new Parameter(name, _json.Slice(value), changesMeaning));
    }

    /// <summary>Whether nothing but claims for the gateway stand in <c>metadata</c>.</summary>
    private static bool IsClaimsOnly(JsonElement metadata) =>
        metadata.ValueKind == JsonValueKind.Object && metadata.EnumerateObject().All(member => member.Name.StartsWith("fairlead.", StringComparison.OrdinalIgnoreCase));

    private static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetDouble(out var number) && number == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    private readonly JsonElement.ArrayEnumerator Elements(JsonElement value, string member)
    {
        if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray();
        _losses.Fault(member, "must be an array");
        return default;
    }
}
