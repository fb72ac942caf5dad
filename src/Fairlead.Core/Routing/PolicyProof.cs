using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// Proves at load that each tier of each route can serve: that at least one of its targets meets what the route promises, what route and
/// tier require, and the constraints that every request of the route is under. Rules that depend on a request or on what is measured
/// are taken to hold. Pure.
/// </summary>
public static class PolicyProof
{
    private const int MostTold = 4;

    /// <summary>The tiers that can never serve, each with the reasons.</summary>
    public static IEnumerable<PolicyFinding> Of(GatewaySnapshot snapshot)
    {
        foreach (var route in snapshot.Routes)
        {
            var program = new RouteProgram(snapshot, route);
            foreach (var tier in route.Tiers)
            {
                // Reasons are worded only where they are told: thousands of targets may fail before one does not.
                if (tier.Targets.IsEmpty || tier.Targets.Any(target => Might(target, route, tier, snapshot, program.Primary))) continue;
                var told = string.Join("; ", tier.Targets.Take(MostTold).Select(target => $"{target.Name}: {WhyNot(target, route, tier, snapshot, program.Primary)}"));
                yield return new PolicyFinding(tier.At, $"the tier {Words.Quote(tier.Name)} can never serve: {told}{(tier.Targets.Length > MostTold ? $"; and {tier.Targets.Length - MostTold} more" : "")}");
            }
        }
    }

    /// <summary>Whether a target might serve a tier of a route.</summary>
    internal static bool Might(Target target, Route route, Tier tier, GatewaySnapshot snapshot, Target? primary)
    {
        var inputs = Inputs(target, primary);
        return route.Needs?.Missing(target) is null
            && snapshot.Constraints.All(constraint => !HoldsForAll(constraint, route) || Failing(constraint.Require, inputs) is null)
            && Failing(route.Require, inputs) is null
            && Failing(tier.Require, inputs) is null;
    }

    /// <summary>Why a target can never serve a tier of a route, whatever is asked and measured; null when it might.</summary>
    internal static string? WhyNot(Target target, Route route, Tier tier, GatewaySnapshot snapshot, Target? primary)
    {
        var inputs = Inputs(target, primary);
        if (route.Needs?.Missing(target) is { } missed) return $"the route promises {missed}";
        foreach (var constraint in snapshot.Constraints)
        {
            if (HoldsForAll(constraint, route) && Failing(constraint.Require, inputs) is { } part) return $"constraint {constraint.Name} ({RuleReasons.Of(part, inputs)})";
        }

        return (Failing(route.Require, inputs) ?? Failing(tier.Require, inputs)) is { } failing ? RuleReasons.Of(failing, inputs) : null;
    }

    private static TargetInputs Inputs(Target target, Target? primary) => new() { Workload = "", Health = HealthView.Empty, Primary = primary, Target = target };

    /// <summary>
    /// Whether every request that the route takes by its rule is under the constraint: it has no rule of its own, or the route's demands
    /// each part of it.
    /// </summary>
    internal static bool HoldsForAll(Constraint constraint, Route route) =>
        constraint.When is not { } when || (route.When is { } taken && when.Parts.All(part => taken.Parts.Any(other => other.Expression.SameAs(part.Expression))));

    /// <summary>The first part that is known to be false without a request.</summary>
    private static Rule? Failing(Rule? rule, TargetInputs inputs)
    {
        if (rule is null) return null;
        foreach (var part in rule.Parts)
        {
            // A quality for no workload in particular says nothing of the workload that will ask.
            if (part.Input == RuleInput.None && !part.Expression.Evaluate(inputs).IsTrue) return part;
        }

        return null;
    }
}
