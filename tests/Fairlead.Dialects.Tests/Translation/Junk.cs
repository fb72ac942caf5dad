using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>What nobody should send.</summary>
internal static class Junk
{
    private const string Mark = "@@junk@@";

    /// <summary>JSON values of every type, at their edges.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [
        "null", "true", "false", "0", "-1", "1", "0.5", "1e400", "-1E-400", "9223372036854775808", "123456789012345678901234567890",
        "\"\"", "\" \"", "\"x\"", "\"\\udead\"", "\"\\u0000\\\"\"", "\"{\"", "\"{}\"", "\"null\"", "\"data:text/plain;base64,!\"", "\"data:;base64,\"", "\"fairlead.\"", "\"fairlead.x:\"",
        "[]", "[[]]", "[null]", "[0]", "[\"x\"]", "[{}]", "{}", "{\"type\":\"text\"}", "{\"type\":null}", "{\"\\udead\":0}", "[{\"type\":\"function\"}]", "[{\"role\":\"user\",\"content\":[0]}]",
        Nested(100), Nested(300), "{\"a\":" + Nested(100) + "}",
    ];

    /// <summary>A body with each of its values, one after the other, replaced by each of the junk ones.</summary>
    public static IEnumerable<string> InPlaceOfEach(string body)
    {
        foreach (var value in Values) yield return value;
        foreach (var path in Paths(JsonNode.Parse(body)!, []).ToList())
        {
            var holed = Holed(body, path);
            foreach (var value in Values) yield return holed.Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
        }
    }

    /// <summary>Bytes with one to four of them changed, cut out, put in or repeated, or with their end cut off.</summary>
    public static byte[] Mutated(Random random, byte[] bytes)
    {
        var mutated = bytes.ToList();
        if (random.Chance(4)) return bytes[..random.Next(bytes.Length)];
        for (var i = random.Next(1, 5); i > 0 && mutated.Count > 0; i--)
        {
            var at = random.Next(mutated.Count);
            switch (random.Next(5))
            {
                case 0:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 1:
                    mutated.RemoveRange(at, Math.Min(random.Next(1, 9), mutated.Count - at));
                    break;
                case 2:
                    mutated.InsertRange(at, Encoding.UTF8.GetBytes(random.Pick("\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\n\n", "\r", "\\udead", "null", "1e999", "data: ", "event: error\n", "\0", "\u00FF")));
                    break;
                case 3:
                    mutated.InsertRange(at, Encoding.UTF8.GetBytes(Values[random.Next(Values.Count)]));
                    break;
                default:
                    mutated.InsertRange(random.Next(mutated.Count), mutated.GetRange(at, Math.Min(random.Next(1, 60), mutated.Count - at)));
                    break;
            }
        }

        return [.. mutated];
    }

    public static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] to)
    {
        if (to.Length > 0) yield return to;
        var inner = node switch
        {
            JsonObject members => members.SelectMany(member => Paths(member.Value, [.. to, member.Key])),
            JsonArray items => items.SelectMany((item, i) => Paths(item, [.. to, i])),
            _ => [],
        };
        foreach (var path in inner) yield return path;
    }

    private static string Holed(string body, object[] path)
    {
        var root = JsonNode.Parse(body)!;
        var node = root;
        foreach (var step in path[..^1]) node = step is string name ? node[name]! : node[(int)step]!;
        if (path[^1] is string last) node[last] = Mark;
        else node[(int)path[^1]] = Mark;
        return root.ToJsonString();
    }
}
