using Fairlead.Core.Health;

namespace Fairlead.Core.Tests.Health;

/// <summary>Which figure holds, and where it comes from.</summary>
public sealed class EffectiveHealthTests
{
    private static readonly TargetHealth Measured = new()
    {
        Samples = 7,
        TimedSamples = 6,
        JudgedSamples = 5,
        SchemaSamples = 4,
        ToolSamples = 3,
        P50Ms = 10,
        P95Ms = 20,
        P99Ms = 30,
        SuccessRate = 0.9,
        RetryRate = 0.1,
        SchemaValidity = 0.8,
        ToolSuccess = 0.7,
        QuotaLeft = 0.6,
    };

    private static readonly TargetPrior Stated = new()
    {
        P50Ms = 11,
        P95Ms = 21,
        P99Ms = 31,
        SuccessRate = 0.91,
        RetryRate = 0.11,
        SchemaValidity = 0.81,
        ToolSuccess = 0.71,
        QuotaLeft = 0.61,
    };

    [Fact]
    public void Figures_Measured_AreTakenBeforeWhatIsStated() => Assert.Equal(
        [
            new(10, FigureSource.Measured, 6), new(20, FigureSource.Measured, 6), new(30, FigureSource.Measured, 6), new(0.9, FigureSource.Measured, 5),
            new(0.1, FigureSource.Measured, 7), new(0.8, FigureSource.Measured, 4), new(0.7, FigureSource.Measured, 3), new(0.6, FigureSource.Measured, 1),
        ],
        All(EffectiveHealth.Of(Measured, Stated)));

    [Fact]
    public void Figures_TooFewSamples_AreWhatIsStated() => Assert.Equal(
        [
            new(11, FigureSource.Prior, 6), new(21, FigureSource.Prior, 6), new(31, FigureSource.Prior, 6), new(0.91, FigureSource.Prior, 5),
            new(0.11, FigureSource.Prior, 7), new(0.81, FigureSource.Prior, 4), new(0.71, FigureSource.Prior, 3), new(0.61, FigureSource.Prior, 0),
        ],
        All(EffectiveHealth.Of(new TargetHealth { Samples = 7, TimedSamples = 6, JudgedSamples = 5, SchemaSamples = 4, ToolSamples = 3 }, Stated)));

    [Fact]
    public void Figures_FallBackEachByItself()
    {
        var health = EffectiveHealth.Of(new TargetHealth { Samples = 30, JudgedSamples = 30, SuccessRate = 0 }, new TargetPrior { P95Ms = 800 });

        Assert.Equal(new Figure(0, FigureSource.Measured, 30), health.SuccessRate);
        Assert.Equal(new Figure(800, FigureSource.Prior, 0), health.P95Ms);
        Assert.Equal(new Figure(null, FigureSource.None, 0), health.P50Ms);
    }

    [Fact]
    public void Figures_NothingKnown_AreNone()
    {
        Assert.All(All(EffectiveHealth.Of(null, null)), figure => Assert.Equal(new Figure(null, FigureSource.None, 0), figure));
        Assert.Equal(0, EffectiveHealth.Of(null, Stated).Samples);
    }

    private static List<Figure> All(EffectiveHealth health) =>
        [health.P50Ms, health.P95Ms, health.P99Ms, health.SuccessRate, health.RetryRate, health.SchemaValidity, health.ToolSuccess, health.QuotaLeft];
}
