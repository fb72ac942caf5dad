using Fairlead.Core.Ledger;

namespace Fairlead.Core.Tests.Ledger;

/// <summary>Amounts as clients read them.</summary>
public sealed class UsdTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.000000001")]
    [InlineData(110_000, "0.00011")]
    [InlineData(1_485_000, "0.001485")]
    [InlineData(1_000_000_000, "1")]
    [InlineData(10_500_000_000, "10.5")]
    [InlineData(-1, "-0.000000001")]
    [InlineData(-500_000_000, "-0.5")]
    [InlineData(-2_000_000_000, "-2")]
    [InlineData(long.MaxValue, "9223372036.854775807")]
    [InlineData(long.MinValue, "-9223372036.854775808")]
    public void ToString_IsPlainDollars(long nanoDollars, string expected) => Assert.Equal(expected, new Usd(nanoDollars).ToString());

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("0.000000001", 1L)]
    [InlineData("0.05", 50_000_000L)]
    [InlineData("1000000", 1_000_000_000_000_000)]
    [InlineData("$1", null)]
    [InlineData("-1", null)]
    [InlineData("", null)]
    [InlineData(".5", null)]
    [InlineData("1e3", null)]
    [InlineData("0.0000000001", null)]
    [InlineData("1000000.000000001", null)]
    public void TryParse_TakesPlainDollarsAlone(string text, long? nanoDollars)
    {
        Assert.Equal(nanoDollars is not null, Usd.TryParse(text, out var amount));
        Assert.Equal(nanoDollars ?? 0, amount.NanoDollars);
    }
}
