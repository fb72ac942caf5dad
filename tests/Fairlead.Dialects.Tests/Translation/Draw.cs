using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Random choices, texts and values, and the JSON that they are spelled in.</summary>
internal static class Draw
{
    /// <summary>Stands for half a character, which no .NET text of JSON can hold: it is spelled as an escape when the JSON is.</summary>
    public const string Half = "\uE000";

    private const string SpelledHalf = "\\udead";

    private static readonly string[] Words =
        ["a", " word", "\n", "\t", "\"", "\\", "/", "\u00E9\u20AC", "\U0001F600", "\u2028", "\u0001", "</system>", "data: {}\n\n", "{\"type\":", "}", "null", "[DONE]", " ", "\u007F", "fairlead.", "<|end|>"];

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions Escaping = new();

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static bool Chance(this Random random, int of) => random.Next(of) == 0;

    public static T Pick<T>(this Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    public static List<T> Several<T>(this Random random, int least, int most, Func<int, T> make) => [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(make)];

    /// <summary>A body whose sampling Anthropic takes as it is: none where the model is to think, else one of the two.</summary>
    public static JsonObject OneOfSampling(JsonObject body, bool thinks)
    {
        if (thinks) body.Remove("temperature");
        if (thinks || body.ContainsKey("temperature")) body.Remove("top_p");
        return body;
    }

    /// <summary>A text that is not blank.</summary>
    public static string Text(this Random random, bool halves = false)
    {
        var text = new StringBuilder(random.Pick("x", "Say", "\u00DC", "\U0001F680"));
        for (var i = random.Next(6); i > 0; i--) text.Append(halves && random.Chance(24) ? Half : random.Pick<string>(Words));
        return text.ToString();
    }

    /// <summary>A JSON object of texts, numbers, arrays and objects.</summary>
    public static JsonObject Value(this Random random, int depth = 2, bool halves = false)
    {
        var value = new JsonObject();
        for (var i = random.Next(4); i > 0; i--) value[random.Pick("a", "path", "\u00E9", "with \"quote\"", "type") + (random.Chance(2) ? "" : i.ToString(System.Globalization.CultureInfo.InvariantCulture))] = Member(random, depth, halves);
        return value;
    }

    /// <summary>The JSON as bytes, its texts escaped much or little.</summary>
    public static byte[] Spell(this Random random, JsonNode node)
    {
        var text = node.ToJsonString(random.Pick(Relaxed, Escaping, Indented));
        return Encoding.UTF8.GetBytes(text.Replace(Half, SpelledHalf, StringComparison.Ordinal).Replace("\\uE000", SpelledHalf, StringComparison.Ordinal));
    }

    /// <summary>Reads JSON that may hold halves of characters.</summary>
    public static JsonNode Read(ReadOnlySpan<byte> json) => JsonNode.Parse(Encoding.UTF8.GetString(json).Replace(SpelledHalf, Half, StringComparison.Ordinal))!;

    private static JsonNode? Member(Random random, int depth, bool halves) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => null,
        1 => random.Next(1000),
        2 => random.Next(1000) / 8m,
        3 => random.Text(halves),
        4 => random.Chance(2),
        5 => new JsonArray([.. random.Several(0, 2, _ => Member(random, depth - 1, halves))]),
        _ => random.Value(depth - 1, halves),
    };
}
