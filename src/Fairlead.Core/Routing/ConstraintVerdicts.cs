using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// Which targets each constraint allows, as far as it can be told without a request: each pair of a constraint and a target is judged once,
/// so that proving a thousand routes costs no thousand times that. Not safe for several threads.
/// </summary>
internal sealed class ConstraintVerdicts(GatewaySnapshot snapshot)
{
    private readonly Dictionary<Constraint, bool[]> _allowed = [];
    private bool[]? _always;

    /// <summary>By the target's index: whether it meets every constraint that has no rule of its own.</summary>
    public bool[] Always => _always ??= All(snapshot.Constraints.Where(constraint => constraint.When is null));

    /// <summary>By the target's index: whether it meets every constraint that all requests of a route are under.</summary>
    public bool[] Of(Route route) => All(snapshot.Constraints.Where(constraint => HoldsForAll(constraint, route)));

    /// <summary>
    /// Whether every request that a route takes by its rule is under a constraint: it has no rule of its own, or the route's demands each
    /// part of it.
    /// </summary>
    public static bool HoldsForAll(Constraint constraint, Route route) =>
        constraint.When is not { } when || (route.When is { } taken && when.Parts.All(part => taken.Parts.Any(other => other.Expression.SameAs(part.Expression))));

    private bool[] All(IEnumerable<Constraint> constraints)
    {
        var all = new bool[snapshot.TargetList.Length];
        Array.Fill(all, true);
        foreach (var constraint in constraints)
        {
            var one = Of(constraint);
            for (var i = 0; i < all.Length; i++) all[i] &= one[i];
        }

        return all;
    }

    private bool[] Of(Constraint constraint)
    {
        if (_allowed.TryGetValue(constraint, out var known)) return known;
        var inputs = new TargetInputs { Workload = "", Health = HealthView.Empty };
        var allowed = new bool[snapshot.TargetList.Length];
        for (var i = 0; i < allowed.Length; i++)
        {
            inputs.Target = snapshot.TargetList[i];
            allowed[i] = PolicyProof.Failing(constraint.Require, inputs) is null;
        }

        return _allowed[constraint] = allowed;
    }
}
