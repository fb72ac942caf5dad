using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Core.Tokens;

namespace Fairlead.Core.Tests.Tokens;

/// <summary>Edges of counting, on prompts made here.</summary>
public sealed class PromptTokensTests
{
    private static readonly MemberNames Names = new("stop", "response_format", "reasoning_effort", "max_tokens", "user", "thoughts");

    [Theory]
    [InlineData("gpt-4o", 13)]            // 6 of the text, 4 of the message, 3 of the request
    [InlineData("openai/gpt-4.1-mini", 13)]
    [InlineData("ft:gpt-4o-mini:acme::id", 13)]
    [InlineData("gpt-3.5-turbo", 13)]
    [InlineData("gpt-35-turbo", 13)]
    [InlineData("gpt-4-turbo", 13)]
    [InlineData("gpt-5", 12)]
    [InlineData("o3-mini", 12)]
    public void Count_OpenAi_IsTheTokenizersCountAndTheMarks(string model, long expected) =>
        Assert.Equal(new PromptTokenCount(expected, PromptTokenBasis.Tokenizer), PromptTokens.Count(Said("Hey, what is up?"), "openai", model));

    [Theory]
    [InlineData("claude-sonnet-4-5")]
    [InlineData("gemini-2.5-pro")]
    [InlineData("o2-d2")]
    [InlineData("my-deployment")]
    [InlineData("")]
    public void Count_OtherModels_IsAnEstimate(string model)
    {
        var count = PromptTokens.Count(Said("Hey, what is up?"), null, model);

        Assert.True(count.IsEstimate);
        Assert.InRange(count.Tokens, 8, 80);
        Assert.Equal(count, PromptTokens.Estimate(Said("Hey, what is up?"), null, model));
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("claude-sonnet-4-5")]
    public void Count_NothingSaid_IsTheMarksAlone(string model)
    {
        Assert.InRange(PromptTokens.Count(Of([]), null, model).Tokens, 1, 10);
        Assert.InRange(PromptTokens.Count(Said(""), null, model).Tokens, 4, 15);
    }

    [Theory]
    [InlineData("\"\\u00e9\\ud83d\\ude00\\n\\\"\"", "é😀\n\"")]
    [InlineData("\"\\/\\b\\f\\r\\t\\\\\"", "/\b\f\r\t\\")]
    [InlineData("\"\\ud83d x\"", "\ufffd x")]
    [InlineData("\"\\ude00\"", "\ufffd")]
    public void Count_Escapes_CountAsWhatTheySay(string spelled, string plain)
    {
        var written = new JsonText(Encoding.UTF8.GetBytes(spelled));
        Assert.Equal(PromptTokens.Count(Said(plain), null, "gpt-4o"), PromptTokens.Count(Of([new TextPart(written)]), null, "gpt-4o"));
        Assert.Equal(PromptTokens.Count(Said(plain), null, "claude-x"), PromptTokens.Count(Of([new TextPart(written)]), null, "claude-x"));
    }

    [Fact]
    public void Count_BrokenSpelling_DoesNotThrow()
    {
        foreach (var broken in new[] { "\"\\", "\"\\u12", "\"\\uzzzz\"", "\"\\u", "\"" })
        {
            PromptTokens.Count(Of([new TextPart(new JsonText(Encoding.UTF8.GetBytes(broken)))]), null, "gpt-4o");
            PromptTokens.Count(Of([new TextPart(new JsonText(Encoding.UTF8.GetBytes(broken)))]), null, "claude-x");
        }

        PromptTokens.Count(Of([new TextPart(new JsonText((byte[])[(byte)'"', 0xFF, 0xC3, (byte)'"']))]), null, "gpt-4o");
        PromptTokens.Count(Of([new TextPart(default)]), null, "claude-x");
    }

    /// <summary>No recording holds enough of other scripts; the tokenizer at hand is the yardstick.</summary>
    [Theory]
    [InlineData("你好，世界。今天天气怎么样？我们去公园散步吧。")]
    [InlineData("今日はとても良い天気ですね。公園へ散歩に行きましょう。")]
    [InlineData("안녕하세요, 오늘 날씨가 어떻습니까? 공원에 산책하러 갑시다.")]
    [InlineData("Привет, какая сегодня погода? Пойдём гулять в парк.")]
    [InlineData("مرحبا، كيف حال الطقس اليوم؟ لنذهب في نزهة إلى الحديقة.")]
    [InlineData("नमस्ते, आज मौसम कैसा है? चलो पार्क में टहलने चलें।")]
    [InlineData("สวัสดี วันนี้อากาศเป็นอย่างไร ไปเดินเล่นกันเถอะ")]
    [InlineData("🌊🎉👩‍👩‍👧‍👦🇩🇪🤷🏽‍♀️❤️")]
    [InlineData("déjà vu, naïve façade, Übergrößenträger, señorita")]
    [InlineData("The quick brown fox jumps over the lazy dog, then does it 1234567 times more!")]
    [InlineData("for (var i = 0; i < items.Length; i++) { sum += items[i].PriceInCents; }")]
    [InlineData("{\"a\":[1,2,3],\"b\":{\"c\":null,\"d\":\"text\"}}")]
    public void Estimate_Scripts_IsNotBelowTheTokenizerAndNotFarAbove(string text)
    {
        var counted = TokenEncoding.O200k.Count(text);

        Assert.InRange(TextEstimate.Of(text), counted, 4 * counted);
        Assert.Equal(TextEstimate.Of(text), TextEstimate.OfRaw(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(TextEstimate.Of(text), TextEstimate.OfSpelled(JsonText.Of(text).Inner));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("好")]
    [InlineData(" ")]
    [InlineData("!")]
    [InlineData("\n")]
    [InlineData("😀")]
    public void Count_LongRuns_AreCounted(string unit)
    {
        var run = Said(string.Concat(Enumerable.Repeat(unit, 100_000)));

        Assert.InRange(PromptTokens.Count(run, null, "gpt-4o").Tokens, 500, 300_020);
        Assert.InRange(PromptTokens.Count(run, null, "claude-x").Tokens, 1_000, 500_020);
    }

    [Fact]
    public void Count_TextLongerThanASlice_IsExact()
    {
        var text = string.Concat(Enumerable.Range(0, 400).Select(index => $"Entry {index}: the quick  brown fox,\n jumps over {index * 7} dogs. "));
        var whole = Microsoft.ML.Tokenizers.TiktokenTokenizer.CreateForEncoding("o200k_base").CountTokens(text);

        Assert.Equal(whole, TokenEncoding.O200k.Count(text));
    }

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("gpt-5")]
    [InlineData("claude-sonnet-4-5")]
    public void Count_Tools_CostMoreTheMoreTheySay(string model)
    {
        var none = PromptTokens.Count(Said("Hi"), null, model).Tokens;
        var bare = PromptTokens.Count(Said("Hi") with { Tools = [new FunctionTool("now") { Index = 0 }] }, null, model).Tokens;
        var rich = PromptTokens.Count(Said("Hi") with { Tools = [Weather] }, null, model).Tokens;

        Assert.True(none < bare, $"{none} {bare}");
        Assert.True(bare < rich, $"{bare} {rich}");
    }

    [Fact]
    public void Signatures_AreTypeScript() =>
        Assert.Equal(
            """
            namespace functions {

            // Get the weather
            type weather = (_: {
            // the city
            city: string,
            unit?: "c" | "f", // default: "c"
            days?: number[],
            at?: {
            lat?: number,
            },
            }) => any;

            } // namespace functions
            """.ReplaceLineEndings("\n"),
            FunctionSignatures.Of([Weather]));

    [Theory]
    [InlineData("{\"type\":\"object\",\"properties\":5}")]
    [InlineData("[]")]
    [InlineData("{\"properties\":{\"a\":true,\"b\":{\"type\":[\"string\",\"null\"]},\"c\":{\"anyOf\":[{},true]}},\"required\":7}")]
    [InlineData("not json")]
    public void Count_OddSchemas_DoNotThrow(string schema)
    {
        var odd = Said("Hi") with
        {
            Tools = [new FunctionTool("odd") { Index = 0, Schema = JsonSlice.Of(Encoding.UTF8.GetBytes(schema)) }],
            OutputFormat = new OutputFormat.JsonSchema(JsonSlice.Of(Encoding.UTF8.GetBytes(schema)), null, null, null),
        };

        Assert.True(PromptTokens.Count(odd, null, "gpt-4o").Tokens > 0);
        Assert.True(PromptTokens.Count(odd, null, "claude-x").Tokens > 0);
    }

    /// <summary>A schema with each of its members, and each of their names, in turn what nobody should send.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("1e999")]
    [InlineData("\"\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udead\\ud83d\"")]
    [InlineData("\"\\\\ud800\"")]
    [InlineData("\"\u00ff\"")]
    [InlineData("[]")]
    [InlineData("[\"\\ud800\",[null]]")]
    [InlineData("{}")]
    [InlineData("{\"\\ud800\":{\"\\udead\":\"\\ud800\"},\"\\ud800\":0}")]
    public void Count_JunkInASchema_DoesNotThrow(string junk)
    {
        foreach (var schema in WithJunk(junk))
        {
            // In Latin-1 what is beyond ASCII is not UTF-8.
            foreach (var bytes in new[] { Encoding.UTF8.GetBytes(schema), Encoding.Latin1.GetBytes(schema) })
            {
                var text = new JsonText(Encoding.UTF8.GetBytes(junk));
                var odd = Said("Hi") with
                {
                    Tools = [new FunctionTool("odd\ud800") { Index = 0, Description = text, Schema = JsonSlice.Of(bytes) }],
                    OutputFormat = new OutputFormat.JsonSchema(JsonSlice.Of(bytes), text, text, null),
                };
                foreach (var model in new[] { "gpt-4o", "gpt-5", "gpt-oss-20b", "claude-x" })
                {
                    Assert.True(PromptTokens.Count(odd, null, model).Tokens > 0);
                    Assert.True(PromptTokens.Estimate(odd, null, model).Tokens > 0);
                }
            }
        }
    }

    [Fact]
    public void Signatures_OfHalfACharacter_HaveAReplacement()
    {
        var tool = new FunctionTool("f") { Index = 0, Schema = JsonSlice.Of("""{"properties":{"\ud83d":{"type":"\udead"},"\ud83d\ude00":{"type":"\\ud800"}},"required":["\ud83d"]}"""u8) };

        Assert.Contains("\ufffd: \ufffd,\n😀?: \\ud800,\n", FunctionSignatures.Of([tool]), StringComparison.Ordinal);
    }

    [Fact]
    public void Signatures_OfManyProperties_KnowWhichAreRequired()
    {
        var names = Enumerable.Range(0, 40_000).Select(index => $"\"{index}\"").ToArray();
        var schema = $$"""{"properties":{ {{string.Join(',', names.Select(name => name + ":{}"))}} },"required":[{{string.Join(',', names)}}]}""";
        var tool = new FunctionTool("f") { Index = 0, Schema = JsonSlice.Of(Encoding.UTF8.GetBytes(schema)) };

        Assert.DoesNotContain("?", FunctionSignatures.Of([tool]), StringComparison.Ordinal);
    }

    [Fact]
    public void Count_DeepSchema_DoesNotThrow()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"properties\":{\"a\":", 5_000)) + "{}" + new string('}', 10_000);
        var odd = Said("Hi") with { Tools = [new FunctionTool("deep") { Index = 0, Schema = JsonSlice.Of(Encoding.UTF8.GetBytes(deep)) }] };

        Assert.True(PromptTokens.Count(odd, null, "gpt-4o").Tokens > 0);
    }

    [Theory]
    [InlineData("gpt-4o", 1024, 1024, null, 85 + 4 * 170)]      // OpenAI's own example
    [InlineData("gpt-4o", 2048, 4096, null, 85 + 6 * 170)]      // the other one
    [InlineData("gpt-4o", 4096, 8192, "low", 85)]
    [InlineData("gpt-4o-mini", 512, 512, null, 2833 + 5667)]
    [InlineData("gpt-4.1-mini", 1024, 1024, null, 1659)]
    [InlineData("claude-sonnet-4-5", 1000, 1000, null, 1334 + 8)]
    [InlineData("claude-sonnet-4-5", 8000, 8000, null, 1600 + 8)]
    public void Count_Image_FollowsTheVendorsArithmetic(string model, int width, int height, string? detail, long expected)
    {
        var image = new ImagePart(new MediaSource.Base64("image/png", Encoding.ASCII.GetBytes(Convert.ToBase64String(Png(width, height)))), detail);

        Assert.Equal(expected, PromptTokens.Count(Of([image]), null, model).Tokens - PromptTokens.Count(Of([]), null, model).Tokens);
    }

    [Fact]
    public void Count_ImageAtAnAddress_IsAnEstimate() =>
        Assert.True(PromptTokens.Count(Of([new ImagePart(new MediaSource.Url(JsonText.Of("https://example.com/a.png")))]), "openai", "gpt-4o").IsEstimate);

    [Fact]
    public void ImageSize_Formats_AreRead()
    {
        Assert.Equal(new ImageSize(640, 480), Size([.. "GIF89a"u8, 0x80, 0x02, 0xE0, 0x01, .. new byte[30]]));
        Assert.Equal(new ImageSize(640, 480), Size([0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC2, 0, 17, 8, 0x01, 0xE0, 0x02, 0x80, .. new byte[30]]));
        Assert.Equal(new ImageSize(640, 480), Size([.. "RIFF"u8, 0, 0, 0, 0, .. "WEBPVP8X"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0x02, 0, 0xDF, 0x01, 0]));
        Assert.Null(Size([.. "BM"u8, .. new byte[60]]));
        Assert.Null(Size([0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, .. new byte[60]]));
        Assert.Null(ImageSize.OfBase64("not base64 at all, not even nearly so!!"u8));
        Assert.Null(ImageSize.OfBase64(default));
    }

    [Theory]
    [InlineData("claude-3-7-sonnet@20250219", 345)]
    [InlineData("claude-sonnet-4-20250514", 345)]
    [InlineData("claude-opus-4-1-20250805", 345)]
    [InlineData("claude-haiku-4.5", 505)]
    [InlineData("eu.anthropic.claude-sonnet-4-6-v1:0", 505)]
    public void Rates_Claude_AreOfItsVersion(string model, int toolsOnce) => Assert.Equal(toolsOnce, EstimateRates.For(null, ModelName.Of(model)).ToolsOnce);

    [Theory]
    [InlineData("claude-sonnet-4-6", 100)]
    [InlineData("claude-opus-4-7", 135)]
    [InlineData("claude-sonnet-5", 135)]
    [InlineData("claude-next", 135)]
    public void Rates_Claude_KnowTheLaterTokenizer(string model, int percent) => Assert.Equal(percent, EstimateRates.For(null, ModelName.Of(model)).TextPercent);

    [Fact]
    public void Estimate_TextPath_AllocatesNothing()
    {
        var text = JsonText.Of("The quick brown fox \\ jumps über 好 the lazy dog.\n");
        TextEstimate.OfSpelled(text.Inner);
        var before = GC.GetAllocatedBytesForCurrentThread();
        TextEstimate.OfSpelled(text.Inner);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static IEnumerable<string> WithJunk(string junk)
    {
        const string schema = """
            {"type":"object","title":"t","description":"d","required":["a"],"additionalProperties":false,"$defs":{"n":{"type":"string"}},"properties":
             {"a":{"type":"string","title":"t","description":"d","default":"x","enum":["x","y"]},"b":{"type":["string","null"]},"c":{"type":"array","items":{"type":"integer"}},
              "d":{"anyOf":[{"type":"string","format":"date"},{"type":"null"}]},"e":{"type":"object","properties":{"f":{"type":"number"}},"required":["f"]},"g":{"$ref":"#/$defs/n"}}}
            """;
        yield return junk;
        foreach (var (start, length) in Values(Encoding.UTF8.GetBytes(schema))) yield return string.Concat(schema.AsSpan(0, start), junk, schema.AsSpan(start + length));
    }

    /// <summary>Where the values of a text in ASCII stand, and, as they are texts too, the names of its members.</summary>
    private static List<(int Start, int Length)> Values(byte[] json)
    {
        var values = new List<(int, int)>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray) continue;
            var start = (int)reader.TokenStartIndex;
            var value = reader;
            if (reader.TokenType == JsonTokenType.PropertyName) values.Add((start, reader.ValueSpan.Length + 2));
            else if (value.TrySkip()) values.Add((start, (int)value.BytesConsumed - start));
        }

        return values;
    }

    private static FunctionTool Weather { get; } = new("weather")
    {
        Index = 0,
        Description = JsonText.Of("Get the weather"),
        Schema = JsonSlice.Of(
            """
            {"type":"object","properties":{"city":{"type":"string","description":"the city"},"unit":{"enum":["c","f"],"default":"c"},
            "days":{"type":"array","items":{"type":"integer"}},"at":{"type":"object","properties":{"lat":{"type":"number"}}}},"required":["city"]}
            """u8),
    };

    private static Conversation Said(string text) => Of([new TextPart(JsonText.Of(text))]);

    private static Conversation Of(IReadOnlyList<Part> parts) => new() { Dialect = "openai-chat", Names = Names, Messages = [new Message(Role.User, parts, default)] };

    private static ImageSize? Size(byte[] image) => ImageSize.OfBase64(Encoding.ASCII.GetBytes(Convert.ToBase64String(image)));

    private static byte[] Png(int width, int height)
    {
        var image = new byte[64];
        new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10 }.CopyTo(image, 0);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(20), height);
        return image;
    }
}
