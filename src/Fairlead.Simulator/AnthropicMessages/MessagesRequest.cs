using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.AnthropicMessages;

/// <summary>What the vendor reads of a Messages request. Its elements live as long as the document they came from.</summary>
internal sealed record MessagesRequest : ModelRequest
{
    /// <summary>Reads a request; the error instead, where it is not one.</summary>
    /// <param name="root">The body.</param>
    /// <param name="isCount">Whether its tokens are to be counted only: it needs no limit then.</param>
    public static (MessagesRequest? Request, ApiError? Error) Read(JsonElement root, bool isCount = false)
    {
        try
        {
            return (ReadRoot(root, isCount), null);
        }
        catch (UnreadableException exception)
        {
            return (null, MessagesErrors.BadRequest(exception.Message));
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair has no text.
            return (null, MessagesErrors.BadRequest("A string in the request is not valid Unicode."));
        }
    }

    private static MessagesRequest ReadRoot(JsonElement root, bool isCount)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Unreadable("The request body must be a JSON object.");
        if (!root.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.String || model.GetString() is not { Length: > 0 } name) throw Unreadable("model: Field required");
        var most = Count(root, "max_tokens", MaxTokensEver);
        if (most is null && !isCount) throw Unreadable("max_tokens: Field required");
        if (!root.TryGetProperty("messages", out var messages)) throw Unreadable("messages: Field required");
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) throw Unreadable("messages: at least one message is required");

        var tokens = root.TryGetProperty("system", out var system) && system.ValueKind is JsonValueKind.String or JsonValueKind.Array ? TokenRule.OfMessage(Text(system)) : 0;
        var lastUser = "";
        var answersTool = false;
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var role = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
            if (role is not ("user" or "assistant" or "system")) throw Unreadable($"messages.{index}.role: Input should be 'user' or 'assistant'");
            if (!message.TryGetProperty("content", out var content)) throw Unreadable($"messages.{index}.content: Field required");
            var text = Text(content);
            tokens += TokenRule.OfMessage(text);
            if (role == "user") lastUser = text;
            answersTool = role == "user" && HasToolResult(content);
            index++;
        }

        var (tools, toolTokens) = ReadTools(root);
        var (choice, demanded, allowsParallel) = ReadToolChoice(root);
        if (demanded is not null && !tools.Exists(tool => tool.Name == demanded)) throw Unreadable($"Tool '{demanded}' not found in provided tools");
        var (format, schema) = ReadFormat(root);
        return new MessagesRequest
        {
            Model = name,
            IsStream = Flag(root, "stream") ?? false,
            MaxTokens = most,
            PromptTokens = tokens + toolTokens,
            LastUserText = lastUser,
            AnswersTool = answersTool,
            Tools = tools,
            ToolChoice = choice,
            DemandedTool = demanded,
            AllowsParallelCalls = allowsParallel,
            ResponseFormat = format,
            Schema = schema,
        };
    }

    private static bool HasToolResult(JsonElement content) => content.ValueKind == JsonValueKind.Array && content.EnumerateArray().Any(
        block => block.ValueKind == JsonValueKind.Object && block.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "tool_result");

    private static (List<(string Name, JsonElement Parameters)> Tools, int Tokens) ReadTools(JsonElement root)
    {
        var tools = new List<(string, JsonElement)>();
        if (!root.TryGetProperty("tools", out var array) || array.ValueKind == JsonValueKind.Null) return (tools, 0);
        if (array.ValueKind != JsonValueKind.Array) throw Unreadable("tools: Input should be a valid list");
        var index = 0;
        foreach (var tool in array.EnumerateArray())
        {
            if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String) throw Unreadable($"tools.{index}.name: Field required");
            // Tools that the vendor runs itself have a type of their own and no schema: it never calls them here.
            if (tool.TryGetProperty("input_schema", out var schema)) tools.Add((name.GetString()!, schema));
            index++;
        }

        return (tools, TokenRule.OfJson(array));
    }

    private static (string? Choice, string? Demanded, bool AllowsParallel) ReadToolChoice(JsonElement root)
    {
        if (!root.TryGetProperty("tool_choice", out var choice) || choice.ValueKind == JsonValueKind.Null) return ("auto", null, true);
        var type = choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("type", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        var allowsParallel = choice.ValueKind != JsonValueKind.Object || !(Flag(choice, "disable_parallel_tool_use") ?? false);
        return type switch
        {
            "auto" or "none" => (type, null, allowsParallel),
            "any" => ("required", null, allowsParallel),
            "tool" when choice.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String => (null, name.GetString(), allowsParallel),
            _ => throw Unreadable("tool_choice: Input should be auto, any, tool with a name, or none"),
        };
    }

    private static (string Format, JsonElement Schema) ReadFormat(JsonElement root)
    {
        var format = root.TryGetProperty("output_config", out var config) && config.ValueKind == JsonValueKind.Object && config.TryGetProperty("format", out var inner) ? inner
            : root.TryGetProperty("output_format", out var older) ? older : default;
        if (format.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return ("text", default);
        if (format.ValueKind != JsonValueKind.Object || !format.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || type.GetString() != "json_schema"
            || !format.TryGetProperty("schema", out var schema)) throw Unreadable("output_config.format: Input should be a json_schema with a schema");
        return ("json_schema", schema);
    }

    private static UnreadableException Unreadable(string message) => new(message, null);
}
