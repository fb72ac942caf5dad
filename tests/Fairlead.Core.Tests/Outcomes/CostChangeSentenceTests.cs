using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;

namespace Fairlead.Core.Tests.Outcomes;

/// <summary>A change of cost in words.</summary>
public sealed class CostChangeSentenceTests
{
    [Fact]
    public void Rise_TellsThePartsFromTheLargestOn() => Assert.Equal(
        "Cost rose by $1.20 (12 %) to $11.20: model mix +$0.90, output length +$0.40, volume −$0.10.",
        CostChangeSentence.Of(Change(10_000_000_000, -100_000_000, 900_000_000, 0, 0, 400_000_000, 0), isPerOutcome: false));

    [Fact]
    public void Fall_PerOutcome_IsToldWithTwoDigitsThatCount() => Assert.Equal(
        "Cost per successful outcome fell by $0.00012 (1.2 %) to $0.00988: price −$0.00012.",
        CostChangeSentence.Of(Change(10_000_000, 0, 0, 0, 1, -2, -119_999), isPerOutcome: true));

    [Fact]
    public void None_StaysAndTellsWhatOutweighsItself() => Assert.Equal(
        "Cost stayed at $3.00: volume +$0.50, price −$0.50.",
        CostChangeSentence.Of(Change(3_000_000_000, 500_000_000, 0, 0, 0, 0, -500_000_000), isPerOutcome: false));

    [Fact]
    public void None_OfNothing_IsPlain() => Assert.Equal("Cost stayed at $0.00.", CostChangeSentence.Of(Change(0, 0, 0, 0, 0, 0, 0), isPerOutcome: false));

    [Fact]
    public void Rise_FromNothing_HasNoShare() => Assert.Equal(
        "Cost rose by $1,234.50 to $1,234.50: volume +$1,234.50.",
        CostChangeSentence.Of(Change(0, 1_234_500_000_000, 0, 0, 0, 0, 0), isPerOutcome: false));

    private static CostChange Change(long before, params long[] parts) => new(new Usd(before), new Usd(before + parts.Sum()), [.. parts.Select(part => new Usd(part))]);
}
