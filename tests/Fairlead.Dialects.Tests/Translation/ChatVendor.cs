using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>
/// Renders an answer as a vendor of OpenAI's dialect would: whole, or as a stream. The same seed gives one vendor with its habits: where
/// thoughts stand, how calls are counted and cut, how thinking is counted.
/// </summary>
internal sealed class ChatVendor
{
    private readonly Random _random;
    private readonly SaidAnswer _answer;
    private readonly string _thoughts;
    private readonly bool _hasIndexes;
    private readonly bool _hasIds;
    private readonly bool _hasWholeCalls;
    private readonly bool _countsThinkingBeside;
    private readonly bool _saysStopForCalls;
    private readonly bool _isLegacy;
    private readonly bool _hasUsageBesideTheFinish;

    public ChatVendor(SaidAnswer answer)
    {
        _random = new Random(answer.Seed ^ 0x5A5A);
        _answer = answer.InMembers();
        var isSigned = answer.Parts.Any(part => part is Said.SealedThought or Said.Thought { Signature: not null });
        _thoughts = isSigned ? "reasoning_details" : _random.Pick("reasoning_content", "reasoning", "parts");
        _hasWholeCalls = _random.Chance(3);
        _hasIndexes = !_hasWholeCalls || _random.Chance(2);
        _hasIds = _random.Next(6) > 0;
        _countsThinkingBeside = _random.Chance(3);
        _saysStopForCalls = _random.Chance(4);
        _isLegacy = answer.Calls.Count() == 1 && _random.Chance(6);
        _hasUsageBesideTheFinish = _random.Chance(3);
    }

    /// <summary>Whether the call is told in the dialect's first form.</summary>
    public bool IsLegacy => _isLegacy;

    /// <summary>Whether calls have ids.</summary>
    public bool HasIds => _hasIds && !_isLegacy;

    public byte[] Json()
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = Content() };
        if (_answer.Refusal is { } refusal) message["refusal"] = refusal;
        if (_thoughts == "reasoning_details" && Details() is { Count: > 0 } details)
        {
            message["reasoning"] = string.Concat(_answer.Parts.OfType<Said.Thought>().Select(thought => thought.Words));
            message["reasoning_details"] = details;
        }
        else if (_thoughts is "reasoning" or "reasoning_content" && Thoughts() is { Length: > 0 } thoughts)
        {
            message[_thoughts] = thoughts;
        }

        if (_isLegacy) message["function_call"] = Function(_answer.Calls.Single(), Arguments(_answer.Calls.Single()));
        else if (_answer.Calls.Any()) message["tool_calls"] = new JsonArray([.. _answer.Calls.Select(call => Identified(call, Arguments(call)))]);
        return _random.Spell(new JsonObject
        {
            ["id"] = _answer.Id,
            ["object"] = "chat.completion",
            ["created"] = 1,
            ["model"] = _answer.Model,
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = Finish(), ["stop_reason"] = _answer.Stop }),
            ["usage"] = Usage(),
        });
    }

    public byte[] Stream()
    {
        var stream = new VendorStream(_random);
        if (_random.Chance(3)) stream.Event(new JsonObject { ["id"] = "", ["model"] = "", ["choices"] = new JsonArray(), ["prompt_filter_results"] = new JsonArray() });
        Send(stream, new JsonObject { ["role"] = "assistant", ["content"] = _random.Pick("", null) });
        foreach (var delta in Deltas()) Send(stream, delta);
        var last = Chunk(new JsonObject(), Finish());
        if (_hasUsageBesideTheFinish) last["usage"] = Usage();
        stream.Event(last);
        if (!_hasUsageBesideTheFinish) stream.Event(new JsonObject { ["id"] = _answer.Id, ["model"] = _answer.Model, ["choices"] = new JsonArray(), ["usage"] = Usage() });
        if (_random.Next(4) > 0) stream.Line("data: [DONE]\n");
        return stream.ToBytes();
    }

    private IEnumerable<JsonObject> Deltas()
    {
        var index = 0;
        foreach (var part in _answer.Parts)
        {
            switch (part)
            {
                case Said.Thought thought:
                    foreach (var piece in Pieces(thought.Words)) yield return ThoughtDelta(piece, index);
                    if (thought.Signature is { } signature) yield return Detail(new JsonObject { ["type"] = "reasoning.text", ["signature"] = signature, ["format"] = "anthropic-claude-v1", ["index"] = index });
                    index++;
                    break;
                case Said.SealedThought thought:
                    yield return Detail(SealedDetail(thought, index++));
                    break;
                case Said.Text text:
                    foreach (var piece in Pieces(text.Words)) yield return new JsonObject { ["content"] = _thoughts == "parts" && _random.Chance(2) ? new JsonArray(TextPart(piece)) : piece };
                    break;
            }
        }

        if (_answer.Refusal is { } refusal)
        {
            foreach (var piece in Pieces(refusal)) yield return new JsonObject { ["refusal"] = piece };
        }

        foreach (var delta in CallDeltas()) yield return delta;
    }

    /// <summary>Calls in order, then the pieces of their arguments in any order that keeps each call's own.</summary>
    private IEnumerable<JsonObject> CallDeltas()
    {
        var calls = _answer.Calls.ToList();
        if (_isLegacy)
        {
            yield return new JsonObject { ["function_call"] = Function(calls[0], "") };
            foreach (var piece in Pieces(Arguments(calls[0]))) yield return new JsonObject { ["function_call"] = new JsonObject { ["arguments"] = piece } };
            yield break;
        }

        if (_hasWholeCalls)
        {
            var at = 0;
            while (at < calls.Count)
            {
                var together = calls.Skip(at).Take(_random.Next(1, 4)).ToList();
                yield return Calls([.. together.Select((call, i) => Piece(call, at + i, Arguments(call)))]);
                at += together.Count;
            }

            yield break;
        }

        // A later call may begin while pieces of earlier ones are due.
        var first = _random.Chance(4) ? 1 : 0; // one vendor counts from 1
        var waiting = new Queue<int>(Enumerable.Range(0, calls.Count));
        var open = new List<(int Index, Queue<string> Pieces)>();
        while (waiting.Count > 0 || open.Count > 0)
        {
            if (waiting.Count > 0 && (open.Count == 0 || _random.Chance(3)))
            {
                var next = waiting.Dequeue();
                open.Add((next, new Queue<string>(Pieces(Arguments(calls[next])))));
                yield return Calls(Piece(calls[next], first + next, ""));
                continue;
            }

            var (index, pieces) = open[_random.Next(open.Count)];
            if (pieces.TryDequeue(out var piece)) yield return Calls(new JsonObject { ["index"] = first + index, ["function"] = new JsonObject { ["arguments"] = piece } });
            else open.RemoveAll(one => one.Index == index);
        }
    }

    private JsonObject Piece(Said.Call call, int index, string arguments)
    {
        var piece = Identified(call, arguments);
        if (_hasIndexes) piece["index"] = index;
        return piece;
    }

    private JsonObject Identified(Said.Call call, string arguments)
    {
        var piece = new JsonObject { ["type"] = "function", ["function"] = Function(call, arguments) };
        if (_hasIds) piece["id"] = call.Id;
        return piece;
    }

    private void Send(VendorStream stream, JsonObject delta) => stream.Event(Chunk(delta, null));

    private JsonObject Chunk(JsonObject delta, string? finish)
    {
        var choice = new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish };
        if (finish is not null && _answer.Stop is { } stop) choice["stop_reason"] = stop;
        return new JsonObject { ["id"] = _answer.Id, ["object"] = "chat.completion.chunk", ["created"] = 1, ["model"] = _answer.Model, ["choices"] = new JsonArray(choice) };
    }

    private JsonNode? Content()
    {
        if (_thoughts != "parts" || _answer.Parts.All(part => part is Said.Call)) return _answer.Words is { Length: > 0 } words ? words : _random.Pick("", null);
        return new JsonArray([.. _answer.Parts.Where(part => part is not Said.Call).Select(part => part is Said.Thought thought ? ThinkingPart(thought.Words) : TextPart(((Said.Text)part).Words))]);
    }

    private JsonObject ThoughtDelta(string piece, int index) => _thoughts switch
    {
        "parts" => new JsonObject { ["content"] = new JsonArray(ThinkingPart(piece)) },
        "reasoning_details" => new JsonObject
        {
            ["reasoning"] = piece,
            ["reasoning_details"] = new JsonArray(new JsonObject { ["type"] = "reasoning.text", ["text"] = piece, ["format"] = "anthropic-claude-v1", ["index"] = index }),
        },
        _ => new JsonObject { [_thoughts] = piece },
    };

    private JsonArray Details()
    {
        var details = new JsonArray();
        foreach (var part in _answer.Parts)
        {
            if (part is Said.Thought thought) details.Add(new JsonObject { ["type"] = "reasoning.text", ["text"] = thought.Words, ["signature"] = thought.Signature, ["format"] = "anthropic-claude-v1", ["index"] = details.Count });
            else if (part is Said.SealedThought hidden) details.Add(SealedDetail(hidden, details.Count));
        }

        return details;
    }

    private JsonObject Usage()
    {
        var (input, cached, written, output, thinking) = _answer.Usage;
        var usage = new JsonObject
        {
            ["prompt_tokens"] = input,
            ["completion_tokens"] = _countsThinkingBeside && output > thinking ? output - thinking : output,
            ["total_tokens"] = input + output,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = cached },
            ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = thinking },
        };
        if (written > 0) usage["prompt_tokens_details"]!["cache_write_tokens"] = written;
        return usage;
    }

    private string Finish() => _answer.Finish switch
    {
        SaidAnswer.Limit => "length",
        SaidAnswer.Filtered => "content_filter",
        _ when _isLegacy => "function_call",
        _ when _answer.Calls.Any() && !_saysStopForCalls => "tool_calls",
        _ => "stop",
    };

    private string Thoughts() => string.Concat(_answer.Parts.OfType<Said.Thought>().Select(thought => thought.Words));

    private string Arguments(Said.Call call) => call.Input.Count == 0 && _random.Chance(2) ? _random.Pick("", "{}") : call.Input.ToJsonString();

    private List<string> Pieces(string text) => VendorStream.Pieces(_random, text);

    private static JsonObject Calls(params JsonObject[] calls) => new() { ["tool_calls"] = new JsonArray([.. calls]) };

    private static JsonObject Function(Said.Call call, string arguments) => new() { ["name"] = call.Name, ["arguments"] = arguments };

    private static JsonObject TextPart(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonObject ThinkingPart(string text) => new() { ["type"] = "thinking", ["thinking"] = new JsonArray(TextPart(text)) };

    private static JsonObject Detail(JsonObject detail) => new() { ["reasoning_details"] = new JsonArray(detail) };

    private static JsonObject SealedDetail(Said.SealedThought thought, int index) => new() { ["type"] = "reasoning.encrypted", ["data"] = thought.Data, ["format"] = "openai-responses-v1", ["index"] = index };
}
