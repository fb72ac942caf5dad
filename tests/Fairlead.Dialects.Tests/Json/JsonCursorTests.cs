using System.Text;
using System.Text.Json;
using Fairlead.Dialects.Json;
using Fairlead.Dialects.Tests.Peeking;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Json;

/// <summary>The cursor against the platform's reader: it takes what that takes, refuses what that refuses, and finds the same values.</summary>
public sealed class JsonCursorTests
{
    private const int MostDepth = 8;

    [Fact]
    public void Walk_AnyJson_FindsTheMembersThatTheDocumentHas() => Property.Check(JsonGen.Requests, 4000, request =>
    {
        using var document = JsonDocument.Parse(request.Body);
        var cursor = new JsonCursor(request.Body, 64);

        Agrees(document.RootElement, ref cursor);

        Assert.True(cursor.IsAtEnd);
    });

    [Fact]
    public void TrySkip_BrokenBytes_TakesWhatTheReaderTakes()
    {
        var (taken, refused) = (0, 0);
        Property.Check(JsonGen.Broken, 20_000, body =>
        {
            var isTaken = Agrees(body);
            taken += isTaken ? 1 : 0;
            refused += isTaken ? 0 : 1;
        }, body => Encoding.UTF8.GetString(body));

        Assert.InRange(taken, 1000, int.MaxValue); // the property says something only if both happen
        Assert.InRange(refused, 1000, int.MaxValue);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1.5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1E-05")]
    [InlineData("1e5.")]
    [InlineData("true")]
    [InlineData("tru")]
    [InlineData("truee")]
    [InlineData("True")]
    [InlineData("NaN")]
    [InlineData("null ")]
    [InlineData("null,")]
    [InlineData("\"\"")]
    [InlineData("\"a")]
    [InlineData("\"a\\\"")]
    [InlineData("\"\\")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\\u12g4\"")]
    [InlineData("\"\\u12f4\"")]
    [InlineData("\"\\u")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\'\"")]
    [InlineData("\"\\b\\f\\n\\r\\t\\/\\\\\"")]
    [InlineData("\"\t\"")]
    [InlineData("\"\u007F\u0080\"")]
    [InlineData("[]")]
    [InlineData("[,]")]
    [InlineData("[1,]")]
    [InlineData("[1 2]")]
    [InlineData("[1")]
    [InlineData("[1}")]
    [InlineData("{}")]
    [InlineData("{,}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\"}")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a:1}")]
    [InlineData("{\"a\":1]")]
    [InlineData("{\"a\":1}}")]
    [InlineData("{\"a\":1} {}")]
    [InlineData("// comment\n1")]
    [InlineData("[1,/* comment */2]")]
    [InlineData("\uFEFF{}")]
    [InlineData("[[[[[[[[1]]]]]]]]")]
    [InlineData("[[[[[[[[[1]]]]]]]]]")]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}")]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}")]
    public void TrySkip_Spelling_TakesWhatTheReaderTakes(string json) => Agrees(Encoding.UTF8.GetBytes(json));

    [Fact]
    public void TryNextMember_ValueOfTheLastOneBroken_Ends()
    {
        var cursor = new JsonCursor("""{"a":[1,2,"b":3}"""u8, MostDepth);
        Assert.True(cursor.TryEnterObject());
        Assert.True(cursor.TryNextMember(out _));
        Assert.True(cursor.TryEnterArray());
        while (cursor.TryNextElement()) cursor.TrySkip();

        Assert.False(cursor.TryNextMember(out _));
        Assert.True(cursor.IsBroken);
        Assert.False(cursor.IsAtEnd);
    }

    [Theory]
    [InlineData("\"a\\u0062c\"", 8, "abc")]
    [InlineData("\"a\\u0062c\"", 7, null)]
    [InlineData("\"\"", 8, null)]
    [InlineData("{\"b\":1}", 8, null)]
    [InlineData("1", 8, null)]
    public void TakeText_Value_IsTheTextIfItIsOneAndShortEnough(string json, int most, string? expected)
    {
        var cursor = new JsonCursor(Encoding.UTF8.GetBytes(json), MostDepth);

        Assert.Equal(expected, cursor.TakeText(most));
        Assert.True(cursor.IsAtEnd);
    }

    /// <summary>Whether both take the text; fails where they differ.</summary>
    private static bool Agrees(byte[] json)
    {
        var cursor = new JsonCursor(json, MostDepth);
        var isTaken = cursor.TrySkip() && cursor.IsAtEnd;

        Assert.Equal(IsTakenByTheReader(json), isTaken);
        return isTaken;
    }

    private static bool IsTakenByTheReader(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostDepth });
            var hasToken = false;
            while (reader.Read()) hasToken = true;
            return hasToken;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Agrees(JsonElement expected, ref JsonCursor cursor)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.True(cursor.IsObject);
                Assert.True(cursor.TryEnterObject());
                foreach (var member in expected.EnumerateObject())
                {
                    Assert.True(cursor.TryNextMember(out var name));
                    Assert.Equal(member.Name, Encoding.UTF8.GetString(name));
                    Agrees(member.Value, ref cursor);
                }

                Assert.False(cursor.TryNextMember(out _));
                break;
            case JsonValueKind.Array:
                Assert.False(cursor.TryEnterObject());
                Assert.True(cursor.TryEnterArray());
                foreach (var element in expected.EnumerateArray())
                {
                    Assert.True(cursor.TryNextElement());
                    Agrees(element, ref cursor);
                }

                Assert.False(cursor.TryNextElement());
                break;
            default:
                Assert.False(cursor.TryEnterArray());
                Assert.Equal(expected.GetRawText(), Encoding.UTF8.GetString(cursor.Take()));
                break;
        }
    }
}
