using System.Text;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.OpenAiChat;

/// <summary>Usage in canonical counts: every recorded answer by the total's arithmetic, and what cannot be true.</summary>
public sealed class ChatUsageTests
{
    [Fact]
    [Trait("Category", "SharedData")]
    public void TryRead_RecordedAnswers_GiveIdModelAndCounts() =>
        Tally.Run("JSON answers: id, model, usage", [.. Exchange.All().Where(exchange => exchange is { Status: 200, Kind: "json" or "text" })], exchange =>
        {
            var body = exchange.Body();
            var root = JsonDocument.Parse(body).RootElement;

            Assert.True(ChatAnswer.TryRead(body, out var answer));
            Assert.Equal(Text(root, "id"), answer.Id);
            Assert.Equal(Text(root, "model"), answer.Model);
            Assert.Null(answer.Error);
            var expected = root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? StreamState.CountsOf(usage) : null;
            Assert.Equal(expected, StreamCheck.Counts(answer.Usage));
            Assert.False(answer.UsageIsAbsurd);
        });

    /// <summary>By hand from the recordings: what the total says, and no product or oracle code.</summary>
    [Theory]
    [Trait("Category", "SharedData")]
    [InlineData("42dcaaad55b27f56", 35, 74, 62)] // Google: thinking is in the total alone
    [InlineData("07c4fda80d8105cd", 66, 34, 28)]
    public void TryRead_ThinkingInTheTotalAlone_CountsAsOutput(string id, long input, long output, long reasoning)
    {
        Assert.True(ChatAnswer.TryRead(Exchange.All().Single(exchange => exchange.Id == id).Body(), out var answer));
        Assert.Equal(new TokenUsage(input, 0, 0, output, reasoning), answer.Usage);
    }

    [Fact]
    [Trait("Category", "SharedData")]
    public void TryRead_RecordedUsage_AddsUpToItsTotal() =>
        Tally.Run("usage adds up to its total", [.. Exchange.All().Where(exchange => exchange is { Status: 200, Kind: "json" or "sse" } && LastTotal(exchange) > 0)], exchange =>
        {
            TokenUsage? usage;
            if (exchange.Kind == "json")
            {
                Assert.True(ChatAnswer.TryRead(exchange.Body(), out var answer));
                usage = answer.Usage;
            }
            else
            {
                var observer = new ChatStreamObserver();
                observer.Reset(withholdUsageChunk: false);
                observer.Observe(exchange.Body(), isFinal: true);
                usage = observer.Usage;
            }

            Assert.NotNull(usage);
            Assert.Equal(LastTotal(exchange), usage.Value.Input + usage.Value.Output);
            Assert.InRange(usage.Value.Reasoning, 0, usage.Value.Output);
            Assert.InRange(usage.Value.CachedInput + usage.Value.CacheWrite, 0, usage.Value.Input);
        });

    /// <summary>Usage → input, cached, written, output, reasoning.</summary>
    public static TheoryData<string, TokenUsage> Credible => new()
    {
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}""", new(10, 0, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5}""", new(10, 0, 0, 5, 0) },
        { """{"prompt_tokens":10.0,"completion_tokens":5}""", new(10, 0, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":0,"total_tokens":10}""", new(10, 0, 0, 0, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":null,"prompt_tokens_details":null,"completion_tokens_details":null}""", new(10, 0, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}""", new(10, 4, 0, 5, 3) },
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}""", new(10, 0, 0, 25, 20) },  // reasoning beside the output
        { """{"prompt_tokens":10,"completion_tokens":25,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}""", new(10, 0, 0, 25, 20) }, // within
        { """{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":4}}""", new(10, 0, 0, 5, 4) },
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22}""", new(10, 0, 0, 12, 7) },                                                           // not named at all
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":12}""", new(10, 0, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}""", new(10, 6, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":6,"prompt_tokens_details":{"cached_tokens":6}}""", new(10, 6, 0, 5, 0) },  // one count, two names
        { """{"prompt_tokens":10,"completion_tokens":5,"cached_tokens":6}""", new(10, 6, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2}""", new(10, 3, 2, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3,"cache_write_tokens":2}}""", new(10, 3, 2, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":30}}""", new(10, 10, 0, 5, 0) },                            // never more than there is
        { """{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":50}}""", new(10, 0, 0, 5, 5) },
        { """{"total_tokens":15,"x":{"prompt_tokens":1},"completion_tokens":5,"y":[1,{"completion_tokens":2}],"prompt_tokens":10}""", new(10, 0, 0, 5, 0) },
        { """{"prompt_tokens":100000000,"completion_tokens":100000000}""", new(100_000_000, 0, 0, 100_000_000, 0) },
    };

    [Theory]
    [MemberData(nameof(Credible))]
    public void TryRead_Usage_IsCanonical(string usage, TokenUsage expected)
    {
        var answer = Answer(usage);

        Assert.Equal(expected, answer.Usage);
        Assert.False(answer.UsageIsAbsurd);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":-1,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":-5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":-15}""")]
    [InlineData("""{"prompt_tokens":1000000000000000000,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":1e18}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":1e400}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":1e18}""")]
    [InlineData("""{"prompt_tokens":100000001,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":"10","completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5.5}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":{}}""")]
    [InlineData("""{"prompt_tokens":true,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}""")]
    [InlineData("""{"prompt_tokens":null,"completion_tokens":5}""")]
    [InlineData("""{"prompt_tokens":10}""")]
    [InlineData("""{}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":-1}}""")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":"3"}}""")]
    public void TryRead_AbsurdUsage_IsMissingNotZero(string usage)
    {
        var answer = Answer(usage);

        Assert.Null(answer.Usage);
        Assert.True(answer.UsageIsAbsurd);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("\"none\"")]
    public void TryRead_NoUsageObject_IsMissing(string usage) => Assert.Null(Answer(usage).Usage);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"choices\":[]}")]
    [InlineData("{\"choices\":null}")]
    [InlineData("{\"choices\":[{}]}")]
    [InlineData("{\"choices\":[{\"message\":null}]}")]
    [InlineData("{\"choices\":[{\"message\":{}}]} x")]
    [InlineData("{\"choices\":[{\"message\":{}}]")]
    [InlineData("{\"choices\":[{\"message\":{}}],}")]
    [InlineData("<html></html>")]
    [InlineData("data: {\"choices\":[]}")]
    public void TryRead_NoAnswer_IsFalse(string body) => Assert.False(ChatAnswer.TryRead(Encoding.UTF8.GetBytes(body), out _));

    [Theory]
    [InlineData("{\"error\":{\"message\":\"x\",\"code\":429}}", FailureClass.RateLimited)]
    [InlineData("{\"error\":\"x\"}", FailureClass.ServerError)]
    [InlineData("{\"choices\":[{\"message\":{},\"error\":{\"code\":503,\"message\":\"x\"}}]}", FailureClass.Overloaded)]
    public void TryRead_ErrorWithStatus200_IsSaid(string body, FailureClass expected)
    {
        Assert.True(ChatAnswer.TryRead(Encoding.UTF8.GetBytes(body), out var answer));
        Assert.Equal(expected, answer.Error?.Class);
    }

    [Fact]
    public void TryRead_DeepAnswer_IsFalseNotACrash()
    {
        var body = "{\"choices\":[{\"message\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000) + "}]}";
        Assert.False(ChatAnswer.TryRead(Encoding.UTF8.GetBytes(body), out _));
    }

    private static AnswerFacts Answer(string usage)
    {
        Assert.True(ChatAnswer.TryRead(Encoding.UTF8.GetBytes("{\"id\":\"i\",\"usage\":" + usage + ",\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"}}]}"), out var answer));
        return answer;
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>The last total that a vendor gave beside counts; 0 for none.</summary>
    private static long LastTotal(Exchange exchange)
    {
        var objects = exchange.Kind == "json"
            ? [exchange.Response.GetProperty("body")]
            : EventCutter.Cut(exchange.Body(), out _).Where(block => block.Data is { } data && data.StartsWith('{')).Select(block => JsonDocument.Parse(block.Data!).RootElement);
        long total = 0;
        foreach (var one in objects)
        {
            if (one.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty("total_tokens", out var said) && said.ValueKind == JsonValueKind.Number) total = said.GetInt64();
        }

        return total;
    }
}
