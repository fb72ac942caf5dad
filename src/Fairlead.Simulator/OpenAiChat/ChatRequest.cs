using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>What the vendor reads of a Chat Completions request. Its elements live as long as the document they came from.</summary>
internal sealed record ChatRequest : ModelRequest
{
    private const int MaxChoices = 128;

    public bool IncludesUsage { get; init; }

    /// <summary>Reads a request; the error instead, where it is not one.</summary>
    public static (ChatRequest? Request, ApiError? Error) Read(JsonElement root)
    {
        try
        {
            return (ReadRoot(root), null);
        }
        catch (UnreadableException exception)
        {
            return (null, ChatErrors.BadRequest(exception.Message, exception.Member));
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair has no text.
            return (null, ChatErrors.BadRequest("A string in the request is not valid Unicode.", null));
        }
    }

    private static ChatRequest ReadRoot(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new UnreadableException("The request body must be a JSON object.", null);
        if (!root.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.String || model.GetString() is not { Length: > 0 } name)
            throw new UnreadableException("you must provide a model parameter", "model");
        if (!root.TryGetProperty("messages", out var messages)) throw new UnreadableException("Missing required parameter: 'messages'.", "messages");
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) throw new UnreadableException("Invalid 'messages': expected an array with at least one message.", "messages");

        var tokens = 0;
        var lastUser = "";
        var lastRole = "";
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String)
                throw new UnreadableException($"Invalid 'messages[{index}]': expected an object with a role.", $"messages[{index}].role");
            var text = message.TryGetProperty("content", out var content) ? Text(content) : "";
            tokens += TokenRule.OfMessage(text);
            lastRole = role.GetString()!;
            if (lastRole == "user") lastUser = text;
            index++;
        }

        var (tools, toolTokens) = ReadTools(root);
        var (choice, demanded) = ReadToolChoice(root);
        if (demanded is not null && !tools.Exists(tool => tool.Name == demanded)) throw new UnreadableException($"Tool choice '{demanded}' not found in 'tools' parameter.", "tool_choice");
        var (format, schema) = ReadFormat(root);
        return new ChatRequest
        {
            Model = name,
            IsStream = Flag(root, "stream") ?? false,
            IncludesUsage = root.TryGetProperty("stream_options", out var streamOptions) && streamOptions.ValueKind == JsonValueKind.Object && (Flag(streamOptions, "include_usage") ?? false),
            Choices = Count(root, "n", MaxChoices) ?? 1,
            MaxTokens = Count(root, "max_completion_tokens", MaxTokensEver) ?? Count(root, "max_tokens", MaxTokensEver),
            PromptTokens = tokens + toolTokens,
            LastUserText = lastUser,
            AnswersTool = lastRole == "tool",
            Tools = tools,
            ToolChoice = choice,
            DemandedTool = demanded,
            AllowsParallelCalls = Flag(root, "parallel_tool_calls") ?? true,
            ResponseFormat = format,
            Schema = schema,
        };
    }

    private static (List<(string Name, JsonElement Parameters)> Tools, int Tokens) ReadTools(JsonElement root)
    {
        var tools = new List<(string, JsonElement)>();
        if (!root.TryGetProperty("tools", out var array) || array.ValueKind == JsonValueKind.Null) return (tools, 0);
        if (array.ValueKind != JsonValueKind.Array) throw new UnreadableException("Invalid type for 'tools': expected an array.", "tools");
        foreach (var tool in array.EnumerateArray())
        {
            if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object
                || !function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
                throw new UnreadableException($"Missing required parameter: 'tools[{tools.Count}].function.name'.", $"tools[{tools.Count}].function.name");
            tools.Add((name.GetString()!, function.TryGetProperty("parameters", out var parameters) ? parameters : default));
        }

        return (tools, TokenRule.OfJson(array));
    }

    private static (string? Choice, string? Demanded) ReadToolChoice(JsonElement root)
    {
        if (!root.TryGetProperty("tool_choice", out var choice) || choice.ValueKind == JsonValueKind.Null) return ("auto", null);
        if (choice.ValueKind == JsonValueKind.String && choice.GetString() is "auto" or "none" or "required") return (choice.GetString(), null);
        if (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object
            && function.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String) return (null, name.GetString());
        throw new UnreadableException("Invalid value for 'tool_choice': expected none, auto, required or a function.", "tool_choice");
    }

    private static (string Format, JsonElement Schema) ReadFormat(JsonElement root)
    {
        if (!root.TryGetProperty("response_format", out var format) || format.ValueKind == JsonValueKind.Null) return ("text", default);
        var type = format.ValueKind == JsonValueKind.Object && format.TryGetProperty("type", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        if (type is "text" or "json_object") return (type, default);
        if (type != "json_schema") throw new UnreadableException("Invalid value for 'response_format.type': expected text, json_object or json_schema.", "response_format.type");
        if (!format.TryGetProperty("json_schema", out var wrapper) || wrapper.ValueKind != JsonValueKind.Object || !wrapper.TryGetProperty("schema", out var schema))
            throw new UnreadableException("Missing required parameter: 'response_format.json_schema.schema'.", "response_format.json_schema");
        return (type, schema);
    }
}
