using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Routing;

/// <summary>What a filter found of a target.</summary>
/// <param name="Cause">Why it may not be tried; null when it may.</param>
/// <param name="Reason">The same in a few words; null when it may.</param>
/// <param name="IsUnproven">Whether a rule passed because too little is measured.</param>
internal readonly record struct FilterVerdict(RejectionCause? Cause, string? Reason, bool IsUnproven)
{
    public static FilterVerdict Passed => default;
}

/// <summary>
/// The hard filters, in one fixed order, so that a target that fails several is always rejected for the same. Split in two: what many
/// requests share, and what only one request knows. Pure.
/// </summary>
internal static class CandidateFilter
{
    /// <summary>What depends on the caller, the kind of request, the workload and what was measured: the same for many requests.</summary>
    public static FilterVerdict Shared(Target target, in SharedKey key, ImmutableArray<Constraint> constraints, Route? route, Rule? tier, TargetInputs inputs, RuleErrors errors)
    {
        if (Credentials(target) is { } missing) return Rejected(RejectionCause.NoCredentials, missing);
        if (!key.Permissions.AllowsTarget(target.Name, target.IsRestricted)) return Rejected(RejectionCause.NotPermitted, "the key may not use it");
        if (!target.Environments.IsEmpty && !target.Environments.Contains(key.Environment ?? ""))
        {
            return Rejected(RejectionCause.Environment, key.Environment is null ? "the request names no environment" : key.Environment.Length == 0 ? "not for the environment of the request" : $"not for environment {key.Environment}");
        }

        if (target.Facts.Retires is { } day && day <= key.Day) return Rejected(RejectionCause.Retired, $"retired on {day:yyyy-MM-dd}");
        if (key.NeedsTools && target.Facts.Tools == false) return Rejected(RejectionCause.Capability, "calls no tools");
        if (key.NeedsSchema && target.Facts.JsonSchema == false) return Rejected(RejectionCause.Capability, "takes no JSON Schema");
        if (key.NeedsVision && target.Facts.Vision == false) return Rejected(RejectionCause.Capability, "reads no images");
        if (route?.Needs?.Missing(target) is { } missed) return Rejected(RejectionCause.Capability, $"the route promises {missed}");
        return Rules(target, constraints, route?.Require, tier, inputs, errors, ofRequest: false);
    }

    /// <summary>What only this request knows.</summary>
    public static FilterVerdict Own(Target target, RequestFacts facts, long expectedCost, ImmutableArray<Constraint> constraints, Rule? route, Rule? tier, TargetInputs inputs, RuleErrors errors)
    {
        if (WindowOf(target, facts) is { } tooSmall) return Rejected(RejectionCause.Window, tooSmall);
        if (facts.MaxCost is { } most && expectedCost > most.NanoDollars) return Rejected(RejectionCause.TooDear, $"dearer than the ${most} that the request allows");
        return Rules(target, constraints, route, tier, inputs, errors, ofRequest: true);
    }

    /// <summary>Why a target has no way to its vendor; null when it has.</summary>
    public static string? Credentials(Target target)
    {
        var provider = target.Provider;
        if (!provider.NeedsKey || !provider.Keys.IsEmpty) return null;
        return provider.MissingKeys.IsEmpty ? "its provider has no key" : $"no key ({string.Join(", ", provider.MissingKeys)} missing)";
    }

    /// <summary>
    /// Why the prompt does not fit; null when it does or nobody knows. The cheap upper bound settles it mostly; the estimate is made only
    /// where that is above the window.
    /// </summary>
    private static string? WindowOf(Target target, RequestFacts facts)
    {
        if (target.Facts.MaxOutput is { } largest && facts.MaxOutputTokens > largest) return $"its largest output is {largest} tokens";
        if (target.Facts.ContextWindow is not { } window || facts.PromptTokensBound <= window) return null;
        return facts.Content.PromptTokens > window ? $"its window is {window} tokens" : null;
    }

    private static FilterVerdict Rules(Target target, ImmutableArray<Constraint> constraints, Rule? route, Rule? tier, TargetInputs inputs, RuleErrors errors, bool ofRequest)
    {
        inputs.Target = target;
        var isUnproven = false;
        foreach (var constraint in constraints)
        {
            if (Failing(constraint.Require, inputs, errors, ofRequest, ref isUnproven) is { } part) return Rejected(RejectionCause.Constraint, $"constraint {constraint.Name} ({RuleReasons.Of(part, inputs)})");
        }

        if (route is not null && Failing(route, inputs, errors, ofRequest, ref isUnproven) is { } ofRoute) return Rejected(CauseOf(ofRoute), RuleReasons.Of(ofRoute, inputs));
        if (tier is not null && Failing(tier, inputs, errors, ofRequest, ref isUnproven) is { } ofTier) return Rejected(CauseOf(ofTier), RuleReasons.Of(ofTier, inputs));
        return new FilterVerdict(null, null, isUnproven);
    }

    /// <summary>The first part that is false or errs; null when the rule holds. An unknown figure passes, and is told.</summary>
    private static Rule? Failing(Rule rule, TargetInputs inputs, RuleErrors errors, bool ofRequest, ref bool isUnproven)
    {
        foreach (var part in rule.Parts)
        {
            if ((part.Input & RuleInput.Request) != 0 != ofRequest) continue;
            var value = part.Expression.Evaluate(inputs);
            if (value.IsTrue) continue;
            if (value.Kind != CelKind.Unknown)
            {
                if (value.Kind == CelKind.Error) errors.Add(part, value);
                return part;
            }

            isUnproven = true;
        }

        return null;
    }

    private static RejectionCause CauseOf(Rule rule) => rule.IsForNow ? RejectionCause.RequireForNow : RejectionCause.Require;

    private static FilterVerdict Rejected(RejectionCause cause, string reason) => new(cause, reason, false);
}

/// <summary>What the shared filters depend on: requests of one key have one set of candidates.</summary>
/// <param name="Alias">The alias that led to the route; null for none.</param>
/// <param name="IsAuto">Whether the routes decided.</param>
/// <param name="Constraints">One bit for each of the first 64 constraints that the request is under.</param>
/// <param name="FurtherConstraints">The same for those behind them, 16 to a character; null where there are none.</param>
/// <param name="Workload">The workload.</param>
/// <param name="Permissions">What the caller may use.</param>
/// <param name="Environment">The environment.</param>
/// <param name="NeedsTools">Whether tools are offered.</param>
/// <param name="NeedsSchema">Whether a schema is to be met.</param>
/// <param name="NeedsVision">Whether there are images.</param>
/// <param name="Day">The day, where some target retires; else the first of all.</param>
internal readonly record struct SharedKey(
    string? Alias, bool IsAuto, ulong Constraints, string? FurtherConstraints, string Workload, CallerPermissions Permissions, string? Environment, bool NeedsTools, bool NeedsSchema, bool NeedsVision, DateOnly Day);
