using System.Text.Json.Nodes;
using CsCheck;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Requests of Anthropic's dialect.</summary>
internal sealed class MessagesRequestGen
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private readonly Random _random;

    /// <summary>Whether only what is carried to the other dialect and back is said.</summary>
    private readonly bool _isCarried;

    private int _calls;

    private MessagesRequestGen(int seed, bool isCarried)
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
        var gen = new MessagesRequestGen(seed, isCarried);
        var body = gen.Write();
        return new WrittenBody(body, gen._random.Spell(body));
    }

    private JsonObject Write()
    {
        var body = new JsonObject { ["model"] = "a-model", ["max_tokens"] = _random.Next(20_000, 30_000), ["messages"] = Messages() };
        Maybe(body, "system", Texts);
        WriteTools(body);
        Maybe(body, "temperature", () => _random.Next(9) / 8m);
        Maybe(body, "top_p", () => 0.5);
        Maybe(body, "stop_sequences", () => new JsonArray([.. _random.Several(1, _isCarried ? 4 : 6, _ => (JsonNode)_random.Text())]));
        Maybe(body, "stream", () => _random.Chance(2));
        Maybe(body, "metadata", () => new JsonObject { ["user_id"] = "user \u00E9" });
        WriteThinking(body);
        if (_isCarried) return Draw.OneOfSampling(body, thinks: body["thinking"]?["type"]?.GetValue<string>() is not (null or "disabled"));
        Maybe(body, "top_k", () => 40);
        Maybe(body, "service_tier", () => _random.Pick("auto", "standard_only"));
        Maybe(body, "cache_control", Mark);
        Maybe(body, "container", () => new JsonObject { ["id"] = "container_1" });
        Maybe(body, "mcp_servers", () => new JsonArray(new JsonObject { ["type"] = "url", ["url"] = "https://example.com", ["name"] = "m" }));
        Maybe(body, "context_management", () => _random.Value(halves: true));
        Maybe(body, "of_a_later_version", () => _random.Value(halves: true));
        return body;
    }

    private void WriteThinking(JsonObject body)
    {
        var config = new JsonObject();
        switch (_random.Next(_isCarried ? 3 : 5))
        {
            case 0:
                break;
            case 1:
                body["thinking"] = new JsonObject { ["type"] = "disabled" };
                break;
            case 2:
                body["thinking"] = new JsonObject { ["type"] = "adaptive" };
                config["effort"] = _random.Pick("low", "medium", "high", "xhigh", "max");
                break;
            case 3:
                body["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = _random.Next(1024, 9999) };
                break;
            default:
                body["thinking"] = new JsonObject { ["type"] = "adaptive" };
                break;
        }

        if (_random.Chance(3)) config["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = Schema() };
        if (config.Count > 0) body["output_config"] = config;
    }

    private JsonArray Messages()
    {
        var messages = new JsonArray();
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
                    messages.Add(new JsonObject { ["role"] = "system", ["content"] = Texts() });
                    break;
                default:
                    AddCalls(messages);
                    break;
            }
        }

        if (!_isCarried && _random.Chance(6)) messages.Add(Assistant());
        return messages;
    }

    private JsonObject User() => new() { ["role"] = "user", ["content"] = _random.Chance(2) ? Text() : new JsonArray([.. _random.Several(1, 3, _ => Block())]) };

    private JsonObject Block() => _random.Next(_isCarried ? 4 : 8) switch
    {
        0 or 1 => TextBlock(),
        2 => Marked(new JsonObject { ["type"] = "image", ["source"] = _random.Chance(2) ? Source("base64", "image/png", Png) : new JsonObject { ["type"] = "url", ["url"] = "https://example.com/a.png?b=\u00E9" } }),
        3 => Marked(new JsonObject { ["type"] = "document", ["source"] = Source("base64", "application/pdf", "JVBERi0xLjQK"), ["title"] = "a \u00E9.pdf" }),
        4 => Marked(new JsonObject { ["type"] = "document", ["source"] = Source("text", "text/plain", Text()), ["context"] = "c", ["citations"] = new JsonObject { ["enabled"] = _random.Chance(2) } }),
        5 => new JsonObject { ["type"] = "document", ["source"] = new JsonObject { ["type"] = "content", ["content"] = new JsonArray(TextBlock()) } },
        6 => new JsonObject { ["type"] = "image", ["source"] = new JsonObject { ["type"] = "file", ["file_id"] = "file_1" } },
        _ => new JsonObject { ["type"] = "search_result", ["source"] = "s", ["title"] = "t", ["content"] = new JsonArray(TextBlock()) },
    };

    private JsonObject Assistant() => new() { ["role"] = "assistant", ["content"] = _random.Chance(3) ? Text() : new JsonArray([.. Said()]) };

    private List<JsonObject> Said() => _random.Several(1, 4, i => _random.Next(_isCarried ? 4 : 6) switch
    {
        0 or 1 => TextBlock(),
        2 => new JsonObject { ["type"] = "thinking", ["thinking"] = _random.Chance(4) ? "" : Text(), ["signature"] = "Sig+/=" + i },
        3 => new JsonObject { ["type"] = "redacted_thinking", ["data"] = "ErUB+/=" + i },
        4 => new JsonObject { ["type"] = "thinking", ["thinking"] = Text(), ["signature"] = _random.Pick("fairlead.", "fairlead.openai-responses-v1:gAAA") },
        _ => new JsonObject { ["type"] = "server_tool_use", ["id"] = "srvtoolu_" + i, ["name"] = "web_search", ["input"] = _random.Value(halves: true) },
    });

    /// <summary>Calls with their results, in any order, and what the user says beside them.</summary>
    private void AddCalls(JsonArray messages)
    {
        var ids = _random.Several(1, 3, _ => _random.Pick("toolu_", "fl_", "call-") + _calls++);
        messages.Add(new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = new JsonArray([.. _random.Chance(2) ? Said() : [], .. ids.Select(id => Marked(new JsonObject { ["type"] = "tool_use", ["id"] = id, ["name"] = _random.Pick("look", "set_\u00E9"), ["input"] = _random.Value(halves: true) }))]),
        });
        _random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids));
        var results = new JsonArray();
        foreach (var id in ids)
        {
            var result = Marked(new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = id });
            if (_random.Next(4) > 0) result["content"] = _isCarried || _random.Chance(2) ? Texts() : new JsonArray(Block());
            if (!_isCarried && _random.Chance(3)) result["is_error"] = _random.Chance(2);
            results.Add(result);
        }

        if (_random.Chance(3)) results.Insert(_random.Next(results.Count + 1), TextBlock());
        messages.Add(new JsonObject { ["role"] = "user", ["content"] = results });
    }

    private JsonNode Texts() => _random.Chance(2) ? Text() : new JsonArray([.. _random.Several(1, 3, _ => TextBlock())]);

    private JsonObject TextBlock()
    {
        var block = Marked(new JsonObject { ["type"] = "text", ["text"] = Text() });
        if (!_isCarried && _random.Chance(8)) block["citations"] = new JsonArray(new JsonObject { ["type"] = "char_location", ["cited_text"] = Text() });
        return block;
    }

    private string Text() => _random.Text(halves: true);

    private static JsonObject Source(string type, string mediaType, string data) => new() { ["type"] = type, ["media_type"] = mediaType, ["data"] = data };

    private JsonObject Marked(JsonObject block)
    {
        if (!_isCarried && _random.Chance(6)) block["cache_control"] = Mark();
        return block;
    }

    private JsonObject Mark() => _random.Chance(2) ? new JsonObject { ["type"] = "ephemeral" } : new JsonObject { ["type"] = "ephemeral", ["ttl"] = "1h" };

    private void WriteTools(JsonObject body)
    {
        if (_calls == 0 && _random.Chance(2)) return;
        var tools = new JsonArray([.. new[] { "look", "set_\u00E9" }.Select(Tool)]);
        if (!_isCarried && _random.Chance(3)) tools.Add(new JsonObject { ["type"] = "web_search_20250305", ["name"] = "web_search", ["max_uses"] = 3 });
        body["tools"] = tools;
        if (_random.Chance(2)) return;
        var choice = _random.Pick(
            new JsonObject { ["type"] = "auto" },
            new JsonObject { ["type"] = "any" },
            new JsonObject { ["type"] = "none" },
            new JsonObject { ["type"] = "tool", ["name"] = "look" });
        if (_random.Chance(2) && choice["type"]!.GetValue<string>() != "none") choice["disable_parallel_tool_use"] = _random.Chance(2);
        body["tool_choice"] = choice;
    }

    private JsonObject Tool(string name)
    {
        var tool = Marked(new JsonObject { ["name"] = name, ["input_schema"] = Schema() });
        Maybe(tool, "description", () => Text());
        Maybe(tool, "strict", () => _random.Chance(2));
        if (!_isCarried) Maybe(tool, "type", () => "custom");
        if (!_isCarried) Maybe(tool, "defer_loading", () => true);
        return tool;
    }

    /// <summary>A schema within the strict forms of both dialects.</summary>
    private JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["title"] = new JsonObject { ["type"] = "string", ["description"] = Text() }, ["minimum"] = new JsonObject { ["enum"] = new JsonArray(1, "a", null) } },
        ["required"] = new JsonArray("title", "minimum"),
        ["additionalProperties"] = false,
    };

    private void Maybe(JsonObject within, string name, Func<JsonNode?> value)
    {
        if (_random.Chance(3)) within[name] = value();
    }
}
