using System.Collections.Frozen;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Tests.Routing;

namespace Fairlead.Core.Tests.Health;

/// <summary>When a send is hedged, and how often.</summary>
public sealed class HedgeBudgetTests
{
    private static readonly HedgeSettings AfterP98 = new(98, null, 0.03);

    [Theory]
    [InlineData(98, 900.0, 900)]
    [InlineData(98, 8000.0, 1600)] // the slow ones are more than two of a hundred at the moment
    [InlineData(99, 2200.0, 2200)]
    [InlineData(99, 8000.0, 2400)]
    public void DelayOf_APercentileAmongWhatIsSlow_IsNotWaitedFor(int percentile, double measured, double milliseconds)
    {
        var health = new TargetHealth { Samples = 100, TimedSamples = 100, P50Ms = 400, P95Ms = 800, P98Ms = measured, P99Ms = measured };
        var view = new HealthView(1, new Dictionary<string, TargetHealth> { ["slow"] = health }.ToFrozenDictionary(StringComparer.Ordinal));

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), HedgeBudget.DelayOf(AfterP98 with { Percentile = percentile }, Worlds.Target("slow"), view));
    }

    [Fact]
    public void DelayOf_NothingKnown_IsNone() => Assert.Null(HedgeBudget.DelayOf(AfterP98, Worlds.Target("new"), HealthView.Empty));

    [Fact]
    public void TryTake_GivesTheShareOfWhatWasAsked()
    {
        var budget = new HedgeBudget();
        var taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            budget.Asked("route", AfterP98);
            if (budget.TryTake("route")) taken++;
        }

        Assert.Equal(30, taken);
    }
}
