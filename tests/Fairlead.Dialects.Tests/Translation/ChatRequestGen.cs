using System.Text.Json.Nodes;
using CsCheck;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>A generated request: its body as JSON, and the same as bytes.</summary>
internal sealed record WrittenBody(JsonObject Json, byte[] Bytes)
{
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Bytes);
}

/// <summary>Requests of OpenAI's dialect.</summary>
internal sealed class ChatRequestGen
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private readonly Random _random;

    /// <summary>Whether only what is carried to the other dialect and back is said.</summary>
    private readonly bool _isCarried;

    private int _calls;

    private ChatRequestGen(int seed, bool isCarried)
    {
        _random = new Random(seed);
        _isCarried = isCarried;
    }

    /// <summary>Anything that the dialect has a word for.</summary>
    public static Gen<WrittenBody> Any { get; } = Gen.Int.Select(seed => Body(seed, isCarried: false));

    /// <summary>What translation carries both ways.</summary>
    public static Gen<WrittenBody> Carried { get; } = Gen.Int.Select(seed => Body(seed, isCarried: true));

    private static WrittenBody Body(int seed, bool isCarried)
    {
        var gen = new ChatRequestGen(seed, isCarried);
        var body = gen.Write();
        return new WrittenBody(body, gen._random.Spell(body));
    }

    private JsonObject Write()
    {
        var body = new JsonObject { ["model"] = "a-model", ["messages"] = Messages() };
        if (_isCarried || _random.Chance(2)) body[_random.Pick("max_tokens", "max_completion_tokens")] = _random.Next(20_000, 30_000);
        WriteTools(body);
        Maybe(body, "temperature", () => _random.Next(9) / 8m);
        Maybe(body, "top_p", () => 0.5);
        Maybe(body, "stop", () => _random.Chance(2) ? _random.Text() : new JsonArray([.. _random.Several(1, 4, _ => (JsonNode)_random.Text())]));
        Maybe(body, "reasoning_effort", () => _random.Pick("none", "minimal", "low", "medium", "high", "xhigh", "max"));
        Maybe(body, "user", () => _random.Text());
        Maybe(body, "stream", () => _random.Chance(2));
        Maybe(body, "response_format", Format);
        if (body["stream"]?.GetValue<bool>() == true && _random.Chance(2)) body["stream_options"] = new JsonObject { ["include_usage"] = _random.Chance(2) };
        if (_isCarried) return Draw.OneOfSampling(body, thinks: body["reasoning_effort"] is { } effort && effort.GetValue<string>() != "none");
        Maybe(body, "seed", () => 7);
        Maybe(body, "n", () => _random.Next(1, 3));
        Maybe(body, "frequency_penalty", () => _random.Next(2));
        Maybe(body, "logprobs", () => _random.Chance(2));
        Maybe(body, "logit_bias", () => new JsonObject { ["50256"] = -100 });
        Maybe(body, "metadata", () => _random.Value());
        Maybe(body, "service_tier", () => _random.Pick("auto", "flex"));
        Maybe(body, "modalities", () => new JsonArray("text", "audio"));
        Maybe(body, "audio", () => new JsonObject { ["voice"] = "alloy", ["format"] = "wav" });
        Maybe(body, "cache_control", Mark);
        Maybe(body, "prompt_cache_key", () => _random.Text(halves: true));
        Maybe(body, "of_a_later_version", () => _random.Value(halves: true));
        return body;
    }

    private JsonArray Messages()
    {
        var messages = new JsonArray();
        for (var i = _random.Next(3); i > 0; i--) messages.Add(Named(new JsonObject { ["role"] = _random.Pick("system", "developer"), ["content"] = Texts() }));
        messages.Add(User());
        for (var i = _random.Next(5); i > 0; i--)
        {
            switch (_random.Next(4))
            {
                case 0:
                    messages.Add(User());
                    break;
                case 1:
                    messages.Add(Assistant());
                    messages.Add(User());
                    break;
                case 2 when !_isCarried:
                    messages.Add(new JsonObject { ["role"] = _random.Pick("system", "developer"), ["content"] = Texts() });
                    break;
                default:
                    AddCalls(messages);
                    break;
            }
        }

        if (!_isCarried && _random.Chance(6)) messages.Add(Assistant());
        return messages;
    }

    private JsonObject User() => Named(new JsonObject
    {
        ["role"] = "user",
        ["content"] = _random.Chance(2) ? Text() : new JsonArray([.. _random.Several(1, 3, _ => _random.Next(_isCarried ? 4 : 7) switch
        {
            0 or 1 => TextPart(),
            2 => Marked(new JsonObject { ["type"] = "image_url", ["image_url"] = Image() }),
            3 => Marked(new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["filename"] = "a \u00E9.pdf", ["file_data"] = "data:application/pdf;base64,JVBERi0xLjQK" } }),
            4 => new JsonObject { ["type"] = "input_audio", ["input_audio"] = new JsonObject { ["data"] = "UklGRg==", ["format"] = "wav" } },
            5 => new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["file_id"] = "file-1" } },
            _ => new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["file_data"] = "data:text/csv;base64,YSxi" } },
        })]),
    });

    private JsonObject Image()
    {
        var image = new JsonObject { ["url"] = _random.Chance(2) ? "data:image/png;base64," + Png : "https://example.com/a.png?b=\u00E9&c=%20" };
        if (_random.Chance(2)) image["detail"] = _isCarried ? "auto" : _random.Pick("auto", "low", "high");
        return image;
    }

    private JsonObject Assistant()
    {
        var message = Named(new JsonObject { ["role"] = "assistant", ["content"] = Texts() });
        AddThoughts(message);
        if (!_isCarried && _random.Chance(6)) message["refusal"] = _random.Text(halves: true);
        if (!_isCarried && _random.Chance(8)) message["audio"] = new JsonObject { ["id"] = "audio_1" };
        return message;
    }

    private void AddThoughts(JsonObject message)
    {
        if (!_isCarried && _random.Chance(3)) message[_random.Pick("reasoning_content", "reasoning")] = _random.Text(halves: true);
        if (_random.Chance(3)) return;
        message["reasoning_details"] = new JsonArray([.. _random.Several(1, 3, i => _random.Next(_isCarried ? 2 : 4) switch
        {
            0 => new JsonObject { ["type"] = "reasoning.text", ["text"] = _random.Chance(4) ? "" : _random.Text(halves: true), ["signature"] = "Sig+/=" + i, ["format"] = "anthropic-claude-v1", ["index"] = i },
            1 => new JsonObject { ["type"] = "reasoning.encrypted", ["data"] = "ErUB+/=" + i, ["format"] = "anthropic-claude-v1", ["index"] = i },
            2 => new JsonObject { ["type"] = "reasoning.encrypted", ["data"] = "gAAAA=" + i, ["format"] = "openai-responses-v1", ["index"] = i },
            _ => new JsonObject { ["type"] = _random.Pick("reasoning.text", "reasoning.summary"), ["text"] = "plain", ["summary"] = "plain", ["format"] = "unknown", ["index"] = i },
        })]);
    }

    /// <summary>Calls with their results, in any order.</summary>
    private void AddCalls(JsonArray messages)
    {
        var message = Named(new JsonObject { ["role"] = "assistant" });
        if (_random.Chance(2)) message["content"] = _random.Chance(2) ? "" : _random.Chance(2) ? null : Texts();
        AddThoughts(message);
        messages.Add(message);
        if (!_isCarried && _random.Chance(6))
        {
            message["function_call"] = new JsonObject { ["name"] = "look", ["arguments"] = Arguments() };
            messages.Add(new JsonObject { ["role"] = "function", ["name"] = "look", ["content"] = Text() });
            return;
        }

        var ids = _random.Several(1, 3, _ => _random.Pick("call_", "toolu_", "x.\u00E9/", "fl_") + _calls++);
        var calls = new JsonArray([.. ids.Select(id => Marked(new JsonObject { ["id"] = id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = _random.Pick("look", "set_\u00E9"), ["arguments"] = Arguments() } }))]);
        if (!_isCarried && _random.Chance(6))
        {
            calls.Add(new JsonObject { ["id"] = "call_custom", ["type"] = "custom", ["custom"] = new JsonObject { ["name"] = "free", ["input"] = _random.Text() } });
            ids.Add("call_custom");
        }

        message["tool_calls"] = calls;
        _random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids));
        foreach (var id in ids)
        {
            var result = Marked(new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = _random.Chance(6) ? "" : Texts() });
            messages.Add(result);
        }
    }

    private string Arguments() => _random.Chance(6) ? _random.Pick("", "{}", " {} ") : _random.Value().ToJsonString();

    private JsonNode Texts() => _random.Chance(2) ? Text() : new JsonArray([.. _random.Several(1, 3, _ => TextPart())]);

    private JsonObject TextPart()
    {
        var part = Marked(new JsonObject { ["type"] = "text", ["text"] = Text() });
        if (!_isCarried && _random.Chance(8)) part["of_a_later_version"] = _random.Value(halves: true);
        return part;
    }

    private string Text() => _random.Text(halves: true);

    private JsonObject Named(JsonObject message)
    {
        if (!_isCarried && _random.Chance(6)) message["name"] = "Ann\u00E9";
        return message;
    }

    private JsonObject Marked(JsonObject part)
    {
        if (!_isCarried && _random.Chance(6)) part["cache_control"] = Mark();
        return part;
    }

    private JsonObject Mark() => _random.Chance(2) ? new JsonObject { ["type"] = "ephemeral" } : new JsonObject { ["type"] = "ephemeral", ["ttl"] = "1h" };

    private void WriteTools(JsonObject body)
    {
        if (_calls == 0 && _random.Chance(2)) return;
        if (!_isCarried && _random.Chance(6))
        {
            body["functions"] = new JsonArray(Function("look"));
            if (_random.Chance(2)) body["function_call"] = _random.Chance(2) ? "auto" : new JsonObject { ["name"] = "look" };
            return;
        }

        var tools = new JsonArray([.. new[] { "look", "set_\u00E9" }.Select(name => Marked(new JsonObject { ["type"] = "function", ["function"] = Function(name) }))]);
        if (!_isCarried && _random.Chance(4)) tools.Add(new JsonObject { ["type"] = "custom", ["custom"] = new JsonObject { ["name"] = "free" } });
        body["tools"] = tools;
        Maybe(body, "tool_choice", () => _random.Next(_isCarried ? 4 : 5) switch
        {
            0 => "auto",
            1 => "none",
            2 => "required",
            3 => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "look" } },
            _ => new JsonObject { ["type"] = "allowed_tools", ["allowed_tools"] = new JsonObject { ["mode"] = "auto", ["tools"] = new JsonArray() } },
        });
        Maybe(body, "parallel_tool_calls", () => _random.Chance(2));
    }

    private JsonObject Function(string name)
    {
        var function = new JsonObject { ["name"] = name };
        Maybe(function, "description", () => _random.Text(halves: true));
        if (_random.Next(4) > 0) function["parameters"] = Schema();
        if (function.ContainsKey("parameters") && _random.Chance(2)) function["strict"] = _random.Chance(2);
        return function;
    }

    /// <summary>A schema within the strict forms of both dialects.</summary>
    private JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["title"] = new JsonObject { ["type"] = "string", ["description"] = _random.Text(halves: true) }, ["minimum"] = new JsonObject { ["enum"] = new JsonArray(1, "a", null) } },
        ["required"] = new JsonArray("title", "minimum"),
        ["additionalProperties"] = false,
    };

    private JsonObject Format()
    {
        var schema = new JsonObject { ["name"] = "answer", ["schema"] = Schema(), ["strict"] = true };
        if (!_isCarried && _random.Chance(2)) schema["description"] = _random.Text();
        if (!_isCarried && _random.Chance(2)) schema["strict"] = false;
        var format = new JsonObject { ["type"] = "json_schema", ["json_schema"] = schema };
        return _isCarried ? format : _random.Pick(format, new JsonObject { ["type"] = "text" }, new JsonObject { ["type"] = "json_object" }, new JsonObject { ["type"] = "grammar", ["grammar"] = "root ::= \"a\"" });
    }

    private void Maybe(JsonObject within, string name, Func<JsonNode?> value)
    {
        if (_random.Chance(3)) within[name] = value();
    }
}
