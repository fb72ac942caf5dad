using System.Text;
using System.Text.RegularExpressions;
using Fairlead.Core.Classification;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.OpenAiChat;

namespace Fairlead.Dialects.Tests.Content;

public sealed class BodyContentTests
{
    private const int LargestBody = 32 * 1024 * 1024;

    /// <summary>What stands in the messages, and the text of each that rules see.</summary>
    public static TheoryData<string, string[]> ChatMessages => new()
    {
        { """[]""", [] },
        { """[{"role":"user","content":"Hello"}]""", ["Hello"] },
        { """[{"role":"system","content":"S"},{"role":"developer","content":"D"},{"role":"user","content":"U"},{"role":"assistant","content":"A"},{"role":"tool","tool_call_id":"t","content":"T"},{"role":"function","name":"f","content":"F"},{"role":"user","content":"V"}]""", ["S", "D", "U", "V"] },
        { """[{"content":"late role","role":"user"},{"content":"the model's","role":"assistant"}]""", ["late role"] },
        { """[{"role":"user","content":[{"type":"text","text":"one"},{"text":"two","type":"text"},{"type":"image_url","image_url":{"url":"data:x","text":"no"}}]}]""", ["one\ntwo"] },
        { """[{"role":"assistant","content":[{"type":"text","text":"no"}]},{"role":"user","content":[{"type":"text","text":"yes"}]}]""", ["yes"] },
        { """[{"role":"user","content":null},{"role":"user","content":""},{"role":"user"},{"role":"user","content":7}]""", [] },
        { """[{"role":"us\u0065r","content":"r"},{"\u0072ole":"\u0061ssistant","content":"no"},{"role":"user","c\u006fntent":"c"},{"role":"user","content":[{"type":"text","te\u0078t":"t"}]}]""", ["r", "c", "t"] },
        { """[{"role":"user","content":"\u00e9 \ud83d\ude00 \"q\" \\ \/ \b\f\n\r\t é 😀"}]""", ["\u00E9 \U0001F600 \"q\" \\ / \b\f\n\r\t \u00E9 \U0001F600"] },
        { """[{"role":"user","name":"n","content":"x","tool_calls":[{"function":{"name":"f","arguments":"no"}}]}]""", ["x"] },
        { """[{"role":"critic","content":"a role that nobody knows"},{"content":"no role"}]""", ["a role that nobody knows", "no role"] },
        { """[{"role":"assistant","role":"user","content":"twice","content":"over"}]""", ["twice\nover"] },
        { """[{"role":"user","content":["bare",{"type":"text","text":"part"}]}]""", ["bare\npart"] },
        { """["text",7,null,{"role":"user","content":"x"},[{"role":"user","content":"no"}]]""", ["x"] },
        { """[{"role":"user","content":"before"},{"role":"user","content":"x",},{"role":"user","content":"behind"}]""", ["before", "x"] }, // a break ends the reading
        { """[{"role":"user","content":"bad \x escape"},{"role":"user","content":"behind"}]""", [] },
        { """[{"role":"user","content":[{"type":"text","text":"before"},{"type" "text"}]}]""", ["before"] },
        { """[{"\ud800":1,"role":"user","content":"half a pair in a name"}]""", ["half a pair in a name"] },
    };

    [Theory]
    [MemberData(nameof(ChatMessages))]
    public void Text_OfChatMessages_IsSystemAndUserText(string messages, string[] expected) => AssertTexts(Chat($"\"messages\":{messages}"), expected);

    /// <summary>What stands in the body, and the text that rules see.</summary>
    public static TheoryData<string, string[]> MessagesBodies => new()
    {
        { """ "messages":[{"role":"user","content":"Hello"}] """, ["Hello"] },
        { """ "system":"S","messages":[{"role":"user","content":"U"},{"role":"assistant","content":"A"}] """, ["S", "U"] },
        { """ "messages":[{"role":"user","content":"U"}],"system":[{"type":"text","text":"one"},{"type":"text","text":"two","cache_control":{"type":"ephemeral"}}] """, ["one\ntwo", "U"] },
        { """ "system":null,"messages":[] """, [] },
        { """ "messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"no"},{"type":"tool_result","tool_use_id":"u","content":[{"type":"text","text":"no"}]},{"type":"text","text":"yes"}]}] """, ["yes"] },
        { """ "messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"no","signature":"s"},{"type":"text","text":"no"},{"type":"tool_use","id":"t","name":"n","input":{"text":"no"}}]}] """, [] },
        { """ "tools":[{"name":"n","description":"no","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"x"}] """, ["x"] },
        { """ "system":"\u00e9\u00E9","messages":[{"role":"user","content":"x"}] """, ["\u00E9\u00E9", "x"] },
    };

    [Theory]
    [MemberData(nameof(MessagesBodies))]
    public void Text_OfMessagesBodies_IsSystemAndUserText(string members, string[] expected) => AssertTexts(Messages(members), expected);

    [Fact]
    public void Text_HalfAPairAndBytesThatAreNotUtf8_AreReadAllTheSame()
    {
        byte[] body = [.. "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"phi \\ud83d "u8, 0xFF, 0xC3, .. " \\ude00\\ud83d\\ude00\"}]}"u8];
        using var content = Of(ChatDialect.Instance, body);

        Assert.Equal(11, content.TextLength); // a pair is one, a half is one, a byte that is no character is one
        Assert.True(content.Mentions(new PhraseSet(["phi"])));
    }

    [Theory]
    [InlineData("phi", true)]
    [InlineData("PHI", true)]
    [InlineData("ph", false)]
    [InlineData("medical record", true)]
    [InlineData("end of one", true)]
    [InlineData("one start", true)] // two parts of one message
    [InlineData("two next", false)] // two messages
    [InlineData("assistant said", false)]
    [InlineData("caf\u00E9", true)]
    [InlineData("caf", false)]
    public void Mentions_InTheMessages_AsWholeWords(string phrase, bool isMentioned)
    {
        using var content = Chat(
            "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"the phi, a medical\\n\\trecord, end of one\"},{\"type\":\"text\",\"text\":\"start of two\"}]},"
            + "{\"role\":\"assistant\",\"content\":\"assistant said\"},{\"role\":\"user\",\"content\":\"next: caf\\u00e9\"}]");

        Assert.Equal(isMentioned, content.Mentions(new PhraseSet([phrase])));
        Assert.Equal(isMentioned, content.Mentions(new PhraseSet(["nowhere to be found", phrase, "nor this"])));
    }

    [Fact]
    public void Matches_IsWithinOneMessage()
    {
        using var content = Chat("\"messages\":[{\"role\":\"user\",\"content\":\"one 12\"},{\"role\":\"user\",\"content\":\"34 two\"}]");

        Assert.True(content.Matches(Pattern(@"^one \d+$")));
        Assert.True(content.Matches(Pattern("^34")));
        Assert.False(content.Matches(Pattern("12.?34")));
        Assert.False(content.Matches(Pattern("three")));
    }

    [Theory]
    [InlineData("```\\ncode\\n```", true)]
    [InlineData("Look:\\n  ```python\\nx\\n```", true)]
    [InlineData("Look:\\r\\n\\t~~~\\nx", true)]
    [InlineData("run ```x``` inline", false)]
    [InlineData("``\\n~~", false)]
    [InlineData("a ``` b\\n``` c", true)]
    [InlineData("", false)]
    public void HasCodeFence_IsALineThatBeginsOne(string text, bool hasFence)
    {
        using var content = Chat($"\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}]");

        Assert.Equal(hasFence, content.HasCodeFence);
    }

    [Theory]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a/b"}}]}""", true)]
    [InlineData("""{"role":"user","content":[{"image_url":{"url":"https://a/b"},"type":"im\u0061ge_url"}]}""", true)]
    [InlineData("""{"role":"assistant","content":[{"type":"image","source":{}}]}""", true)]
    [InlineData("""{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"t"},{"type":"image","source":{}}]}]}""", true)]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"image_url"}]}""", false)]
    [InlineData("""{"role":"user","content":"type image"}""", false)]
    [InlineData("""{"role":"user","content":[{"type":7}]}""", false)]
    public void HasImages_IsWhetherAMessageHasOne(string message, bool hasImages)
    {
        using var chat = Chat($"\"messages\":[{message}]");
        using var messages = Messages($"\"messages\":[{message}]");

        Assert.Equal((hasImages, hasImages), (chat.HasImages, messages.HasImages));
    }

    [Theory]
    [InlineData("""[{"type":"function","function":{"name":"one","parameters":{"name":"no"}}},{"function":{"description":"d","name":"tw\u006f"},"type":"function"},{"type":"custom","custom":{"name":"three"}},{"type":"web_search"}]""", new[] { "one", "two", "three" })]
    [InlineData("""[{"name":"one","input_schema":{"properties":{"name":{}}}},{"type":"web_search_20250305","name":"web_search"}]""", new[] { "one", "web_search" })]
    [InlineData("""[{"name":""},{"name":7},7,{"name":"one"},{"name":"one"}]""", new[] { "one", "one" })]
    [InlineData("""[{"name":"one"},{"name" "two"}]""", new[] { "one" })]
    [InlineData("[]", new string[0])]
    public void ToolNames_AreThoseOfTheList(string tools, string[] expected)
    {
        using var chat = Chat($"\"messages\":[],\"tools\":{tools}");
        using var messages = Messages($"\"messages\":[],\"tools\":{tools}");

        Assert.Equal(expected, chat.ToolNames);
        Assert.Equal(expected, messages.ToolNames);
    }

    [Fact]
    public void ToolNames_OfFunctions_StandBehindThoseOfTools()
    {
        using var content = Chat("""  "functions":[{"name":"old"}],"messages":[],"tools":[{"type":"function","function":{"name":"new"}}]  """);

        Assert.Equal(["new", "old"], content.ToolNames);
    }

    [Fact]
    public void ToolNames_ManyAndLong_AreBounded()
    {
        var tools = string.Join(',', Enumerable.Range(0, 200).Select(i => $"{{\"name\":\"n{i}\"}}"));
        using var many = Chat($"\"messages\":[],\"tools\":[{{\"name\":\"{new string('x', 129)}\"}},{{\"name\":\"{new string('y', 128)}\"}},{tools}]");

        Assert.Equal(128, many.ToolNames.Count);
        Assert.Equal([new string('y', 128), "n0"], many.ToolNames.Take(2));
    }

    [Fact]
    public void Metadata_IsItsTextsWithoutClaims()
    {
        const string Members = """ "messages":[],"metadata":{"a":"1","fairlead.user":"u","Fairlead.Feature":"f","n":7,"o":{"a":"no"},"\u0065":"\u00e9","a":"2"} """;
        using var chat = Chat(Members);
        using var messages = Messages(Members);

        Assert.Equal([("a", "2"), ("e", "\u00E9")], chat.Metadata.Select(member => (member.Key, member.Value)));
        Assert.Equal(chat.Metadata, messages.Metadata);
    }

    [Fact]
    public void Metadata_ManyAndLong_IsBounded()
    {
        var members = string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"k{i}\":\"v\""));
        using var content = Chat($"\"messages\":[],\"metadata\":{{\"long\":\"{new string('x', 513)}\",\"{new string('k', 65)}\":\"v\",\"most\":\"{new string('x', 512)}\",{members}}}");

        Assert.Equal(16, content.Metadata.Count);
        Assert.Equal(["most", "k0"], content.Metadata.Keys.Take(2));
    }

    [Fact]
    public void PromptTokens_CountTextToolsAndSchema()
    {
        const string Text = "\"messages\":[{\"role\":\"user\",\"content\":\"one two three four five six seven eight nine ten\"}]";
        using var text = Chat(Text);
        using var tool = Chat(Text + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"place\":{\"type\":\"string\"}}}}}]");
        using var schema = Chat(Text + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":{\"type\":\"object\",\"properties\":{\"place\":{\"type\":\"string\"}}}}}");

        Assert.InRange(text.PromptTokens, 10, 80);
        Assert.True(tool.PromptTokens > text.PromptTokens + 10);
        Assert.True(schema.PromptTokens > text.PromptTokens + 10);
    }

    [Fact]
    public void PromptTokens_WithoutCanonicalForm_AreAQuarterOfTheBytes()
    {
        using var content = Chat("\"messages\":[{\"role\":\"user\",\"content\":\"aaaa\",}]"); // a comma too much: no reader takes it

        Assert.Equal(9, content.PromptTokens); // 35 bytes
    }

    [Fact]
    public void Reading_NothingAsked_AllocatesTheObjectAlone()
    {
        var body = Encoding.UTF8.GetBytes(Body($"\"messages\":[{{\"role\":\"user\",\"content\":\"{new string('x', 1024 * 1024)}\"}}],\"tools\":[{{\"name\":\"n\"}}],\"metadata\":{{\"a\":\"b\"}}"));
        Assert.True(ChatDialect.Instance.TryPeek(body, out var peek, out _));
        ChatDialect.Instance.Content(peek).Dispose();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var content = ChatDialect.Instance.Content(peek);
        content.Dispose();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 1, 128);
    }

    [Fact]
    public void Reading_AgainAndAgain_AllocatesNothing()
    {
        using var content = Chat($"\"messages\":[{{\"role\":\"user\",\"content\":\"{new string('x', 100_000)} phi\"}}]");
        var phrases = new PhraseSet(["phi"]);
        var absent = new PhraseSet(["pii", "no such words"]);
        Read();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Read();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Read()
        {
            if (!content.Mentions(phrases) || content.Mentions(absent) || content.TextLength != 100_004 || content.HasCodeFence || content.HasImages) throw new InvalidOperationException();
        }
    }

    [Fact]
    public void Reading_TheLargestBody_FindsItsLastWord()
    {
        // As many messages as fit into one half, escapes everywhere in the other: neither takes more than time in proportion to the body.
        const string Message = "{\"role\":\"user\",\"content\":\"a\\n\\u00e9 b\"},";
        const string Text = "aaaa \\n \\\\ phila \\ud83d\\ude00 delphi ";
        var messages = string.Concat(Enumerable.Repeat(Message, LargestBody / 2 / Message.Length));
        var text = string.Concat(Enumerable.Repeat(Text, (LargestBody / 2 / Text.Length) - 10));
        using var content = Chat("\"messages\":[" + messages + "{\"role\":\"user\",\"content\":\"" + text + "phi\"}]");

        Assert.True(content.Mentions(new PhraseSet(["aaaa phi", "phi"])));
        Assert.Equal((5L * (LargestBody / 2 / Message.Length)) + (24L * ((LargestBody / 2 / Text.Length) - 10)) + 3, content.TextLength);
        Assert.Equal(((messages.Length + text.Length + 35 + 3) / 4) + 1, content.PromptTokens, 2d); // too many pieces for more than arithmetic
    }

    [Fact]
    public void Reading_AfterDispose_Throws_ForTheBodyMayBeAnothers()
    {
        var read = Chat("\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]");
        Assert.True(read.Mentions(new PhraseSet(["x"])));
        read.Dispose();
        read.Dispose();

        Assert.Throws<ObjectDisposedException>(() => read.Mentions(new PhraseSet(["x"])));
        Assert.Throws<ObjectDisposedException>(() => read.TextLength);
        Assert.Throws<ObjectDisposedException>(() => read.PromptTokens);
        Assert.Throws<ObjectDisposedException>(() => read.Metadata);
    }

    private static void AssertTexts(BodyContent content, string[] expected)
    {
        using (content)
        {
            Assert.Equal(expected.Sum(text => (long)text.EnumerateRunes().Count()) - expected.Sum(text => (long)Joints(text)), content.TextLength);
            foreach (var text in expected) Assert.True(content.Matches(Pattern("\\A" + Regex.Escape(text) + "\\z")), text);
        }
    }

    /// <summary>Line ends that stand between parts: in these bodies, those between two letters.</summary>
    private static int Joints(string text) => Regex.Count(text, "(?<=[a-z])\n(?=[a-z])");

    private static Regex Pattern(string pattern) => new(pattern, RegexOptions.NonBacktracking);

    private static BodyContent Chat(string members) => Of(ChatDialect.Instance, Encoding.UTF8.GetBytes(Body(members)));

    private static BodyContent Messages(string members) => Of(MessagesDialect.Instance, Encoding.UTF8.GetBytes(Body("\"max_tokens\":7," + members)));

    private static string Body(string members) => "{\"model\":\"m\"," + members + "}";

    private static BodyContent Of(IDialect dialect, byte[] body)
    {
        Assert.True(dialect.TryPeek(body, out var peek, out var defect), defect.Message);
        return dialect.Content(peek);
    }
}
