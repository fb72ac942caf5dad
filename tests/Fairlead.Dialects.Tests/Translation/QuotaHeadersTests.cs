using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>What is left of a vendor's limits, from the headers of its answer.</summary>
public sealed class QuotaHeadersTests
{
    [Theory]
    [InlineData("x-ratelimit-remaining-requests=900; x-ratelimit-limit-requests=1000", 0.9)]
    [InlineData("x-ratelimit-remaining-requests=900; x-ratelimit-limit-requests=1000; x-ratelimit-remaining-tokens=100; x-ratelimit-limit-tokens=400", 0.25)]
    [InlineData("x-ratelimit-remaining-requests=0; x-ratelimit-limit-requests=1000; x-ratelimit-remaining-tokens=400; x-ratelimit-limit-tokens=400", 0.0)]
    [InlineData("anthropic-ratelimit-requests-remaining=50; anthropic-ratelimit-requests-limit=50", 1.0)]
    [InlineData("anthropic-ratelimit-tokens-remaining=1500; anthropic-ratelimit-tokens-limit=2000; anthropic-ratelimit-output-tokens-remaining=100; anthropic-ratelimit-output-tokens-limit=1000", 0.1)]
    [InlineData("anthropic-ratelimit-input-tokens-remaining=1; anthropic-ratelimit-input-tokens-limit=8", 0.125)]
    [InlineData("x-ratelimit-remaining-requests=2000; x-ratelimit-limit-requests=1000", 1.0)] // more than there is
    [InlineData("x-ratelimit-remaining-requests=900", null)]                                // of what?
    [InlineData("x-ratelimit-limit-requests=900", null)]
    [InlineData("x-ratelimit-remaining-requests=5; x-ratelimit-limit-requests=0", null)]
    [InlineData("x-ratelimit-remaining-requests=-5; x-ratelimit-limit-requests=10", null)]
    [InlineData("x-ratelimit-remaining-requests=many; x-ratelimit-limit-requests=NaN", null)]
    [InlineData("x-ratelimit-remaining-requests=Infinity; x-ratelimit-limit-requests=1e9", null)]
    [InlineData("retry-after=3", null)]
    public void Left_IsTheLeastShare(string headers, double? expected)
    {
        var values = headers.Split("; ").Select(header => header.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(expected, QuotaHeaders.Left(name => values.GetValueOrDefault(name)));
    }
}
