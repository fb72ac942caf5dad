using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// What a client understands of an answer, one line per fact. Read from a whole answer, or from one that is put together from a stream.
/// Thoughts that nobody signed and that follow one another are one: no client tells them apart, and a stream has no border between them.
/// </summary>
internal sealed record AnswerView(string Id, string Model, string Text, string Thoughts, string Sealed, string Calls, string Finish, string Usage)
{
    public static AnswerView OfChat(JsonNode answer)
    {
        var choice = answer["choices"]![0]!;
        var message = choice["message"]!;
        var details = message["reasoning_details"]?.AsArray() ?? [];
        var thoughts = new List<(string Words, string? Signature)>();
        foreach (var detail in details.Where(detail => String(detail!["type"]) == "reasoning.text" && detail["signature"] is not null)) thoughts.Add((String(detail!["text"]), String(detail["signature"])));
        var plain = String(message["reasoning_content"]);
        var calls = message["tool_calls"]?.AsArray().Select(call => (String(call!["id"]), call["function"]!))
            ?? (message["function_call"] is { } legacy ? [("", legacy)] : []);
        return new AnswerView(
            String(answer["id"]),
            String(answer["model"]),
            $"{String(message["content"])} refusal: {String(message["refusal"])}",
            string.Join('\n', thoughts.Select(thought => $"{thought.Words} signed {thought.Signature}").Prepend("all: " + plain)),
            string.Join('\n', details.Where(detail => String(detail!["type"]) == "reasoning.encrypted").Select(detail => $"{String(detail!["format"])} {String(detail["data"])}")),
            string.Join('\n', calls.Select(call => $"{call.Item1} {String(call.Item2["name"])} {Canonical.Of(JsonNode.Parse(String(call.Item2["arguments"])))}")),
            String(choice["finish_reason"]),
            Canonical.Of(answer["usage"]));
    }

    public static AnswerView OfMessages(JsonNode answer)
    {
        var text = new StringBuilder();
        var thoughts = new List<(string Words, string Signature)>();
        var hidden = new List<string>();
        var calls = new List<string>();
        foreach (var block in answer["content"]!.AsArray())
        {
            switch (String(block!["type"]))
            {
                case "text":
                    text.Append(String(block["text"]));
                    break;
                case "thinking":
                    var signature = String(block["signature"]);
                    if (signature == "fairlead." && thoughts is [.., (_, "fairlead.")]) thoughts[^1] = (thoughts[^1].Words + String(block["thinking"]), signature);
                    else thoughts.Add((String(block["thinking"]), signature));
                    break;
                case "redacted_thinking":
                    hidden.Add(String(block["data"]));
                    break;
                case "tool_use":
                    calls.Add($"{String(block["id"])} {String(block["name"])} {Canonical.Of(block["input"])}");
                    break;
                case var type:
                    throw new InvalidDataException("a block " + type);
            }
        }

        var usage = answer["usage"]!;
        return new AnswerView(
            String(answer["id"]),
            String(answer["model"]),
            text.ToString(),
            string.Join('\n', thoughts.Select(thought => $"{thought.Words} signed {thought.Signature}")),
            string.Join('\n', hidden),
            string.Join('\n', calls),
            $"{String(answer["stop_reason"])} {String(answer["stop_sequence"])} {Canonical.Of(answer["stop_details"])}",
            $"input {usage["input_tokens"]} read {usage["cache_read_input_tokens"]} write {usage["cache_creation_input_tokens"]} output {usage["output_tokens"]} thinking {usage["output_tokens_details"]?["thinking_tokens"] ?? 0}");
    }

    /// <summary>A stream of OpenAI's dialect as the answer that it would have been in one piece.</summary>
    public static JsonNode AssembleChat(string stream)
    {
        var message = new JsonObject();
        var details = new JsonArray();
        var calls = new List<JsonObject>();
        var whole = new JsonObject();
        string? finish = null;
        var isDone = false;
        foreach (var data in Events(stream))
        {
            Assert.False(isDone, "an event behind [DONE]");
            isDone = data == "[DONE]";
            if (isDone) continue;
            var chunk = Draw.Read(Encoding.UTF8.GetBytes(data));
            foreach (var name in new[] { "id", "model" })
            {
                Assert.True(whole[name] is null || String(whole[name]) == String(chunk[name]), $"two {name}s in one answer");
                whole[name] = String(chunk[name]);
            }

            if (chunk["usage"] is { } usage) whole["usage"] = usage.DeepClone();
            foreach (var choice in chunk["choices"]!.AsArray())
            {
                Assert.Null(finish);
                var delta = choice!["delta"]!.AsObject();
                foreach (var name in new[] { "content", "refusal", "reasoning_content" })
                {
                    if (delta[name] is not null) message[name] = String(message[name]) + String(delta[name]);
                }

                foreach (var detail in delta["reasoning_details"]?.AsArray() ?? []) details.Add(detail!.DeepClone());
                foreach (var piece in delta["tool_calls"]?.AsArray() ?? []) Take(calls, piece!.AsObject());
                if (delta["function_call"] is JsonObject legacy) message["function_call"] = new JsonObject { ["name"] = String(message["function_call"]?["name"]) + String(legacy["name"]), ["arguments"] = String(message["function_call"]?["arguments"]) + String(legacy["arguments"]) };
                finish = choice["finish_reason"] is null ? null : String(choice["finish_reason"]);
            }
        }

        Assert.True(isDone, "no [DONE]");
        Assert.NotNull(finish);
        if (calls.Count > 0) message["tool_calls"] = new JsonArray([.. calls]);
        if (details.Count > 0) message["reasoning_details"] = details;
        whole["choices"] = new JsonArray(new JsonObject { ["message"] = message, ["finish_reason"] = finish });
        return whole;
    }

    /// <summary>A stream of Anthropic's dialect as the message that it would have been in one piece.</summary>
    public static JsonNode AssembleMessages(string stream)
    {
        JsonObject? message = null;
        var blocks = new JsonArray();
        var input = new StringBuilder();
        var isOpen = false;
        var isOver = false;
        foreach (var data in Events(stream))
        {
            Assert.False(isOver, "an event behind message_stop");
            var item = Draw.Read(Encoding.UTF8.GetBytes(data)).AsObject();
            var type = String(item["type"]);
            Assert.True(message is not null ^ type == "message_start", "message_start once and first");
            switch (type)
            {
                case "message_start":
                    message = item["message"]!.DeepClone().AsObject();
                    break;
                case "content_block_start":
                    Assert.False(isOpen, "a block that opens in another");
                    Assert.Equal(blocks.Count, item["index"]!.GetValue<int>());
                    isOpen = true;
                    blocks.Add(item["content_block"]!.DeepClone());
                    break;
                case "content_block_delta":
                    Assert.True(isOpen, "a delta outside of a block");
                    Assert.Equal(blocks.Count - 1, item["index"]!.GetValue<int>());
                    var (block, delta) = (blocks[^1]!, item["delta"]!);
                    foreach (var name in new[] { "text", "thinking", "signature" })
                    {
                        if (delta[name] is not null) block[name] = String(block[name]) + String(delta[name]);
                    }

                    input.Append(String(delta["partial_json"]));
                    break;
                case "content_block_stop":
                    Assert.True(isOpen, "the end of a block that is not open");
                    isOpen = false;
                    if (input.Length > 0) blocks[^1]!["input"] = JsonNode.Parse(input.ToString());
                    input.Clear();
                    Assert.False(String(blocks[^1]!["type"]) == "text" && String(blocks[^1]!["text"]).Length == 0, "an empty block of text");
                    break;
                case "message_delta":
                    Assert.False(isOpen, "message_delta within a block");
                    foreach (var (name, value) in item["delta"]!.AsObject()) message![name] = value?.DeepClone();
                    foreach (var (name, value) in item["usage"]!.AsObject()) message!["usage"]![name] = value?.DeepClone();
                    break;
                case "message_stop":
                    isOver = true;
                    break;
                default:
                    Assert.Equal("ping", type);
                    break;
            }
        }

        Assert.True(isOver, "no message_stop");
        message!["content"] = blocks;
        return message;
    }

    /// <summary>The data of all events, as the platform's parser reads them.</summary>
    public static List<string> Events(string stream) => [.. SseParser.Create(new MemoryStream(Encoding.UTF8.GetBytes(stream))).Enumerate().Select(item => item.Data)];

    private static void Take(List<JsonObject> calls, JsonObject piece)
    {
        var index = piece["index"]!.GetValue<int>();
        if (index == calls.Count)
        {
            Assert.NotEqual("", String(piece["id"]));
            Assert.NotEqual("", String(piece["function"]?["name"]));
            calls.Add(piece.DeepClone().AsObject());
            return;
        }

        Assert.InRange(index, 0, calls.Count - 1);
        Assert.Null(piece["id"]);
        Assert.Null(piece["function"]!["name"]);
        var function = calls[index]["function"]!;
        function["arguments"] = String(function["arguments"]) + String(piece["function"]!["arguments"]);
    }

    private static string String(JsonNode? node) => node is null ? "" : node.GetValue<string>();
}
