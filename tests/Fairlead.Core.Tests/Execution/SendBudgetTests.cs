using CsCheck;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Tests.Execution;

/// <summary>One send per untried tier is kept; the rest shares what is left of tiers + 2, at most six.</summary>
public sealed class SendBudgetTests
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 4)]
    [InlineData(3, 5)]
    [InlineData(4, 6)]
    [InlineData(5, 6)]
    [InlineData(6, 6)]
    public void Extras_InTheFirstTier_LeaveOneForEachOther(int tiers, int most)
    {
        var budget = new SendBudget(tiers);
        Assert.True(budget.TryFirstOfTier());
        while (budget.TryExtra())
        {
        }

        Assert.Equal(most - (tiers - 1), budget.Sent);
        for (var tier = 1; tier < tiers; tier++) Assert.True(budget.TryFirstOfTier());
        Assert.Equal(most, budget.Sent);
        Assert.False(budget.TryExtra());
    }

    [Fact]
    public void TryFirstOfTier_MoreTiersThanSends_EndsAtSix()
    {
        var budget = new SendBudget(9);
        for (var i = 0; i < 6; i++) Assert.True(budget.TryFirstOfTier());

        Assert.False(budget.TryFirstOfTier());
        Assert.Equal(6, budget.Sent);
    }

    [Fact]
    public void AnyOrder_NeverPassesTheLimitAndNeverStarvesATier()
    {
        Gen.Select(Gen.Int[1, 6], Gen.Bool.Array[0, 20]).Sample((tiers, wants) =>
        {
            var budget = new SendBudget(tiers);
            var entered = 0;
            var sent = 0;
            foreach (var isExtra in wants)
            {
                if (isExtra && entered > 0)
                {
                    if (budget.TryExtra()) sent++;
                }
                else if (entered < tiers)
                {
                    Assert.True(budget.TryFirstOfTier());
                    entered++;
                    sent++;
                }
            }

            while (entered < tiers)
            {
                Assert.True(budget.TryFirstOfTier());
                entered++;
                sent++;
            }

            Assert.Equal(sent, budget.Sent);
            Assert.True(sent <= Math.Min(6, tiers + 2));
        });
    }

    [Fact]
    public void Reopen_TiersAnew_StaysWithinTheLimit()
    {
        var budget = new SendBudget(1);
        Assert.True(budget.TryFirstOfTier());
        budget.Reopen();

        Assert.True(budget.TryFirstOfTier());
        Assert.True(budget.TryExtra());
        Assert.False(budget.TryExtra());
        Assert.Equal(3, budget.Sent);
    }
}
