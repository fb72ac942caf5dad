using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Quotas;

/// <summary>Quotas, seen from outside, on a clock that the test moves. A prompt "Hello" is five tokens, an answer three; the clock starts at 12:00:00.</summary>
public sealed class QuotaBehaviourTests
{
    private readonly SteppedTime _time = new();

    [Fact]
    public async Task Chat_WithinItsQuota_ShowsOpenAisHeaders()
    {
        await using var vendor = await StartAsync("rpm=500 tpm=200000");

        using var first = await vendor.SendAsync(Body("Hello", "\"max_tokens\":2000"));
        using var second = await vendor.SendAsync(Body());

        Assert.Equal(
            "limit-requests=500 limit-tokens=200000 remaining-requests=499 remaining-tokens=198000 reset-requests=120ms reset-tokens=600ms", Limits(first));
        Assert.Equal("limit-requests=500 limit-tokens=200000 remaining-requests=498 remaining-tokens=197995 reset-requests=240ms reset-tokens=602ms", Limits(second));
    }

    [Fact]
    public async Task Chat_OverItsRequests_IsRefusedInOpenAisWordsAndNotBilled()
    {
        await using var vendor = await StartAsync("rpm=3");
        for (var index = 0; index < 3; index++) Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor));

        using var refused = await vendor.SendAsync(Body("Hello", "\"stream\":true"));
        var error = await ErrorAsync(refused);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("requests", error.GetProperty("type").GetString());
        Assert.Equal("rate_limit_exceeded", error.GetProperty("code").GetString());
        Assert.StartsWith("Rate limit reached for sim on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("20", refused.Headers.GetValues("retry-after").Single());
        Assert.Equal("20000", refused.Headers.GetValues("retry-after-ms").Single());
        Assert.Equal("limit-requests=3 remaining-requests=0 reset-requests=1m0s", Limits(refused));
        Assert.Equal(3, vendor.Vendor.Bill.Requests);
        Assert.Equal((RequestEnding.Rejected, 429, 0L), (vendor.Vendor.Log.Find(4)!.Ending, vendor.Vendor.Log.Find(4)!.StatusCode, vendor.Vendor.Log.Find(4)!.NanoDollars));
    }

    [Fact]
    public async Task Chat_AfterTheTimeItWasTold_IsAnsweredOnceMore()
    {
        await using var vendor = await StartAsync("rpm=3");
        for (var index = 0; index < 3; index++) await StatusAsync(vendor);

        _time.Advance(TimeSpan.FromMilliseconds(19_999));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor));
    }

    [Fact]
    public async Task Chat_OverItsTokens_SaysHowManyItAskedFor()
    {
        await using var vendor = await StartAsync("tpm=30000");
        using var used = await vendor.SendAsync(Body("Hello", "\"max_tokens\":14567"));

        using var refused = await vendor.SendAsync(Body("Hello", "\"max_tokens\":24754"));
        var error = await ErrorAsync(refused);

        Assert.Equal("tokens", error.GetProperty("type").GetString());
        Assert.StartsWith(
            "Rate limit reached for sim on tokens per min (TPM): Limit 30000, Used 14567, Requested 24754. Please try again in 18.642s.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("19", refused.Headers.GetValues("retry-after").Single());
        Assert.Equal("18642", refused.Headers.GetValues("retry-after-ms").Single());
    }

    [Fact]
    public async Task Chat_LargerThanTheLimit_IsRefusedWithoutATimeToComeBack()
    {
        await using var vendor = await StartAsync("tpm=100");

        using var refused = await vendor.SendAsync(Body("Hello", "\"max_tokens\":101"));

        Assert.StartsWith("Request too large for sim on tokens per min (TPM): Limit 100, Requested 101.", (await ErrorAsync(refused)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(refused.Headers.Contains("retry-after"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor));
    }

    [Fact]
    public async Task Chat_AnotherKeyOrModel_HasAnAccountOfItsOwn()
    {
        await using var vendor = await StartAsync("rpm=1");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "one"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "two"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "one", "other"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor, "one"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor));
    }

    [Fact]
    public async Task Chat_SeveralLines_IsHeldToTheFirstThatMatches()
    {
        await using var vendor = await StartAsync("rpm=1 key=poor", "rpm=2 model=large");

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "poor", "large"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor, "poor", "large"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "rich", "large"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "rich", "large"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor, "rich", "large"));
        using var free = await vendor.SendAsync(Body(model: "small"), "rich");
        Assert.Equal((HttpStatusCode.OK, ""), (free.StatusCode, Limits(free)));
    }

    [Fact]
    public async Task Chat_CreditSpent_IsRefusedForGood()
    {
        // Five tokens at $2.50 and three at $10 per million: 42,500 nano-dollars a request.
        await using var vendor = await StartAsync("credit=$0.00008 key=poor");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "poor"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "poor", "other"));

        _time.Advance(TimeSpan.FromDays(400));
        using var refused = await vendor.SendAsync(Body(), "poor");
        var error = await ErrorAsync(refused);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(("insufficient_quota", "insufficient_quota"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.False(refused.Headers.Contains("retry-after"));
        Assert.Equal(85_000, vendor.Vendor.Bill.Total);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor, "rich"));
    }

    [Fact]
    public async Task Chat_RefusedByItsQuota_UsesUpNoFault()
    {
        await using var vendor = await StartAsync("rpm=1");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(vendor));
        vendor.Vendor.Faults.Add("status 503 times=1");

        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(vendor));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(vendor));
    }

    [Fact]
    public async Task Messages_WithinItsQuota_ShowsAnthropicsHeaders()
    {
        await using var vendor = await StartAsync("rpm=60 itpm=40000 otpm=20000");

        using var response = await MessageAsync(vendor, "Hello");
        await response.Content.ReadAsStringAsync(vendor.Guard);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        using var next = await MessageAsync(vendor, new string('x', 4 * 2_997));

        Assert.Equal(
            "input-tokens-limit=40000 input-tokens-remaining=40000 input-tokens-reset=2026-01-31T12:00:01Z output-tokens-limit=20000 output-tokens-remaining=20000 "
            + "output-tokens-reset=2026-01-31T12:00:01Z requests-limit=60 requests-remaining=59 requests-reset=2026-01-31T12:00:01Z tokens-limit=20000 tokens-remaining=20000 tokens-reset=2026-01-31T12:00:01Z",
            Limits(response));
        Assert.Contains("input-tokens-remaining=37000 input-tokens-reset=2026-01-31T12:00:05Z", Limits(next), StringComparison.Ordinal);
        Assert.Contains(" tokens-limit=40000 tokens-remaining=37000 ", Limits(next), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_OverItsAnswers_IsRefusedInAnthropicsWords()
    {
        await using var vendor = await StartAsync("otpm=3");
        using var answered = await MessageAsync(vendor, "Hello");
        await answered.Content.ReadAsStringAsync(vendor.Guard);

        using var refused = await MessageAsync(vendor, "Hello");
        var error = await ErrorAsync(refused);

        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("rate_limit_error", error.GetProperty("type").GetString());
        Assert.StartsWith("This request would exceed your organization's rate limit of 3 output tokens per minute (model: sim).", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("20", refused.Headers.GetValues("retry-after").Single());
        Assert.Equal(
            "output-tokens-limit=3 output-tokens-remaining=0 output-tokens-reset=2026-01-31T12:01:00Z tokens-limit=3 tokens-remaining=0 tokens-reset=2026-01-31T12:01:00Z", Limits(refused));
    }

    [Fact]
    public async Task Messages_TokensPerMinute_CountPromptAndAnswer()
    {
        await using var vendor = await StartAsync("tpm=100");
        using var answered = await MessageAsync(vendor, "Hello");
        await answered.Content.ReadAsStringAsync(vendor.Guard);

        using var next = await MessageAsync(vendor, "Hello");

        // Five and three of the first, and the same of the second, whose answer is whole before it is sent.
        Assert.Contains("tokens-remaining=84", Limits(next), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_CreditSpent_IsABillingError()
    {
        await using var vendor = await StartAsync("credit=$0.00001");
        using var answered = await MessageAsync(vendor, "Hello");
        await answered.Content.ReadAsStringAsync(vendor.Guard);

        using var refused = await MessageAsync(vendor, "Hello");

        Assert.Equal(HttpStatusCode.PaymentRequired, refused.StatusCode);
        Assert.Equal("billing_error", (await ErrorAsync(refused)).GetProperty("type").GetString());
        Assert.Equal(1, vendor.Vendor.Bill.Requests);
    }

    private Task<TestVendor> StartAsync(params string[] quotas) => TestVendor.StartAsync(Instant with { Quotas = [.. quotas.Select(SimulatedQuota.Parse)] }, _time);

    private static async Task<HttpStatusCode> StatusAsync(TestVendor vendor, string? key = null, string model = "sim")
    {
        using var response = await vendor.SendAsync(Body(model: model), key);
        await response.Content.ReadAsStringAsync(vendor.Guard);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> MessageAsync(TestVendor vendor, string prompt)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $$"""{"model":"sim","max_tokens":100,"messages":[{"role":"user","content":"{{prompt}}"}]}""");
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await vendor.Http.PostAsync(new Uri("v1/messages", UriKind.Relative), content, vendor.Guard);
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");

    /// <summary>All headers of limits, without what begins each name, in alphabetical order.</summary>
    private static string Limits(HttpResponseMessage response) => string.Join(' ', response.Headers
        .Where(header => header.Key.Contains("ratelimit-", StringComparison.Ordinal))
        .Select(header => $"{header.Key[(header.Key.IndexOf("ratelimit-", StringComparison.Ordinal) + "ratelimit-".Length)..]}={header.Value.Single()}")
        .Order(StringComparer.Ordinal));
}
