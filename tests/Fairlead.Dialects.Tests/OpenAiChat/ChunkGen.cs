using System.Text;
using CsCheck;

namespace Fairlead.Dialects.Tests.OpenAiChat;

/// <summary>
/// Streams made to fool a reader that compares events rather than parsing them: runs of look-alike deltas whose text, padding and
/// neighbours hold quotes, escapes, other members' names, and now and then something that matters after all.
/// </summary>
internal static class ChunkGen
{
    private static readonly string[] Texts =
    [
        "", "a", " word", "\\n", "\\\"", "\\\\", "\\\\\\\"", "\\u0022", "\\ud83d\\ude00", "\u00E9\u20AC\U0001F600", "\\\",\\\"finish_reason\\\":\\\"stop",
        "\\\"obfuscation\\\":\\\"", "obfuscation", "},{", "]}", "\\\"}}]}", "data: [DONE]", "[DONE]", "\\/\\b\\f\\r\\t", "\\u005c", "null", "\\\"error\\\":{}",
    ];

    private static readonly string[] BrokenTexts = ["\\", "\\q", "\\u12", "\\u12g4", "\t", "\u0001", "\"", "a\"b", "\\\\\"", "\",\"finish_reason\":\"stop", "\"},\"finish_reason\":\"stop\",\"x\":{\"y\":\""];

    private static readonly string[] Shapes =
    [
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"content":"#"},"finish_reason":null}]}""",
        """{"id":"i","model":"m","choices":[{"index":0,"delta":{"content":"#"},"logprobs":{"content":[{"token":"t","bytes":[1]}]},"finish_reason":null}],"obfuscation":"~"}""",
        """{"choices":[{"delta":{"content":"#"},"index":0}],"usage":null,"obfuscation":"~","p":"tail"}""",
        """{"choices":[{"delta":{"content":"","reasoning_content":"#"},"index":0}]}""",
        """{"choices":[{"delta":{"role":"assistant","reasoning":"#","content":null},"index":0}],"x":{"obfuscation":"~"}}""",
        """{"a":{"choices":[{"delta":{"content":"no"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9}},"choices":[{"index":0,"delta":{"content":"#"}}],"b":{"error":{"message":"no"}}}""",
        """{"obfuscation":"~","choices":[{"index":0,"delta":{"content":"#"}}]}""",
        """{ "choices" : [ { "index" : 0 , "delta" : { "content" : "#" } } ] }""",
        """{"choices":[{"index":0,"delta":{"\u0063ontent":"#"}}]}""",
        """{"choices":[{"index":0,"delta":{"content":"#"}},{"index":1,"delta":{"content":"~"}}]}""",
        """{"choices":[{"index":1,"delta":{"content":"#"}}]}""",
        """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"#"}}]}}]}""",
        """{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"#"}]}}]}""",
        """{"choices":[{"index":0,"message":{"content":"#"},"delta":{}}]}""",
        """{"choices":[{"index":0,"delta":{"content":"#"},"finish_reason":"~"}]}""",
        """{"choices":[{"index":0,"delta":{"content":"#"}}],"x_groq":{"id":"r"}}""",
        """{"choices":[],"prompt_filter_results":[{"content":"#"}]}""",
    ];

    private static readonly string[] Others =
    [
        """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
        """{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}""",
        """{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}""",
        """{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9}}""",
        """{"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}""",
        """{"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":4}}""",
        """{"choices":[{"index":0,"delta":{}}],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}}""",
        """{"error":null,"choices":[]}""", """{"error":{"message":"x"}}""", "[DONE]", "{", "{}", "[]", "null", "\"x\"", "17",
    ];

    /// <summary>Whole streams, mostly of one shape repeated.</summary>
    public static Gen<string> Streams { get; } = Gen.Select(
        Gen.Int[0, Shapes.Length - 1],
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, 9999], Gen.Int[0, 9999], Gen.Int[0, 9999]).Array[1, 24],
        (shape, events) =>
        {
            var stream = new StringBuilder();
            foreach (var (kind, first, second, third) in events) stream.Append(Event(shape, kind, first, second, third));
            return stream.ToString();
        });

    private static string Event(int shape, int kind, int first, int second, int third)
    {
        var data = kind switch
        {
            < 70 => Fill(shape, Texts[first % Texts.Length], Texts[second % Texts.Length]),
            < 80 => Fill(third % Shapes.Length, Texts[first % Texts.Length], Texts[second % Texts.Length]),
            < 83 => Fill(shape, BrokenTexts[first % BrokenTexts.Length], "p"),
            < 85 => Fill(shape, "t", BrokenTexts[first % BrokenTexts.Length]),
            < 94 => Others[first % Others.Length],
            _ => null,
        };
        return kind switch
        {
            98 => ": comment\n\n",
            99 => "event: error\ndata: " + Fill(shape, "x", "p") + "\n\n",
            97 => "event: message\ndata: " + Fill(shape, "x", "p") + "\n\n",
            96 => "data:" + Fill(shape, "y", "p") + "\r\n\r\n",
            95 => "data: {\ndata: " + Fill(shape, "z", "p")[1..] + "\n\n",
            94 => "\n",
            _ => "data: " + data + "\n\n",
        };
    }

    private static string Fill(int shape, string text, string padding) =>
        Shapes[shape].Replace("~", padding, StringComparison.Ordinal).Replace("#", text, StringComparison.Ordinal);
}
