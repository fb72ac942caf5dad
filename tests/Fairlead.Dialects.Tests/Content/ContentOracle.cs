using System.Globalization;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Content;

/// <summary>What rules may read of a body, read by the test's own means: a whole document, and its members by name.</summary>
internal sealed record ContentOracle(IReadOnlyList<string> Messages, bool HasImages, IReadOnlyList<string> ToolNames, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Text elements do not matter to a rule, code points do.</summary>
    public long Characters { get; private init; }

    public static ContentOracle Of(JsonNode body)
    {
        var parts = new List<List<string>>();
        if (body["system"] is { } system) parts.Add(Texts(system));
        var messages = body["messages"]!.AsArray();
        foreach (var message in messages)
        {
            if (message!["role"]!.GetValue<string>() is "system" or "developer" or "user") parts.Add(Texts(message["content"]));
        }

        var tools = (body["tools"]?.AsArray() ?? []).Select(tool => tool!["function"]?["name"] ?? tool["custom"]?["name"] ?? tool["name"]);
        var functions = (body["functions"]?.AsArray() ?? []).Select(function => function!["name"]);
        return new ContentOracle(
            [.. parts.Where(part => part.Count > 0).Select(part => string.Join('\n', part))],
            messages.Any(message => HasImage(message!["content"])),
            [.. tools.Concat(functions).OfType<JsonValue>().Select(name => name.GetValue<string>())],
            (body["metadata"]?.AsObject() ?? []).Where(member => member.Value is JsonValue value && value.TryGetValue<string>(out _)).ToDictionary(member => member.Key, member => member.Value!.GetValue<string>()))
        {
            Characters = parts.SelectMany(part => part).Sum(text => (long)text.EnumerateRunes().Count()),
        };
    }

    /// <summary>Some words of the text, each with whether it is one of the whole.</summary>
    public IEnumerable<string> Words() => Messages
        .SelectMany(message => message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        .Where(word => word.Length < 40 && word.All(character => char.GetUnicodeCategory(character) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter))
        .Distinct();

    private static List<string> Texts(JsonNode? content) => content switch
    {
        JsonValue text when text.TryGetValue<string>(out var whole) => whole.Length > 0 ? [whole] : [],
        JsonArray array => [.. array.Where(part => part?["type"]?.GetValue<string>() == "text").Select(part => part!["text"]!.GetValue<string>()).Where(text => text.Length > 0)],
        _ => [],
    };

    private static bool HasImage(JsonNode? content) => content is JsonArray array
        && array.Any(part => part is JsonObject one && (one["type"]?.GetValue<string>() is "image" or "image_url" || (one["type"]?.GetValue<string>() == "tool_result" && HasImage(one["content"]))));
}
