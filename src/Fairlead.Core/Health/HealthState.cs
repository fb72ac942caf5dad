namespace Fairlead.Core.Health;

/// <summary>A target's health in one word, as rules read it.</summary>
public static class HealthState
{
    /// <summary>Below this share of answers a target fails.</summary>
    private const double LeastSuccess = 0.5;

    /// <summary>Too few attempts to tell.</summary>
    public const string Unproven = "unproven";

    /// <summary>It answers.</summary>
    public const string Healthy = "healthy";

    /// <summary>More than half of the attempts fail.</summary>
    public const string Failing = "failing";

    /// <summary>The word for what was measured.</summary>
    /// <param name="health">Null: nothing was.</param>
    public static string Of(TargetHealth? health) => health?.SuccessRate switch
    {
        null => Unproven,
        < LeastSuccess => Failing,
        _ => Healthy,
    };
}
