using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Renders an answer as a vendor of Anthropic's dialect would: whole, or as a stream with pings wherever they may stand.</summary>
internal sealed class MessagesVendor(SaidAnswer answer)
{
    private readonly Random _random = new(answer.Seed ^ 0xA5A5);

    public byte[] Json()
    {
        var message = Message();
        message["content"] = new JsonArray([.. Parts().Select(Block)]);
        foreach (var (name, value) in End()) message[name] = value?.DeepClone();
        message["usage"] = Usage(answer.Usage.Output, isWhole: true);
        return _random.Spell(message);
    }

    public byte[] Stream()
    {
        var stream = new VendorStream(_random);
        var message = Message();
        message["content"] = new JsonArray();
        message["stop_reason"] = null;
        message["usage"] = Usage(_random.Next(9), isWhole: true);
        Send(stream, "message_start", new JsonObject { ["message"] = message });
        var index = 0;
        foreach (var part in Parts())
        {
            var isWhole = part is Said.Call && _random.Chance(6); // some servers send the input with the block
            Send(stream, "content_block_start", new JsonObject { ["index"] = index, ["content_block"] = isWhole ? Block(part) : Opening(part) });
            if (!isWhole) foreach (var delta in Deltas(part)) Send(stream, "content_block_delta", new JsonObject { ["index"] = index, ["delta"] = delta });
            Send(stream, "content_block_stop", new JsonObject { ["index"] = index });
            index++;
        }

        Send(stream, "message_delta", new JsonObject { ["delta"] = End(), ["usage"] = Usage(answer.Usage.Output, isWhole: _random.Chance(2)) });
        Send(stream, "message_stop", []);
        return stream.ToBytes();
    }

    /// <summary>The parts, the words of a refusal as a text.</summary>
    private IEnumerable<Said> Parts() => answer.Refusal is null ? answer.Parts : [];

    private void Send(VendorStream stream, string type, JsonObject data)
    {
        if (_random.Chance(8)) stream.Event(new JsonObject { ["type"] = "ping" }, "ping");
        data["type"] = type;
        stream.Event(data, type);
    }

    private JsonObject Message() => new() { ["id"] = answer.Id, ["type"] = "message", ["role"] = "assistant", ["model"] = answer.Model };

    private JsonObject End() => answer.Finish switch
    {
        SaidAnswer.Limit => Reason(_random.Pick("max_tokens", "model_context_window_exceeded"), null),
        SaidAnswer.StoppedAt => Reason("stop_sequence", answer.Stop),
        SaidAnswer.Filtered => Reason("refusal", null),
        SaidAnswer.Refused => Refusal(),
        _ => Reason(answer.Calls.Any() ? "tool_use" : "end_turn", null),
    };

    private JsonObject Refusal()
    {
        var reason = Reason("refusal", null);
        reason["stop_details"] = new JsonObject { ["type"] = "refusal", ["category"] = "cyber", ["explanation"] = answer.Refusal };
        return reason;
    }

    private static JsonObject Reason(string reason, string? stop) => new() { ["stop_reason"] = reason, ["stop_sequence"] = stop };

    /// <summary>Counts; those of the input may be left out at the end.</summary>
    private JsonObject Usage(long output, bool isWhole)
    {
        var (input, cached, written, _, thinking) = answer.Usage;
        var usage = new JsonObject { ["output_tokens"] = output };
        if (isWhole)
        {
            usage["input_tokens"] = input - cached - written;
            usage["cache_read_input_tokens"] = cached;
            usage["cache_creation_input_tokens"] = written;
        }

        if (thinking > 0) usage["output_tokens_details"] = new JsonObject { ["thinking_tokens"] = thinking };
        return usage;
    }

    private static JsonObject Block(Said part) => part switch
    {
        Said.Text text => new JsonObject { ["type"] = "text", ["text"] = text.Words },
        Said.Thought thought => new JsonObject { ["type"] = "thinking", ["thinking"] = thought.Words, ["signature"] = thought.Signature ?? "" },
        Said.SealedThought thought => new JsonObject { ["type"] = "redacted_thinking", ["data"] = thought.Data },
        Said.Call call => new JsonObject { ["type"] = "tool_use", ["id"] = call.Id, ["name"] = call.Name, ["input"] = call.Input.DeepClone() },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static JsonObject Opening(Said part) => part switch
    {
        Said.Text => new JsonObject { ["type"] = "text", ["text"] = "" },
        Said.Thought => new JsonObject { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
        Said.Call call => new JsonObject { ["type"] = "tool_use", ["id"] = call.Id, ["name"] = call.Name, ["input"] = new JsonObject() },
        _ => Block(part),
    };

    private IEnumerable<JsonObject> Deltas(Said part)
    {
        switch (part)
        {
            case Said.Text text:
                foreach (var piece in VendorStream.Pieces(_random, text.Words)) yield return new JsonObject { ["type"] = "text_delta", ["text"] = piece };
                break;
            case Said.Thought thought:
                foreach (var piece in VendorStream.Pieces(_random, thought.Words)) yield return new JsonObject { ["type"] = "thinking_delta", ["thinking"] = piece };
                if (thought.Signature is { } signature) yield return new JsonObject { ["type"] = "signature_delta", ["signature"] = signature };
                break;
            case Said.Call call:
                if (_random.Chance(2)) yield return new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = "" };
                if (call.Input.Count == 0 && _random.Chance(2)) break; // a call without input may have no piece at all
                foreach (var piece in VendorStream.Pieces(_random, call.Input.ToJsonString())) yield return new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece };
                break;
        }
    }
}
