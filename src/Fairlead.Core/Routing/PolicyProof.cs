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
        var verdicts = new ConstraintVerdicts(snapshot);
        foreach (var route in snapshot.Routes)
        {
            var proof = new RouteProof(snapshot, route, verdicts);
            foreach (var tier in route.Tiers)
            {
                // Reasons are worded only where they are told: thousands of targets may fail before one does not.
                if (tier.Targets.IsEmpty || tier.Targets.Any(target => proof.Might(target, tier))) continue;
                var told = string.Join("; ", tier.Targets.Take(MostTold).Select(target => $"{target.Name}: {proof.WhyNot(target, tier)}"));
                yield return new PolicyFinding(tier.At, $"the tier {Words.Quote(tier.Name)} can never serve: {told}{(tier.Targets.Length > MostTold ? $"; and {tier.Targets.Length - MostTold} more" : "")}");
            }
        }
    }

    /// <summary>The first part that is known to be false without a request.</summary>
    internal static Rule? Failing(Rule? rule, TargetInputs inputs)
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

/// <summary>What can be told of the targets of one route without a request. Not safe for several threads.</summary>
internal sealed class RouteProof(GatewaySnapshot snapshot, Route route, ConstraintVerdicts verdicts)
{
    private readonly bool[] _allowed = verdicts.Of(route);
    private readonly TargetInputs _inputs = new() { Workload = "", Health = HealthView.Empty, Primary = RouteProgram.PrimaryOf(route, route.Tiers, verdicts) };

    /// <summary>Whether a target might serve a tier.</summary>
    public bool Might(Target target, Tier tier)
    {
        if (!_allowed[target.Index] || route.Needs?.Missing(target) is not null) return false;
        _inputs.Target = target;
        return PolicyProof.Failing(route.Require, _inputs) is null && PolicyProof.Failing(tier.Require, _inputs) is null;
    }

    /// <summary>Why a target can never serve a tier, whatever is asked and measured; null when it might.</summary>
    public string? WhyNot(Target target, Tier tier)
    {
        if (Might(target, tier)) return null;
        if (route.Needs?.Missing(target) is { } missed) return $"the route promises {missed}";
        _inputs.Target = target;
        foreach (var constraint in _allowed[target.Index] ? [] : snapshot.Constraints)
        {
            if (ConstraintVerdicts.HoldsForAll(constraint, route) && PolicyProof.Failing(constraint.Require, _inputs) is { } part) return $"constraint {constraint.Name} ({RuleReasons.Of(part, _inputs)})";
        }

        return RuleReasons.Of((PolicyProof.Failing(route.Require, _inputs) ?? PolicyProof.Failing(tier.Require, _inputs))!, _inputs);
    }
}
