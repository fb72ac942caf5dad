namespace Fairlead.Simulator.Tests.Faults;

public sealed class SimulatedFaultTests
{
    [Theory]
    [InlineData("refuse")]
    [InlineData("refuse for=10s")]
    [InlineData("unreachable for=1500ms")]
    [InlineData("black-hole times=1")]
    [InlineData("status 503")]
    [InlineData("status 429 code=insufficient_quota type=insufficient_quota message=\"no more \\\"credit\\\"\" retry-after=2")]
    [InlineData("status 500 body=\"{\\\"oops\\\":1}\"")]
    [InlineData("status 503 header=\"x-should-retry: false\" header=\"retry-after-ms: 1500\"")]
    [InlineData("stall headers")]
    [InlineData("stall headers 2s times=1")]
    [InlineData("stall first-token 500ms comments=100ms")]
    [InlineData("stall after=5")]
    [InlineData("truncate 5")]
    [InlineData("truncate 0 clean")]
    [InlineData("reset 5 model=sim-large")]
    [InlineData("error 5 code=server_error")]
    [InlineData("malformed html")]
    [InlineData("malformed text")]
    [InlineData("malformed cut 3")]
    [InlineData("split 1")]
    [InlineData("slow 100ms")]
    [InlineData("slow lognormal p50=20ms p99=1s share=5%")]
    [InlineData("slow uniform 10ms..40ms")]
    [InlineData("content-type text/plain")]
    [InlineData("content-type \"text/plain; charset=utf-8\"")]
    [InlineData("no-done + no-usage + no-choices + split 7 times=3 for=1s share=12.5% model=sim key=sk-1")]
    public void ToString_OfAWellFormedLine_IsThatLine(string text) => Assert.Equal(text, SimulatedFault.Parse(text).ToString());

    [Theory]
    [InlineData("  status   503  ", "status 503")]
    [InlineData("times=2 status 503", "status 503 times=2")]
    [InlineData("status 500 body={\"a\": \"}\", \"b\": {}}", "status 500 body=\"{\\\"a\\\": \\\"}\\\", \\\"b\\\": {}}\"")]
    [InlineData("malformed cut", "malformed cut 1")]
    [InlineData("stall 2s headers", "stall headers 2s")]
    [InlineData("status 503 retry-after=\"Fri, 31 Dec 2027 23:59:59 GMT\"", "status 503 retry-after=\"Fri, 31 Dec 2027 23:59:59 GMT\"")]
    [InlineData("split 1 + truncate 5 + model=sim", null)]
    public void Parse_OtherSpelling_HasOneCanonicalForm(string text, string? expected)
    {
        if (expected is null) Assert.Throws<FormatException>(() => SimulatedFault.Parse(text));
        else Assert.Equal(expected, SimulatedFault.Parse(SimulatedFault.Parse(text).ToString()).ToString());
    }

    [Theory]
    [InlineData("", "no effect")]
    [InlineData("times=3", "no effect")]
    [InlineData("explode", "'explode' is no effect")]
    [InlineData("status", "needs a number")]
    [InlineData("status 99", "between 200 and 599")]
    [InlineData("status abc", "'abc'")]
    [InlineData("status 503 boddy=x", "does not take 'boddy=x'")]
    [InlineData("status 503 retry-after=1 retry-after=2", "'retry-after' stands twice")]
    [InlineData("status 503 body=x code=y", "'body' says it all")]
    [InlineData("status 503 header=nonsense", "name: value")]
    [InlineData("status 503 body=\"open", "quote is not closed")]
    [InlineData("status 503 body={\"a\":1", "brace is not closed")]
    [InlineData("stall", "needs a point")]
    [InlineData("stall headers comments=1s", "before the headers")]
    [InlineData("stall headers soon", "'soon'")]
    [InlineData("truncate", "after how many events")]
    [InlineData("truncate -1", "'-1'")]
    [InlineData("split 0", "between 1 and")]
    [InlineData("slow 80", "needs a time")]
    [InlineData("malformed", "html, text or cut")]
    [InlineData("refuse times=1", "takes only 'for'")]
    [InlineData("refuse + split 1", "stands alone")]
    [InlineData("split 1 + black-hole", "stands alone")]
    [InlineData("status 503 + truncate 5", "exclude each other")]
    [InlineData("status 503 + no-done", "has no effect beside")]
    [InlineData("split 1 + split 2", "stands once")]
    [InlineData("+ split 1", "both sides of '+'")]
    [InlineData("split 1 +", "both sides of '+'")]
    [InlineData("status 503 times=0", "between 1 and")]
    [InlineData("status 503 for=never", "'for=never'")]
    [InlineData("status 503 for=0s", "above zero")]
    [InlineData("status 503 share=0%", "'0%'")]
    [InlineData("status 503 share=0.5", "'0.5'")]
    public void Parse_NotAFault_SaysWhatIsWrong(string text, string reason)
    {
        var exception = Assert.Throws<FormatException>(() => SimulatedFault.Parse(text));

        Assert.StartsWith($"Fault '{text}': ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
