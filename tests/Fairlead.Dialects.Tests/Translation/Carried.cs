using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// What the documentation's table says of a request that is carried to the other dialect and back, in either dialect's own JSON and in
/// one form: system texts as one, neighbours of one role as one turn, thoughts, then an assistant's text as one, then its calls; results,
/// then the rest of a user's turn.
/// </summary>
internal static class Carried
{
    public static string OfChat(JsonObject body)
    {
        var system = new List<string>();
        var turns = new Turns();
        foreach (var message in body["messages"]!.AsArray().Select(message => message!.AsObject()))
        {
            var content = ChatNormal.Parts(message["content"]);
            switch (message["role"]!.GetValue<string>())
            {
                case "system" or "developer":
                    system.AddRange(Texts(content));
                    break;
                case "tool":
                    turns.Of("user").Results.Add($"{message["tool_call_id"]} gave {string.Join('\n', Texts(content))}");
                    break;
                case "user":
                    foreach (var part in content) turns.Of("user").Parts.Add(Part(part!));
                    break;
                default:
                    var turn = turns.Of("assistant");
                    turn.Thoughts.AddRange(ChatNormal.Thoughts(message).Select(thought => thought!["data"] is { } data ? $"sealed {data}" : $"{thought["text"]} signed {thought["signature"]}"));
                    turn.Text += string.Concat(Texts(content));
                    foreach (var call in message["tool_calls"]?.AsArray() ?? [])
                    {
                        var arguments = call!["function"]!["arguments"]!.GetValue<string>();
                        turn.Calls.Add($"{call["id"]} {call["function"]!["name"]} {Canonical.Of(string.IsNullOrWhiteSpace(arguments) ? new JsonObject() : JsonNode.Parse(arguments))}");
                    }

                    break;
            }
        }

        var choice = body["tool_choice"] is JsonObject named ? "tool " + named["function"]!["name"] : body["tool_choice"]?.GetValue<string>() ?? "auto";
        return Said(
            system,
            turns,
            [.. (body["tools"]?.AsArray() ?? []).Select(tool => Tool(tool!["function"]!, "parameters"))],
            choice,
            body["parallel_tool_calls"]?.GetValue<bool>() == false,
            body["response_format"]?["json_schema"]?["schema"],
            $"{body["reasoning_effort"]}",
            body,
            body["max_completion_tokens"] ?? body["max_tokens"],
            body["stop"] is JsonArray stops ? stops : body["stop"] is { } stop ? new JsonArray(stop.DeepClone()) : null,
            body["user"]);
    }

    public static string OfMessages(JsonObject body)
    {
        var turns = new Turns();
        foreach (var message in body["messages"]!.AsArray())
        {
            var turn = turns.Of(message!["role"]!.GetValue<string>());
            foreach (var block in MessagesNormal.Blocks(message["content"]!))
            {
                switch (MessagesNormal.Type(block!))
                {
                    case "text" when message["role"]!.GetValue<string>() == "assistant":
                        turn.Text += block!["text"]!.GetValue<string>();
                        break;
                    case "thinking":
                        turn.Thoughts.Add($"{block!["thinking"]} signed {block["signature"]}");
                        break;
                    case "redacted_thinking":
                        turn.Thoughts.Add($"sealed {block!["data"]}");
                        break;
                    case "tool_use":
                        turn.Calls.Add($"{block!["id"]} {block["name"]} {Canonical.Of(block["input"])}");
                        break;
                    case "tool_result":
                        turn.Results.Add($"{block!["tool_use_id"]} gave {string.Join('\n', Texts(block["content"]!.AsArray()))}");
                        break;
                    default:
                        turn.Parts.Add(Part(block!));
                        break;
                }
            }
        }

        var choice = body["tool_choice"]?["type"]?.GetValue<string>() switch { "any" => "required", "none" => "none", "tool" => "tool " + body["tool_choice"]!["name"], _ => "auto" };
        var effort = body["thinking"]?["type"]?.GetValue<string>() == "disabled" ? "none" : $"{body["output_config"]?["effort"]}";
        return Said(
            body["system"] is { } system ? [.. Texts(MessagesNormal.Blocks(system))] : [],
            turns,
            [.. (body["tools"]?.AsArray() ?? []).Select(tool => Tool(tool!, "input_schema"))],
            choice,
            body["tool_choice"]?["disable_parallel_tool_use"]?.GetValue<bool>() == true,
            body["output_config"]?["format"]?["schema"],
            effort,
            body,
            body["max_tokens"],
            body["stop_sequences"]?.AsArray(),
            body["metadata"]?["user_id"]);
    }

    private static string Said(
        List<string> system, Turns turns, List<string> tools, string choice, bool isParallelForbidden, JsonNode? schema, string effort, JsonObject body, JsonNode? limit, JsonArray? stops, JsonNode? user) =>
        string.Join('\n', (string[])
        [
            "system: " + string.Join("\n\n", system),
            .. turns.All.Select(turn => turn.ToString()),
            .. tools.Select(tool => "tool: " + tool),
            // Without tools there is nothing to choose, and none is never several.
            "choice: " + (tools.Count == 0 ? "" : choice + (isParallelForbidden && choice != "none" ? ", one at a time" : "")),
            "schema: " + Canonical.Of(schema),
            "effort: " + effort,
            $"limit: {limit} temperature: {body["temperature"]} top_p: {body["top_p"]} stream: {body["stream"]?.GetValue<bool>() == true} user: {user}",
            "stops: " + string.Join(" | ", stops?.Select(stop => stop!.GetValue<string>()) ?? []),
        ]);

    /// <summary>A function without parameters takes an object of none; a strict one is held to its schema, any other is not.</summary>
    private static string Tool(JsonNode function, string schema) =>
        $"{function["name"]} does {function["description"]} takes {Canonical.Of(function[schema] ?? JsonNode.Parse("""{"type":"object","properties":{}}"""))}{(function["strict"]?.GetValue<bool>() == true ? ", strictly" : "")}";

    private static string Part(JsonNode part) => MessagesNormal.Type(part) switch
    {
        "text" => $"text {part["text"]}",
        "image_url" => $"image {part["image_url"]!["url"]}",
        "image" => $"image {part["source"]!["url"] ?? Address(part)}",
        "file" => $"document {part["file"]!["filename"]} {part["file"]!["file_data"]}",
        "document" => $"document {part["title"]} {Address(part)}",
        var type => throw new InvalidDataException("a part " + type),
    };

    private static string Address(JsonNode part) => $"data:{part["source"]!["media_type"]};base64,{part["source"]!["data"]}";

    private static IEnumerable<string> Texts(JsonArray parts) => parts.Select(part => part!["text"]!.GetValue<string>());

    private sealed class Turns
    {
        public List<Turn> All { get; } = [];

        public Turn Of(string role)
        {
            if (All.Count == 0 || All[^1].Role != role) All.Add(new Turn(role));
            return All[^1];
        }
    }

    private sealed record Turn(string Role)
    {
        public List<string> Thoughts { get; } = [];

        public List<string> Results { get; } = [];

        public List<string> Parts { get; } = [];

        public List<string> Calls { get; } = [];

        public string Text { get; set; } = "";

        public override string ToString() => $"{Role}: {string.Join('\n', Results.Concat(Thoughts).Concat(Parts).Append(Text).Concat(Calls))}";
    }
}
