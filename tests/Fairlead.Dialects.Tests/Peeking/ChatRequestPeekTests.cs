using System.Text;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Peeking;

namespace Fairlead.Dialects.Tests.Peeking;

/// <summary>What the peek reads, and what it refuses with which code and member.</summary>
public sealed class ChatRequestPeekTests
{
    private const string Rest = "\"model\":\"m\",\"messages\":[]";

    /// <summary>Body → code, member.</summary>
    public static TheoryData<string, string, string?> Refused => new()
    {
        // structure
        { "", "invalid_json", null },
        { " \r\n\t ", "invalid_json", null },
        { "null", "invalid_json", null },
        { "[]", "invalid_json", null },
        { "\"model\"", "invalid_json", null },
        { "42", "invalid_json", null },
        { "{", "invalid_json", null },
        { "{\"model\"", "invalid_json", null },
        { "{\"model\":", "invalid_json", null },
        { "{\"model\":\"m", "invalid_json", null },
        { "{\"model\":\"m\\\"}", "invalid_json", null },
        { "{\"model\":\"m\\", "invalid_json", null },
        { "{" + Rest, "invalid_json", null },
        { "{" + Rest + ",}", "invalid_json", null },
        { "{," + Rest + "}", "invalid_json", null },
        { "{" + Rest + "}}", "invalid_json", null },
        { "{" + Rest + "}{" + Rest + "}", "invalid_json", null },
        { "{" + Rest + "} x", "invalid_json", null },
        { "{" + Rest + "}\0", "invalid_json", null },
        { "{" + Rest + "},", "invalid_json", null },
        { "\uFEFF{" + Rest + "}", "invalid_json", null },
        { "\u00A0{" + Rest + "}", "invalid_json", null },
        { "{\"model\" \"m\",\"messages\":[]}", "invalid_json", null },
        { "{\"model\":\"m\" \"messages\":[]}", "invalid_json", null },
        { "{\"model\"::\"m\",\"messages\":[]}", "invalid_json", null },
        { "{\"model\":\"m\",,\"messages\":[]}", "invalid_json", null },
        { "{\"model\":\"m\";\"messages\":[]}", "invalid_json", null },
        { "{model:\"m\",\"messages\":[]}", "invalid_json", null },
        { "{'model':'m','messages':[]}", "invalid_json", null },
        { "{1:2," + Rest + "}", "invalid_json", null },
        { "{\"a\":," + Rest + "}", "invalid_json", null },
        { "{\"a\":nul," + Rest + "}", "invalid_json", null },
        { "{\"a\":True," + Rest + "}", "invalid_json", null },
        { "{\"a\":NaN," + Rest + "}", "invalid_json", null },
        { "{\"a\":Infinity," + Rest + "}", "invalid_json", null },
        { "{\"a\":+1," + Rest + "}", "invalid_json", null },
        { "{\"a\":.5," + Rest + "}", "invalid_json", null },
        { "{\"a\":0x10," + Rest + "}", "invalid_json", null },
        { "{\"a\":undefined," + Rest + "}", "invalid_json", null },
        { "{\"a\":'x'," + Rest + "}", "invalid_json", null },
        { "{\"a\":1/*c*/," + Rest + "}", "invalid_json", null },
        { "{/*c*/" + Rest + "}", "invalid_json", null },
        { "{" + Rest + "//c\n}", "invalid_json", null },
        { "{\"a\":#1," + Rest + "}", "invalid_json", null },

        // within values: what a lenient parser would read otherwise
        { "{\"model\":\"m\",\"messages\":[/*]*/]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[//\n]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[{'role':\"user\"}]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[{role:\"user\"}]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[`x`]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[\\\"x\"]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[\u00A0]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[}]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[{]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[{\"a\":[}]}", "invalid_json", null },
        { "{\"model\":\"m\",\"messages\":[\"x]}", "invalid_json", null },

        // missing
        { "{}", "missing_member", "model" },
        { "{\"messages\":[]}", "missing_member", "model" },
        { "{\"model\":\"m\"}", "missing_member", "messages" },

        // twice
        { "{" + Rest + ",\"model\":\"m\"}", "duplicate_member", "model" },
        { "{" + Rest + ",\"messages\":[]}", "duplicate_member", "messages" },
        { "{\"stream\":true," + Rest + ",\"stream\":false}", "duplicate_member", "stream" },
        { "{\"n\":1,\"n\":1," + Rest + "}", "duplicate_member", "n" },
        { "{\"tools\":[],\"tools\":[]," + Rest + "}", "duplicate_member", "tools" },
        { "{\"functions\":[],\"functions\":[]," + Rest + "}", "duplicate_member", "functions" },
        { "{\"max_tokens\":1,\"max_tokens\":1," + Rest + "}", "duplicate_member", "max_tokens" },
        { "{\"max_completion_tokens\":1,\"max_completion_tokens\":1," + Rest + "}", "duplicate_member", "max_completion_tokens" },
        { "{\"stream_options\":{},\"stream_options\":{}," + Rest + "}", "duplicate_member", "stream_options" },
        { "{\"response_format\":{},\"response_format\":{}," + Rest + "}", "duplicate_member", "response_format" },
        { "{\"metadata\":{},\"metadata\":{}," + Rest + "}", "duplicate_member", "metadata" },
        { "{\"stream_options\":{\"include_usage\":true,\"include_usage\":true}," + Rest + "}", "duplicate_member", "stream_options.include_usage" },
        { "{\"response_format\":{\"type\":\"text\",\"type\":\"text\"}," + Rest + "}", "duplicate_member", "response_format.type" },
        { "{\"metadata\":{\"fairlead.user\":\"a\",\"fairlead.user\":\"b\"}," + Rest + "}", "duplicate_member", "metadata.fairlead.user" },
        { "{\"metadata\":{\"fairlead.user\":\"a\",\"Fairlead.user\":\"b\"}," + Rest + "}", "duplicate_member", "metadata.Fairlead.user" },

        // spelled so that parsers differ
        { "{\"\\u006dodel\":\"m\",\"messages\":[]}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"\\u006dodel\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"\\u006D\\u006f\\u0064\\u0065\\u006c\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"Model\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"MODEL\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"\\u004dodel\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"\u017Ftream\":true}", "ambiguous_member", "stream" },
        { "{" + Rest + ",\"\\u017ftream\":true}", "ambiguous_member", "stream" },
        { "{" + Rest + ",\"max_to\u212Aens\":1}", "ambiguous_member", "max_tokens" },
        { "{" + Rest + ",\"N\":2}", "ambiguous_member", "n" },
        { "{" + Rest + ",\"tool\\u0073\":[]}", "ambiguous_member", "tools" },
        { "{" + Rest + ",\"model\\u0000\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"model\\u0000tail\":\"x\"}", "ambiguous_member", "model" },
        { "{" + Rest + ",\"stream_options\":{\"Include_usage\":true}}", "ambiguous_member", "stream_options.include_usage" },
        { "{" + Rest + ",\"stream_options\":{\"\\u0069nclude_usage\":true}}", "ambiguous_member", "stream_options.include_usage" },
        { "{" + Rest + ",\"response_format\":{\"t\\u0079pe\":\"json_schema\"}}", "ambiguous_member", "response_format.type" },

        // names that are no strings: parsers that drop or keep the broken part read different names
        { "{" + Rest + ",\"\\model\":\"x\"}", "invalid_json", null },
        { "{" + Rest + ",\"mo\\ud800del\":\"x\"}", "invalid_json", null },
        { "{" + Rest + ",\"mod\\u00\":\"x\"}", "invalid_json", null },
        { "{" + Rest + ",\"mo\ndel\":\"x\"}", "invalid_json", null },

        // types
        { "{\"model\":null,\"messages\":[]}", "invalid_type", "model" },
        { "{\"model\":1,\"messages\":[]}", "invalid_type", "model" },
        { "{\"model\":[\"m\"],\"messages\":[]}", "invalid_type", "model" },
        { "{\"model\":{},\"messages\":[]}", "invalid_type", "model" },
        { "{\"model\":true,\"messages\":[]}", "invalid_type", "model" },
        { "{\"model\":\"m\",\"messages\":null}", "invalid_type", "messages" },
        { "{\"model\":\"m\",\"messages\":{}}", "invalid_type", "messages" },
        { "{\"model\":\"m\",\"messages\":\"hi\"}", "invalid_type", "messages" },
        { "{\"stream\":\"true\"," + Rest + "}", "invalid_type", "stream" },
        { "{\"stream\":1," + Rest + "}", "invalid_type", "stream" },
        { "{\"stream\":[]," + Rest + "}", "invalid_type", "stream" },
        { "{\"stream_options\":true," + Rest + "}", "invalid_type", "stream_options" },
        { "{\"stream_options\":[]," + Rest + "}", "invalid_type", "stream_options" },
        { "{\"stream_options\":{\"include_usage\":1}," + Rest + "}", "invalid_type", "stream_options.include_usage" },
        { "{\"stream_options\":{\"include_usage\":\"true\"}," + Rest + "}", "invalid_type", "stream_options.include_usage" },
        { "{\"max_tokens\":\"5\"," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":-1," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":1.5," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":1e3," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":010," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":1-2," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":9223372036854775808," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":99999999999999999999999999999999999999," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":true," + Rest + "}", "invalid_type", "max_tokens" },
        { "{\"max_completion_tokens\":[]," + Rest + "}", "invalid_type", "max_completion_tokens" },
        { "{\"max_completion_tokens\":-5," + Rest + "}", "invalid_type", "max_completion_tokens" },
        { "{\"n\":0," + Rest + "}", "invalid_type", "n" },
        { "{\"n\":-1," + Rest + "}", "invalid_type", "n" },
        { "{\"n\":129," + Rest + "}", "invalid_type", "n" },
        { "{\"n\":1.5," + Rest + "}", "invalid_type", "n" },
        { "{\"n\":\"2\"," + Rest + "}", "invalid_type", "n" },
        { "{\"tools\":{}," + Rest + "}", "invalid_type", "tools" },
        { "{\"tools\":\"x\"," + Rest + "}", "invalid_type", "tools" },
        { "{\"functions\":1," + Rest + "}", "invalid_type", "functions" },
        { "{\"response_format\":\"json\"," + Rest + "}", "invalid_type", "response_format" },
        { "{\"response_format\":[]," + Rest + "}", "invalid_type", "response_format" },
        { "{\"response_format\":{\"type\":1}," + Rest + "}", "invalid_type", "response_format.type" },
        { "{\"metadata\":[]," + Rest + "}", "invalid_type", "metadata" },
        { "{\"metadata\":\"x\"," + Rest + "}", "invalid_type", "metadata" },
        { "{\"metadata\":{\"fairlead.user\":1}," + Rest + "}", "invalid_type", "metadata.fairlead.user" },
        { "{\"metadata\":{\"fairlead.user\":null}," + Rest + "}", "invalid_type", "metadata.fairlead.user" },
        { "{\"metadata\":{\"fairlead.user\":\"" + new string('u', 1025) + "\"}," + Rest + "}", "invalid_type", "metadata.fairlead.user" },

        // values
        { "{\"model\":\"\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"" + new string('m', 257) + "\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\\u0000b\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\\nb\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\nb\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\\ud800b\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\\udc00\\ud800b\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\\qb\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"model\":\"a\\u00g0\",\"messages\":[]}", "invalid_value", "model" },
        { "{\"metadata\":{\"pad\":\"" + new string('x', 64 * 1024) + "\"}," + Rest + "}", "invalid_value", "metadata" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void TryRead_BadBody_IsRefusedWithCodeAndMember(string body, string code, string? member)
    {
        var isRead = ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes(body), out var peek, out var defect);

        Assert.False(isRead);
        Assert.Null(peek);
        Assert.Equal((code, member), (defect.Code, defect.Member));
        Assert.NotEqual("", defect.Message);
    }

    public static TheoryData<string> NotUtf8 => ["6D6F64FF656C", "6D6F64C080656C", "6D6F64EDA080656C", "FF6D6F64656C"];

    [Theory]
    [MemberData(nameof(NotUtf8))]
    public void TryRead_NameOfInvalidUtf8_IsRefused(string hex)
    {
        byte[] body = [.. "{\"model\":\"m\",\"messages\":[],\""u8, .. Convert.FromHexString(hex), .. "\":1}"u8];

        Assert.False(ChatRequestPeek.TryRead(body, out _, out var defect));
        Assert.Equal(("invalid_json", null), (defect.Code, defect.Member));
    }

    [Theory]
    [MemberData(nameof(NotUtf8))]
    public void TryRead_ModelOfInvalidUtf8_IsRefused(string hex)
    {
        byte[] body = [.. "{\"messages\":[],\"model\":\""u8, .. Convert.FromHexString(hex), .. "\"}"u8];

        Assert.False(ChatRequestPeek.TryRead(body, out _, out var defect));
        Assert.Equal(("invalid_value", "model"), (defect.Code, defect.Member));
    }

    [Theory]
    [InlineData(127, true)]  // 128 levels, with the outermost object
    [InlineData(128, false)]
    [InlineData(100_000, false)]
    public void TryRead_DeepBody_IsTakenUpTo128Levels(int arrays, bool isTaken)
    {
        var body = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":" + new string('[', arrays) + new string(']', arrays) + "}");

        Assert.Equal(isTaken, ChatRequestPeek.TryRead(body, out _, out var defect));
        if (!isTaken) Assert.Equal(("too_deep", null), (defect.Code, defect.Member));
    }

    [Fact]
    public void TryRead_MixedBracketsAtDepthLimit_MustMatch()
    {
        var open = string.Concat(Enumerable.Repeat("[{\"a\":", 63));
        var close = string.Concat(Enumerable.Repeat("}]", 63));

        Assert.True(ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":" + open + "1" + close + "}"), out _, out _));
        Assert.False(ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes("{\"model\":\"m\",\"messages\":" + open + "1]" + close[1..] + "}"), out _, out var defect));
        Assert.Equal("invalid_json", defect.Code);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"messages\":[{\"model\":\"x\",\"model\":1,\"Model\":[]}],\"x\":{\"model\":2,\"stream\":3}}")]          // within others they are theirs
    [InlineData("{\"model\":\"m\",\"messages\":[],\"temperature\":1e400,\"seed\":-99999999999999999999,\"logit_bias\":{\"50256\":-100}}")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"top_p\":null,\"extra_body\":{\"a\":[1,2,{}]},\"user\":\"\\u0000\",\"\":0,\"unbekannt-ä\":1}")]
    [InlineData("{\"model\":\"m\",\"messages\":[],\"models\":1,\"mode\":2,\"mode1\":3,\"model_\":4,\"stream_option\":5,\"model \":6}")]
    [InlineData("\r\n\t {\"model\"\t:\n\"m\" ,\r\"messages\" : [ ] }\n\n")]
    [InlineData("{\"model\":\"m\",\"messages\":[\"}]{[\\\"\\\\\"]}")]
    public void TryRead_MembersThatPolicyDoesNotRead_AreUntouched(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);

        Assert.True(ChatRequestPeek.TryRead(body, out var peek, out var defect), defect.Message);
        Assert.Equal("m", peek.Model);
        Assert.Equal((false, null, null, 1, false, false), (peek.Stream, peek.IncludeUsage, peek.MaxOutputTokens, peek.Choices, peek.HasTools, peek.HasSchema));
        Assert.Empty(peek.MetadataClaims);
        Assert.Empty(ChatRequestSplices.For(peek, "m", askForUsage: true));
    }

    [Theory]
    [InlineData("\"stream\":true", true)]
    [InlineData("\"stream\":false", false)]
    [InlineData("\"stream\":null", false)]
    public void TryRead_Stream_IsRead(string member, bool expected) => Assert.Equal(expected, Peek(member).Stream);

    [Theory]
    [InlineData("\"stream_options\":null", null)]
    [InlineData("\"stream_options\":{}", null)]
    [InlineData("\"stream_options\":{\"include_usage\":null}", null)]
    [InlineData("\"stream_options\":{\"include_usage\":true}", true)]
    [InlineData("\"stream_options\":{\"include_obfuscation\":false, \"include_usage\" : false}", false)]
    public void TryRead_IncludeUsage_IsRead(string member, bool? expected) => Assert.Equal(expected, Peek(member).IncludeUsage);

    [Theory]
    [InlineData("\"max_tokens\":7", 7L)]
    [InlineData("\"max_tokens\":0", 0L)]
    [InlineData("\"max_completion_tokens\":8", 8L)]
    [InlineData("\"max_tokens\":7,\"max_completion_tokens\":8", 8L)]
    [InlineData("\"max_tokens\":9,\"max_completion_tokens\":8", 9L)]
    [InlineData("\"max_tokens\":null,\"max_completion_tokens\":8", 8L)]
    [InlineData("\"max_tokens\":null", null)]
    [InlineData("\"max_tokens\":9223372036854775807", long.MaxValue)]
    public void TryRead_Limits_TheLargerHolds(string members, long? expected) => Assert.Equal(expected, Peek(members).MaxOutputTokens);

    [Theory]
    [InlineData("\"n\":1", 1)]
    [InlineData("\"n\":128", 128)]
    [InlineData("\"n\":null", 1)]
    public void TryRead_Choices_AreRead(string member, int expected) => Assert.Equal(expected, Peek(member).Choices);

    [Theory]
    [InlineData("\"tools\":[]", false)]
    [InlineData("\"tools\":[ \n ]", false)]
    [InlineData("\"tools\":null", false)]
    [InlineData("\"tools\":[{}]", true)]
    [InlineData("\"functions\":[{\"name\":\"f\"}]", true)]
    [InlineData("\"functions\":[],\"tools\":[{}]", true)]
    [InlineData("\"tools\":[{}],\"functions\":[]", true)]
    public void TryRead_Tools_AreSeen(string members, bool expected) => Assert.Equal(expected, Peek(members).HasTools);

    [Theory]
    [InlineData("\"response_format\":null", false)]
    [InlineData("\"response_format\":{}", false)]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", false)]
    [InlineData("\"response_format\":{\"json_schema\":{\"type\":\"object\"},\"type\":\"json_schema\"}", true)]
    [InlineData("\"response_format\":{\"json_schema\":{\"type\":\"json_schema\"},\"type\":\"text\"}", false)]
    [InlineData("\"response_format\":{\"type\":\"json\\u005fschema\"}", true)]
    [InlineData("\"response_format\":{\"type\":\"\\u006a\\u0073\\u006f\\u006e\\u005f\\u0073\\u0063\\u0068\\u0065\\u006d\\u0061\"}", true)]
    public void TryRead_Schema_IsSeen(string member, bool expected) => Assert.Equal(expected, Peek(member).HasSchema);

    [Theory]
    [InlineData("gpt-5-mini", "gpt-5-mini")]
    [InlineData("openai\\/gpt-5", "openai/gpt-5")]
    [InlineData("\\u0067pt", "gpt")]
    [InlineData("mod\u00E8le-\U0001F600", "mod\u00E8le-\U0001F600")]
    [InlineData("\\ud83d\\ude00", "\U0001F600")]
    [InlineData("a \\\"b\\\\", "a \"b\\")]
    [InlineData(" ", " ")]
    public void TryRead_Model_IsUnescaped(string spelled, string expected)
    {
        Assert.True(ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes("{\"messages\":[],\"model\":\"" + spelled + "\"}"), out var peek, out _));
        Assert.Equal(expected, peek.Model);
    }

    [Fact]
    public void TryRead_ModelOf256Bytes_IsTaken()
    {
        var name = new string('m', 256);
        Assert.True(ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes("{\"messages\":[],\"model\":\"" + name + "\"}"), out var peek, out _));
        Assert.Equal(name, peek.Model);
    }

    [Fact]
    public void TryRead_Claims_AreReadInOrderAndFolded()
    {
        var peek = Peek("\"metadata\":{\"fairlead.user\":\"u1\",\"other\":\"o\",\"Fairlead.Feature\":\"f\\u00e9\",\"fairlead.\\u0074emplate\":\"\",\"fairleadx\":\"no\"}");

        Assert.Equal([("fairlead.user", "u1"), ("fairlead.feature", "f\u00E9"), ("fairlead.template", "")], peek.MetadataClaims.Select(claim => (claim.Name, claim.Value)));
    }

    [Fact]
    public void TryRead_PromptBytes_CountMessagesToolsAndSchema()
    {
        const string messages = "[{\"role\":\"user\",\"content\":\"\u00E4\"}]";
        const string tools = "[{\"type\":\"function\"}]";
        const string format = "{\"type\":\"json_schema\"}";
        var body = $"{{\"model\":\"m\",\"messages\": {messages} ,\"tools\":{tools},\"response_format\":{format},\"user\":\"not counted\"}}";

        Assert.True(ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes(body), out var peek, out _));
        Assert.Equal(Encoding.UTF8.GetByteCount(messages + tools + format), peek.PromptBytes);
    }

    [Fact]
    public void TryRead_Message_HoldsNoTextOfTheBody()
    {
        Assert.False(ChatRequestPeek.TryRead("{\"model\":\"m\",\"messages\":[\"a secret\" oops]}"u8.ToArray(), out _, out var defect));
        Assert.DoesNotContain("secret", defect.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("oops", defect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryNext_Members_AreRangesOfTheBody()
    {
        var body = " { \"a\" : \"x\\\"y\" , \"\\u0062\":[1,{}],\"c\":{\"d\":\"}\"} , \"e\":-1.5e3,\"f\":false,\"g\":null } "u8;
        var scanner = new BodyScanner(body);
        var found = new List<(string Name, bool HasEscape, ValueKind Kind, string Value)>();
        while (scanner.TryNext(out var member))
        {
            found.Add((Encoding.UTF8.GetString(body.Slice(member.NameStart, member.NameLength)), member.NameHasEscape, member.Kind, Encoding.UTF8.GetString(body[member.ValueStart..member.ValueEnd])));
        }

        Assert.Null(scanner.Defect);
        Assert.Equal(
            [
                ("a", false, ValueKind.String, "\"x\\\"y\""),
                ("\\u0062", true, ValueKind.Array, "[1,{}]"),
                ("c", false, ValueKind.Object, "{\"d\":\"}\"}"),
                ("e", false, ValueKind.Number, "-1.5e3"),
                ("f", false, ValueKind.Boolean, "false"),
                ("g", false, ValueKind.Null, "null"),
            ],
            found);
    }

    private static ChatRequestPeek Peek(string members)
    {
        Assert.True(ChatRequestPeek.TryRead(Encoding.UTF8.GetBytes("{" + members + "," + Rest + "}"), out var peek, out var defect), defect.Message);
        return peek;
    }
}
