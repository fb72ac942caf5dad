using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Books;

public sealed class BillTests
{
    // Prompt "Hello" is 5 tokens, "Hello world!!" (13 bytes) 3 + 4 = 7, "" 3.
    [Theory]
    [InlineData("Hello", 3, 2_500_000_000, 10_000_000_000, 42_500)]  // (5 × 2.5e9 + 3 × 10e9) / 1e6
    [InlineData("Hello world!!", 2, 3_000_000_000, 12_000_000_000, 45_000)]
    [InlineData("Hello", 1, 100_000, 0, 0)]      // 0.5 → 0, the even neighbour
    [InlineData("Hello", 1, 300_000, 0, 2)]      // 1.5 → 2
    [InlineData("Hello", 1, 500_000, 0, 2)]      // 2.5 → 2
    [InlineData("Hello", 1, 500_001, 0, 3)]      // 2.500005 → 3
    [InlineData("Hello", 3, 99_999, 0, 0)]       // 0.499995 → 0
    [InlineData("", 1, 200_000, 400_000, 1)]     // 0.6 + 0.4 is 1: products are summed before they are rounded
    [InlineData("Hello", 1, 0, 0, 0)]
    [InlineData("Hello", 3, 9_000_000_000_000_000_000, 0, 45_000_000_000_000)] // beyond 64 bits before the division
    public async Task Charge_Answered_IsRoundedHalfEvenOnce(string prompt, int maxTokens, long inputPrice, long outputPrice, long expected)
    {
        await using var vendor = await StartAsync(Instant with { InputNanoDollarsPerMillionTokens = inputPrice, OutputNanoDollarsPerMillionTokens = outputPrice });

        await vendor.AnswerAsync(Body(prompt, $"\"max_tokens\":{maxTokens}"));

        Assert.Equal(expected, vendor.Vendor.Bill.Total);
        Assert.Equal(expected, vendor.Vendor.Log.Find(1)!.NanoDollars);
        Assert.Equal(1, vendor.Vendor.Bill.Requests);
    }

    [Fact]
    public async Task Total_SeveralRequests_IsTheSumOfTheirCharges()
    {
        await using var vendor = await StartAsync();

        await vendor.AnswerAsync(Body("Hello"));                                   // 5 in, 3 out: 42,500
        await vendor.EventsAsync(Body("Hello world!!", "\"stream\":true"));        // 7 in, 3 out: 47,500
        await vendor.AnswerAsync(Body("tokens: 10", "\"n\":2"));                    // 3 + 3 in, 20 out: 215,000
        await vendor.AnswerAsync(Body("Hello", "\"n\":0"));                         // a 400

        Assert.Equal(42_500 + 47_500 + 215_000, vendor.Vendor.Bill.Total);
        Assert.Equal((3, 18, 26), (vendor.Vendor.Bill.Requests, vendor.Vendor.Bill.InputTokens, vendor.Vendor.Bill.OutputTokens));
    }

    [Fact]
    public async Task Charge_OfAModelWithItsOwnPrice_IsAtThat()
    {
        await using var vendor = await StartAsync(Instant with
        {
            InputNanoDollarsPerMillionTokens = 2_000_000_000,
            OutputNanoDollarsPerMillionTokens = 4_000_000_000,
            ModelPrices = Instant.ModelPrices.Add("small", (1_000_000_000, 0)),
        });

        await vendor.AnswerAsync(Body("Hello", "\"max_tokens\":1", "small")); // 5 × 1
        await vendor.AnswerAsync(Body("Hello", "\"max_tokens\":1"));          // 5 × 2 + 1 × 4

        Assert.Equal(5_000 + 14_000, vendor.Vendor.Bill.Total);
    }

    [Fact]
    public async Task InputTokens_ToolsAndParts_AreCounted()
    {
        await using var vendor = await StartAsync();

        // Two messages: 3 + 1 (text "abc") and 3 + 2 ("ab" and "cdefg" are 7 bytes); tools: 61 bytes as sent are 16.
        const string Tools = """[{"type":"function","function":{"name":"f","parameters":{}}}]""";
        Assert.Equal(61, Tools.Length);
        await vendor.AnswerAsync($$$"""
            {"model":"sim","messages":[{"role":"system","content":"abc"},{"role":"user","content":[{"type":"text","text":"ab"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"cdefg"}]}],"tools":{{{Tools}}}}
            """);

        Assert.Equal(4 + 5 + 16, vendor.Vendor.Bill.InputTokens);
    }

    [Theory]
    [InlineData("truncate 3", 2, 32_500)]        // 5 in, two tokens in three events
    [InlineData("reset 1", 0, 12_500)]
    [InlineData("error 4 code=x", 3, 42_500)]
    [InlineData("no-done", 3, 42_500)]
    [InlineData("split 5", 3, 42_500)]
    public async Task Charge_CutOffStream_CountsWhatWasProduced(string fault, int tokens, long expected)
    {
        await using var vendor = await StartAsync(fault);
        using var client = await RawClient.ConnectAsync(vendor.Vendor);
        await client.PostAsync(Body("Hello", "\"stream\":true"));

        await vendor.Vendor.Log.WhenAsync(request => request.Ending is not null, vendor.Guard);

        Assert.Equal(tokens, vendor.Vendor.Bill.OutputTokens);
        Assert.Equal(expected, vendor.Vendor.Bill.Total);
    }
}
