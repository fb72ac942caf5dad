using System.Text;
using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Tokens;

/// <summary>A recorded request with the count that its vendor reported, read by the test's own means.</summary>
/// <param name="Id">The exchange's id.</param>
/// <param name="Provider">Who answered.</param>
/// <param name="Api">The dialect.</param>
/// <param name="Model">The model as requested.</param>
/// <param name="Reported">All tokens of the prompt, cached ones too.</param>
/// <param name="Unknowable">Why nobody can tell the count from the request; null when it can be told.</param>
internal sealed record RecordedPrompt(string Id, string Provider, string Api, string Model, long Reported, string? Unknowable, Conversation Conversation)
{
    private static readonly MemberNames Names = new("stop", "response_format", "reasoning_effort", "max_tokens", "user", "thoughts");

    private static readonly Lazy<IReadOnlyList<RecordedPrompt>> Read = new(() => [.. ReadAll()]);

    /// <summary>Every recorded request of the two dialects whose answer says how many tokens it had; skips the test when the data is absent.</summary>
    public static IReadOnlyList<RecordedPrompt> All()
    {
        SharedFolder.SkipIfAbsent();
        return Read.Value;
    }

    public override string ToString() => $"{Id} {Provider} {Model}";

    private static IEnumerable<RecordedPrompt> ReadAll()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SharedFolder.Path, "wire"), "*.jsonl").Order(StringComparer.Ordinal))
        {
            foreach (var line in File.ReadLines(file).Where(line => line.Length > 0))
            {
                var exchange = JsonDocument.Parse(line).RootElement;
                var api = exchange.GetProperty("api").GetString()!;
                if (api is not ("openai.chat" or "anthropic.messages" or "anthropic.countTokens")) continue;
                if (Member(Member(exchange, "request"), "body") is not { ValueKind: JsonValueKind.Object } body || !body.TryGetProperty("messages", out _)) continue;
                if (ReportedOf(exchange, api) is not { } reported || Text(exchange, "model") is not { } model) continue;
                yield return new RecordedPrompt(
                    Text(exchange, "id")!,
                    Text(exchange, "provider")!,
                    api,
                    model,
                    reported.Tokens,
                    UnknowableOf(exchange, body, reported.Written),
                    ConversationOf(body, api));
            }
        }
    }

    /// <summary>The rule for what is left out of the promise: counts that depend on what the request does not hold.</summary>
    private static string? UnknowableOf(JsonElement exchange, JsonElement body, long written)
    {
        if (Text(exchange, "fidelity")!.StartsWith("constructed", StringComparison.Ordinal)) return "constructed";
        if (Items(body, "tools").Any(tool => Text(tool, "type") is { } type and not ("function" or "custom"))) return "tool of the vendor";
        var raw = body.GetRawText();
        if (written > 0 && Text(exchange, "api") != "openai.chat" && !raw.Contains("cache_control", StringComparison.Ordinal)) return "not the request that was sent";
        if (body.TryGetProperty("web_search_options", out _)) return "tool of the vendor";
        return PartsOf(body).Select(UnknowablePart).FirstOrDefault(reason => reason is not null);
    }

    private static string? UnknowablePart(JsonElement part) => Text(part, "type") switch
    {
        "image_url" or "image" when AddressOf(part) is { } address && !address.StartsWith("data:", StringComparison.Ordinal) => "at an address",
        "document" => Text(part.GetProperty("source"), "type") == "text" ? null : "pages or address",
        "file" or "input_audio" or "video_url" => "document, sound or film",
        "redacted_thinking" or "compaction" or "container_upload" or "tool_reference" => "opaque",
        "thinking" => Text(part, "thinking") is { Length: > 0 } ? null : "opaque",
        "reasoning.encrypted" => "opaque",
        { } type when type.Contains("server_tool", StringComparison.Ordinal) || type.EndsWith("_tool_result", StringComparison.Ordinal) => "tool of the vendor",
        _ => null,
    };

    private static string? AddressOf(JsonElement part)
    {
        if (Member(part, "image_url") is { ValueKind: JsonValueKind.Object } image) return Text(image, "url");
        return Member(part, "source") is { ValueKind: JsonValueKind.Object } source ? Text(source, "url") : null;
    }

    private static IEnumerable<JsonElement> PartsOf(JsonElement body)
    {
        foreach (var message in Items(body, "messages"))
        {
            foreach (var detail in Items(message, "reasoning_details")) yield return detail;
            foreach (var part in Items(message, "content"))
            {
                yield return part;
                foreach (var inner in Items(part, "content").Where(_ => Text(part, "type") == "tool_result")) yield return inner;
            }
        }
    }

    private static (long Tokens, long Written)? ReportedOf(JsonElement exchange, string api)
    {
        var response = exchange.GetProperty("response");
        var body = response.GetProperty("body");
        if (api == "anthropic.countTokens") return body.TryGetProperty("input_tokens", out var count) ? (count.GetInt64(), 0) : null;
        (long Tokens, long Written)? best = null;
        foreach (var one in Objects(Text(response, "body_kind")!, body))
        {
            var usage = Member(one, "usage") is { ValueKind: JsonValueKind.Object } direct ? direct : Member(Member(one, "message"), "usage");
            if (usage is not { ValueKind: JsonValueKind.Object } given) continue;
            var written = Number(given, "cache_creation_input_tokens");
            var tokens = api == "openai.chat" ? Number(given, "prompt_tokens") : Number(given, "input_tokens") + written + Number(given, "cache_read_input_tokens");
            if (tokens > (best?.Tokens ?? 0)) best = (tokens, written);
        }

        return best;
    }

    private static IEnumerable<JsonElement> Objects(string kind, JsonElement body) => kind switch
    {
        "json" => [body],
        "events" => body.EnumerateArray(),
        "sse" => body.GetString()!.Split('\n')
            .Select(line => line.TrimEnd('\r'))
            .Where(line => line.StartsWith("data:", StringComparison.Ordinal) && line.Contains('{', StringComparison.Ordinal))
            .Select(line => TryParse(line[5..]))
            .OfType<JsonElement>(),
        _ => [],
    };

    private static JsonElement? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Conversation ConversationOf(JsonElement body, string api)
    {
        var isChat = api == "openai.chat";
        var messages = new List<Message>();
        if (Member(body, "system") is { } system) messages.Add(new(Role.System, ContentOf(system), new(Place.SystemMember)));
        foreach (var message in Items(body, "messages")) messages.Add(isChat ? ChatMessage(message) : new(RoleOf(message), ContentOf(Member(message, "content")), default));
        var tools = Items(body, "tools").Concat(Items(body, "functions")).Select(ToolOf).ToList();
        return new()
        {
            Dialect = isChat ? "openai-chat" : "anthropic-messages",
            Names = Names,
            Messages = messages,
            Tools = tools,
            ToolChoice = ChoiceOf(Member(body, "tool_choice")),
            OutputFormat = FormatOf(body),
            Reasoning = ReasoningOf(body),
        };
    }

    private static Message ChatMessage(JsonElement message)
    {
        var content = ContentOf(Member(message, "content"));
        if (Text(message, "role") is "tool" or "function") return new(Role.User, [new ToolResultPart(Text(message, "tool_call_id") ?? "", content, false)], default);
        var parts = new List<Part>();
        if ((Member(message, "reasoning_content") ?? Member(message, "reasoning")) is { ValueKind: JsonValueKind.String } thought) parts.Add(new ThinkingPart(Spelled(thought)));
        parts.AddRange(content);
        foreach (var call in Items(message, "tool_calls"))
        {
            var function = call.GetProperty("function");
            parts.Add(new ToolCallPart(Text(call, "id") ?? "", Text(function, "name")!, JsonSlice.Of(Encoding.UTF8.GetBytes(Text(function, "arguments") ?? "{}"))));
        }

        return new(RoleOf(message), parts, default) { Name = Member(message, "name") is { ValueKind: JsonValueKind.String } name ? Spelled(name) : null };
    }

    private static List<Part> ContentOf(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.String } text => [new TextPart(Spelled(text))],
        { ValueKind: JsonValueKind.Array } parts => [.. parts.EnumerateArray().Select(PartOf)],
        _ => [],
    };

    private static Part PartOf(JsonElement part)
    {
        var type = Text(part, "type") ?? "";
        switch (type)
        {
            case "text":
                return new TextPart(Spelled(part.GetProperty("text")));
            case "refusal":
                return new RefusalPart(Spelled(part.GetProperty("refusal")));
            case "thinking":
                return new ThinkingPart(Spelled(part.GetProperty("thinking")));
            case "redacted_thinking":
                return new RedactedThinkingPart(Spelled(part.GetProperty("data")), "anthropic-messages");
            case "tool_use":
                return new ToolCallPart(Text(part, "id")!, Text(part, "name")!, Slice(part.GetProperty("input")));
            case "tool_result":
                return new ToolResultPart(Text(part, "tool_use_id")!, ContentOf(Member(part, "content")), false);
            case "image_url":
                var image = part.GetProperty("image_url");
                var address = Text(image, "url")!;
                var comma = address.IndexOf(',', StringComparison.Ordinal);
                return new ImagePart(
                    address.StartsWith("data:", StringComparison.Ordinal) ? Bytes(address[(comma + 1)..]) : new MediaSource.Url(Spelled(image.GetProperty("url"))),
                    Text(image, "detail"));
            case "image":
                return new ImagePart(SourceOf(part.GetProperty("source")));
            case "document":
                return new DocumentPart(SourceOf(part.GetProperty("source")))
                {
                    Extras = Member(part, "citations") is { } citations ? [new Parameter("citations", Slice(citations), true)] : [],
                };
            default:
                return new VendorPart(type, Slice(part));
        }
    }

    private static MediaSource SourceOf(JsonElement source) => Text(source, "type") switch
    {
        "base64" => Bytes(Text(source, "data")!),
        "text" => new MediaSource.Text(Spelled(source.GetProperty("data"))),
        "url" => new MediaSource.Url(Spelled(source.GetProperty("url"))),
        var type => new MediaSource.Vendor(type!, Slice(source)),
    };

    private static MediaSource.Base64 Bytes(string base64) => new("", Encoding.ASCII.GetBytes(base64));

    private static Tool ToolOf(JsonElement tool, int index)
    {
        var type = Text(tool, "type");
        if (type is not (null or "function" or "custom")) return new VendorTool(type, Slice(tool)) { Index = index };
        var function = Member(tool, "function") ?? tool;
        return new FunctionTool(Text(function, "name")!)
        {
            Index = index,
            Description = Member(function, "description") is { ValueKind: JsonValueKind.String } description ? Spelled(description) : null,
            Schema = (Member(function, "parameters") ?? Member(function, "input_schema")) is { ValueKind: JsonValueKind.Object } schema ? Slice(schema) : null,
        };
    }

    private static ToolChoice? ChoiceOf(JsonElement? choice) => choice switch
    {
        { ValueKind: JsonValueKind.String } word => new(word.GetString() switch { "required" => ToolChoiceKind.Required, "none" => ToolChoiceKind.None, _ => ToolChoiceKind.Auto }),
        { ValueKind: JsonValueKind.Object } one => new(Text(one, "type") switch { "any" => ToolChoiceKind.Required, "auto" => ToolChoiceKind.Auto, "none" => ToolChoiceKind.None, _ => ToolChoiceKind.Named }),
        _ => null,
    };

    private static OutputFormat? FormatOf(JsonElement body)
    {
        var format = Member(body, "response_format") ?? Member(body, "output_format") ?? Member(Member(body, "output_config"), "format");
        if (format is not { ValueKind: JsonValueKind.Object } given || Text(given, "type") == "text") return null;
        if (Text(given, "type") == "json_object") return new OutputFormat.JsonObject();
        var named = Member(given, "json_schema") ?? given;
        return new OutputFormat.JsonSchema(
            Slice(named.GetProperty("schema")),
            Member(named, "name") is { } name ? Spelled(name) : null,
            Member(named, "description") is { } description ? Spelled(description) : null,
            null);
    }

    private static Reasoning? ReasoningOf(JsonElement body)
    {
        if (Member(body, "thinking") is { ValueKind: JsonValueKind.Object } thinking) return new(Text(thinking, "type") == "disabled" ? ReasoningMode.Off : ReasoningMode.Adaptive);
        return Text(body, "reasoning_effort") is not null || Member(body, "reasoning") is { ValueKind: JsonValueKind.Object } ? new(ReasoningMode.Adaptive) : null;
    }

    private static Role RoleOf(JsonElement message) => Text(message, "role") switch
    {
        "system" => Role.System,
        "developer" => Role.Developer,
        "assistant" => Role.Assistant,
        _ => Role.User,
    };

    private static JsonText Spelled(JsonElement text) => new(Encoding.UTF8.GetBytes(text.GetRawText()));

    private static JsonSlice Slice(JsonElement value) => JsonSlice.Of(Encoding.UTF8.GetBytes(value.GetRawText()));

    private static JsonElement? Member(JsonElement? value, string name) =>
        value is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : default;

    private static string? Text(JsonElement value, string name) => Member(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long Number(JsonElement value, string name) => Member(value, name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : 0;
}
