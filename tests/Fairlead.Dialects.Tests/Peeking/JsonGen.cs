using System.Globalization;
using System.Text;
using CsCheck;

namespace Fairlead.Dialects.Tests.Peeking;

/// <summary>A member of a generated request: its name as it is meant, and its value as it is spelled.</summary>
internal sealed record WrittenMember(string Name, string Spelling);

/// <summary>A chat request as the generator wrote it.</summary>
internal sealed record WrittenRequest(byte[] Body, IReadOnlyList<WrittenMember> Members, string Target, bool AsksForUsage)
{
    public override string ToString() => $"{Encoding.UTF8.GetString(Body)} → {Target}, usage {AsksForUsage}";
}

/// <summary>Random chat requests by an own serializer: members in any order, white space and escapes wherever JSON allows them.</summary>
internal static class JsonGen
{
    private static readonly string[] Words = ["model", "stream", "fairlead.user", "a", "\u00E9\u00E8", "\U0001F600", "\"", "\\", "/", "\n", "\t", "}", "]", ",", ":", "{", "//", "/*", "'", " ", "\u007F", "\u2028", "\u0001", "text of a prompt", ""];

    private static readonly string[] Numbers = ["0", "-0", "1", "-1.5e-7", "123456789012345678901234567890", "1E+300", "0.1"];

    /// <summary>Requests that a strict parser takes.</summary>
    public static Gen<WrittenRequest> Requests { get; } = Gen.Int.Select(seed => Write(new Random(seed)));

    /// <summary>Bodies with one to four bytes changed, cut out, put in or repeated.</summary>
    public static Gen<byte[]> Broken { get; } = Gen.Int.Select(seed =>
    {
        var random = new Random(seed);
        var body = Write(random).Body.ToList();
        var sources = new[] { "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\0", "\n", "/", "'", "\"model\":\"x\",", "\"Model\":\"x\",", "\"\\u006dodel\":\"x\",", "\\u0000", "\u00FF", "//\n", "\"stream\":true,", "\"mod\\u0000el\":1," };
        for (var i = random.Next(1, 5); i > 0 && body.Count > 0; i--)
        {
            var at = random.Next(body.Count);
            switch (random.Next(5))
            {
                case 0:
                    body[at] = (byte)random.Next(256);
                    break;
                case 1:
                    body[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    body.RemoveRange(at, Math.Min(random.Next(1, 9), body.Count - at));
                    break;
                case 3:
                    body.InsertRange(at, Encoding.UTF8.GetBytes(sources[random.Next(sources.Length)]));
                    break;
                default:
                    body.InsertRange(random.Next(body.Count), body.GetRange(at, Math.Min(random.Next(1, 40), body.Count - at)));
                    break;
            }
        }

        return body.ToArray();
    });

    private static WrittenRequest Write(Random random)
    {
        var members = new List<WrittenMember>
        {
            new("model", Text(random, Pick(random, "gpt-5-mini", "openai/gpt-5", "mod\u00E8le \U0001F600", "a\"b\\c", "m"))),
            new("messages", Array(random, 2)),
        };
        void Maybe(string name, Func<string> value)
        {
            if (random.Next(2) == 0) members.Add(new WrittenMember(name, value()));
        }

        Maybe("stream", () => Pick(random, "true", "true", "false", "null"));
        Maybe("stream_options", () => StreamOptions(random));
        Maybe("max_tokens", () => Pick(random, "0", "1", "4096", "9223372036854775807", "null"));
        Maybe("max_completion_tokens", () => Pick(random, "0", "17", "100000", "null"));
        Maybe("n", () => Pick(random, "1", "2", "128", "null"));
        Maybe("tools", () => Pick(random, "null", "[" + Space(random) + "]", Array(random, 2)));
        Maybe("functions", () => Pick(random, "null", "[]", Array(random, 1)));
        Maybe("response_format", () => ResponseFormat(random));
        Maybe("metadata", () => Metadata(random));
        for (var i = random.Next(4); i > 0; i--) members.Add(new WrittenMember("unknown " + i + Pick(random, "", "\u00E9", "\n\"", "\U0001F600"), Value(random, 3)));
        var shuffled = members.OrderBy(_ => random.Next()).ToList();

        var body = new StringBuilder().Append(Space(random)).Append('{');
        for (var i = 0; i < shuffled.Count; i++)
        {
            if (i > 0) body.Append(',');
            // Names that policy reads are spelled plainly: other spellings are refused, and tested elsewhere.
            var name = shuffled[i].Name.StartsWith("unknown", StringComparison.Ordinal) ? Text(random, shuffled[i].Name) : "\"" + shuffled[i].Name + "\"";
            body.Append(Space(random)).Append(name).Append(Space(random)).Append(':').Append(Space(random)).Append(shuffled[i].Spelling).Append(Space(random));
        }

        body.Append('}').Append(Space(random));
        return new WrittenRequest(Encoding.UTF8.GetBytes(body.ToString()), shuffled, Pick(random, "gpt-5-mini", "m", "vendor/other", "\u00FC\"\\\n\U0001F680", "b+c<d>"), random.Next(2) == 0);
    }

    private static string StreamOptions(Random random)
    {
        if (random.Next(6) == 0) return "null";
        var members = new List<(string, string)>();
        if (random.Next(2) == 0) members.Add(("include_usage", Pick(random, "true", "false", "null")));
        if (random.Next(2) == 0) members.Add(("include_obfuscation", "false"));
        if (random.Next(3) == 0) members.Add(("x", Value(random, 1)));
        return Object(random, members, isPlain: true);
    }

    private static string ResponseFormat(Random random)
    {
        if (random.Next(6) == 0) return "null";
        var members = new List<(string, string)>();
        if (random.Next(5) > 0) members.Add(("type", Text(random, Pick(random, "json_schema", "json_object", "text"))));
        if (random.Next(2) == 0) members.Add(("json_schema", Value(random, 2)));
        return Object(random, members, isPlain: true);
    }

    private static string Metadata(Random random)
    {
        if (random.Next(8) == 0) return "null";
        var members = new List<(string, string)>();
        foreach (var claim in new[] { "fairlead.user", "fairlead.feature", "Fairlead.Journey", "fairlead." })
        {
            if (random.Next(3) == 0) members.Add((claim, Text(random, Words[random.Next(Words.Length)])));
        }

        foreach (var kept in new[] { "ticket", "fairlead", "fairleadx", "x.fairlead.user" })
        {
            if (random.Next(4) == 0) members.Add((kept, Value(random, 1)));
        }

        return Object(random, [.. members.OrderBy(_ => random.Next())], isPlain: false);
    }

    private static string Value(Random random, int depth) => random.Next(depth > 0 ? 6 : 4) switch
    {
        0 => Pick(random, "true", "false", "null"),
        1 => Numbers[random.Next(Numbers.Length)],
        2 or 3 => Text(random, string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Words[random.Next(Words.Length)]))),
        4 => Array(random, depth - 1),
        _ => Object(random, [.. Enumerable.Range(0, random.Next(4)).Select(i => (Words[random.Next(Words.Length)] + i.ToString(CultureInfo.InvariantCulture), Value(random, depth - 1)))], isPlain: false),
    };

    private static string Array(Random random, int depth) =>
        "[" + Space(random) + string.Join(Space(random) + "," + Space(random), Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth))) + Space(random) + "]";

    private static string Object(Random random, List<(string Name, string Value)> members, bool isPlain) =>
        "{" + Space(random) + string.Join(Space(random) + "," + Space(random), members.Select(member => (isPlain ? "\"" + member.Name + "\"" : Text(random, member.Name)) + Space(random) + ":" + Space(random) + member.Value)) + Space(random) + "}";

    /// <summary>A string, each character spelled in one of the ways that JSON has for it.</summary>
    private static string Text(Random random, string text)
    {
        var escapesAlways = random.Next(4) == 0;
        var spelled = new StringBuilder("\"");
        foreach (var character in text)
        {
            var code = "\\u" + ((int)character).ToString(random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture);
            if (character is '"' or '\\') spelled.Append(random.Next(2) == 0 ? code : "\\" + character);
            else if (character == '\n') spelled.Append(random.Next(2) == 0 ? code : "\\n");
            else if (character < ' ') spelled.Append(code);
            else if (character == '/' && random.Next(2) == 0) spelled.Append("\\/");
            else if (!char.IsSurrogate(character) && (escapesAlways || random.Next(12) == 0)) spelled.Append(code);
            else spelled.Append(character);
        }

        return spelled.Append('"').ToString();
    }

    private static string Space(Random random) => random.Next(3) > 0 ? "" : Pick(random, " ", "\n", "\t", "\r\n", "   ");

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];
}
