namespace Fairlead.Core.Health;

/// <summary>Where a figure comes from.</summary>
public enum FigureSource
{
    /// <summary>Nowhere: it is unknown.</summary>
    None = 0,

    /// <summary>Stated by the configuration or the catalog; too little was measured.</summary>
    Prior,

    /// <summary>Measured over the window.</summary>
    Measured,
}

/// <summary>A figure and where it comes from.</summary>
/// <param name="Value">Null when it is unknown.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Samples">What was measured for it in the window, whether or not that was enough.</param>
public readonly record struct Figure(double? Value, FigureSource Source, int Samples)
{
    /// <summary>The measured figure, else the stated one, else none.</summary>
    public static Figure Of(double? measured, double? prior, int samples) =>
        new(measured ?? prior, measured is not null ? FigureSource.Measured : prior is not null ? FigureSource.Prior : FigureSource.None, samples);
}

/// <summary>
/// The figures that hold for a target: what was measured, where that is enough, else what is stated of it. Each figure falls back by
/// itself. Immutable; making one allocates nothing.
/// </summary>
public readonly struct EffectiveHealth
{
    private readonly TargetHealth? _measured;
    private readonly TargetPrior? _prior;

    private EffectiveHealth(TargetHealth? measured, TargetPrior? prior)
    {
        _measured = measured;
        _prior = prior;
    }

    /// <summary>Attempts in the window.</summary>
    public int Samples => _measured?.Samples ?? 0;

    /// <summary>Median of the time to the answer, in milliseconds.</summary>
    public Figure P50Ms => Figure.Of(_measured?.P50Ms, _prior?.P50Ms, Timed);

    /// <summary>95th percentile of the time to the answer, in milliseconds.</summary>
    public Figure P95Ms => Figure.Of(_measured?.P95Ms, _prior?.P95Ms, Timed);

    /// <summary>99th percentile of the time to the answer, in milliseconds.</summary>
    public Figure P99Ms => Figure.Of(_measured?.P99Ms, _prior?.P99Ms, Timed);

    /// <summary>Share of attempts that answered, 0 to 1.</summary>
    public Figure SuccessRate => Figure.Of(_measured?.SuccessRate, _prior?.SuccessRate, _measured?.JudgedSamples ?? 0);

    /// <summary>Share of attempts that repeated one on the same target, 0 to 1.</summary>
    public Figure RetryRate => Figure.Of(_measured?.RetryRate, _prior?.RetryRate, Samples);

    /// <summary>Share of answers that meet their schema, 0 to 1.</summary>
    public Figure SchemaValidity => Figure.Of(_measured?.SchemaValidity, _prior?.SchemaValidity, _measured?.SchemaSamples ?? 0);

    /// <summary>Share of tool calls with the arguments that their tools ask for, 0 to 1.</summary>
    public Figure ToolSuccess => Figure.Of(_measured?.ToolSuccess, _prior?.ToolSuccess, _measured?.ToolSamples ?? 0);

    /// <summary>What the vendor says is left of its limit, 0 to 1; the last word counts, so it has one sample or none.</summary>
    public Figure QuotaLeft => Figure.Of(_measured?.QuotaLeft, _prior?.QuotaLeft, _measured?.QuotaLeft is null ? 0 : 1);

    private int Timed => _measured?.TimedSamples ?? 0;

    /// <summary>The figures that hold.</summary>
    /// <param name="measured">Null when nothing was.</param>
    /// <param name="prior">Null when nothing is stated.</param>
    public static EffectiveHealth Of(TargetHealth? measured, TargetPrior? prior) => new(measured, prior);
}
