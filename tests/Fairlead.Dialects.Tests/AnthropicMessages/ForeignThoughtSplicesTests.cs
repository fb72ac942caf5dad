using System.Text;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Splicing;

namespace Fairlead.Dialects.Tests.AnthropicMessages;

/// <summary>Thoughts that Anthropic did not sign leave a request that is else untouched, byte for byte.</summary>
public sealed class ForeignThoughtSplicesTests
{
    private const string Own = """{"type":"thinking","thinking":"own","signature":"Ep=="}""";
    private const string Unsigned = """{"type":"thinking","thinking":"theirs","signature":"fairlead."}""";
    private const string Sealed = """{"type":"redacted_thinking","data":"fairlead.unknown:abc"}""";
    private const string Call = """{"type":"tool_use","id":"t","name":"f","input":{}}""";
    private const string Budget = """{"type":"enabled","budget_tokens":2000}""";
    private const string Text = """{ "type": "text",  "text": "said" }""";

    [Theory]
    [InlineData($"[{Unsigned},{Text}]", $"[{Text}]")]
    [InlineData($"[{Unsigned} , {Sealed},\n{Text}]", $"[{Text}]")]
    [InlineData($"[{Own}, {Unsigned} ,{Text}]", $"[{Own} ,{Text}]")]
    [InlineData($"[{Text}, {Unsigned} ]", $"[{Text} ]")]
    [InlineData($"[{Text},{Unsigned},{Sealed}]", $"[{Text}]")]
    [InlineData($"[{Own},{Text}]", $"[{Own},{Text}]")]
    [InlineData("\"fairlead. is a name\"", "\"fairlead. is a name\"")]
    public void Splices_ForeignThoughtsOfATurn_AreTakenOutWithTheirCommas(string content, string expected)
    {
        Assert.Equal(Body(Turn(expected)), Spliced(Body(Turn(content)), out var lost));
        Assert.Equal(content == expected ? [] : ["thinking"], lost);
    }

    [Fact]
    public void Splices_TurnOfForeignThoughtsAlone_GoesAsAWhole()
    {
        const string user = """{"role":"user","content":"go on"}""";

        var spliced = Spliced(Body($"{user}, {Turn($"[{Sealed},{Unsigned}]")} ,{user}"), out var lost);

        Assert.Equal(Body($"{user} ,{user}"), spliced);
        Assert.Equal(["thinking"], lost);
    }

    /// <summary>Within a loop of tools the vendor takes a budget to think in only behind thoughts of its own.</summary>
    [Theory]
    [InlineData($"[{Unsigned},{Call}]", "{\"type\":\"disabled\"}")]
    [InlineData($"[{Unsigned},{Own},{Call}]", Budget)]
    [InlineData($"[{Unsigned},{Text}]", Budget)]
    public void Splices_LoopThatLosesItsThought_ThinksNoMore(string content, string thinking)
    {
        var body = $$$"""{"model":"m","max_tokens":1,"thinking":{{{Budget}}},"messages":[{{{Turn(content)}}}]}""";

        Assert.Contains($"\"thinking\":{thinking},", Spliced(body, out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Splices_WithARenamedModelAndAClaim_AreAllMadeInOrder()
    {
        var body = $$$"""{"messages":[{{{Turn($"[{Unsigned},{Text}]")}}}],"metadata":{"fairlead.feature":"f"},"model":"m","max_tokens":1}""";

        Assert.Equal($$$"""{"messages":[{{{Turn($"[{Text}]")}}}],"model":"other","max_tokens":1}""", Spliced(body, out _, "other"));
    }

    private static string Turn(string content) => $$"""{"role":"assistant","content":{{content}}}""";

    private static string Body(string messages) => $$"""{"model":"m","max_tokens":1,"messages":[{{messages}}]}""";

    private static string Spliced(string body, out IReadOnlyList<string> lost, string model = "m")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.True(MessagesDialect.Instance.TryPeek(bytes, out var peek, out _));
        lost = peek.Lost;
        return string.Concat(new SplicedBody(bytes, MessagesDialect.Instance.Splices(peek, model, askForUsage: false)).Segments.Select(segment => Encoding.UTF8.GetString(segment.Span)));
    }
}
