namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>A line of the table.</summary>
/// <param name="Group">The part of the table.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Of the values.</param>
internal sealed record Row(string Group, string Name, string Unit)
{
    /// <summary>The same thing, direct to the upstream; null where that means nothing.</summary>
    public double? Direct { get; init; }

    /// <summary>The values, round by round.</summary>
    public required Paired Values { get; init; }

    /// <summary>What it is measured against, where that is not the run's yardstick.</summary>
    public string? Yardstick { get; init; }

    /// <summary>What the ratio may be; null without a bar.</summary>
    public double? Bar { get; init; }

    /// <summary>What the ratio should be.</summary>
    public double? Goal { get; init; }

    /// <summary>What the subject's own value may be; null without a bar.</summary>
    public double? ValueBar { get; init; }

    /// <summary>What the subject's own value should be.</summary>
    public double? ValueGoal { get; init; }

    /// <summary>More about the subject, in a few words.</summary>
    public string? Note { get; init; }
}
