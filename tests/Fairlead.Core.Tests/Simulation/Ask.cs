namespace Fairlead.Core.Tests.Simulation;

/// <summary>What one client asks, and how it behaves.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="At">When.</param>
/// <param name="Model">The route, or the target.</param>
internal sealed record Ask(int Number, TimeSpan At, string Model)
{
    public bool IsStream { get; init; }

    /// <summary>Whether it leaves something behind at the vendor.</summary>
    public bool HasEffects { get; init; }

    /// <summary>Whether every vendor refuses it for what it is.</summary>
    public bool IsBad { get; init; }

    /// <summary>Whether every vendor's policy rejects its prompt.</summary>
    public bool IsRejected { get; init; }

    /// <summary>Whether the world's constraint is about it.</summary>
    public bool IsSealed { get; init; }

    public int PromptTokens { get; init; } = 400;

    public int OutputTokens { get; init; } = 100;

    /// <summary>The client's own deadline; null for the route's.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When the client leaves; null: it stays.</summary>
    public TimeSpan? Leaves { get; init; }
}
