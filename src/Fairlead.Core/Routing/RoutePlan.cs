using System.Collections.Immutable;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Routing;

/// <summary>Ordered tiers of candidates for one request, and why each other target was rejected. Immutable.</summary>
public sealed record RoutePlan
{
    /// <summary>The route that decided; null for a pinned target.</summary>
    public required Route? Route { get; init; }

    /// <summary>The alias the client's name is, as configured; null when it is none.</summary>
    public string? Alias { get; init; }

    /// <summary>Tiers that have at least one candidate, in order. Empty: nothing can serve the request.</summary>
    public required ImmutableArray<PlannedTier> Tiers { get; init; }

    /// <summary>Targets of the route that may not be tried, in the order of the plan.</summary>
    public required ImmutableArray<RejectedCandidate> Rejected { get; init; }

    /// <summary>The clocks that hold.</summary>
    public required Timeouts Timeouts { get; init; }

    /// <summary>Whether the plan is this request's alone, because a target was passed over for what this request asks.</summary>
    public bool IsOwn { get; private init; }

    /// <summary>What an unpriced target counts at; null when nothing on the route is priced.</summary>
    public Price? WorstPrice { get; init; }

    /// <summary>The plan without a target that cannot carry what the request asks.</summary>
    /// <param name="tier">The tier that proposed it.</param>
    /// <param name="target">The target.</param>
    /// <param name="reason">A short cause, for the sentence.</param>
    public RoutePlan Without(PlannedTier tier, Target target, string reason)
    {
        var tiers = Tiers
            .Select(planned => planned.Number == tier.Number ? planned with { Candidates = planned.Candidates.Remove(target) } : planned)
            .Where(planned => !planned.Candidates.IsEmpty);
        return this with
        {
            IsOwn = true,
            Tiers = [.. tiers],
            Rejected = Rejected.Add(new RejectedCandidate(target.Name, tier.Name, reason) { Cause = RejectionCause.CannotCarry }),
        };
    }
}

/// <summary>A tier with its candidates in the order they are tried.</summary>
/// <param name="Name">The tier's name.</param>
/// <param name="Number">Its place in the route, from 1; rejected tiers keep theirs.</param>
/// <param name="Candidates">At least one.</param>
public sealed record PlannedTier(string Name, int Number, ImmutableArray<Target> Candidates);

/// <summary>A target that may not be tried.</summary>
/// <param name="Target">Its name.</param>
/// <param name="Tier">The tier that proposed it.</param>
/// <param name="Reason">A short cause, for the sentence.</param>
public sealed record RejectedCandidate(string Target, string Tier, string Reason)
{
    /// <summary>The kind of the cause.</summary>
    public RejectionCause Cause { get; init; }
}

/// <summary>Why a target may not be tried.</summary>
public enum RejectionCause
{
    /// <summary>Its provider wants a key, and there is none.</summary>
    NoCredentials = 0,

    /// <summary>Its dialect has no word for something that changes what the request means.</summary>
    CannotCarry,
}
