using System.Collections.Immutable;
using Fairlead.Core.PolicyTests;
using Fairlead.Core.Routing;

namespace Fairlead.PolicyTests;

/// <summary>Holds what became of a request to what was expected. Only what is written is looked at. Pure.</summary>
internal static class ExpectationCheck
{
    private const string Nothing = "nothing";

    public static ImmutableArray<Mismatch> Of(Expectation expect, TestedOutcome outcome)
    {
        var found = ImmutableArray.CreateBuilder<Mismatch>();
        var plan = outcome.Plan;
        Same("route", expect.Route, plan?.Route?.Name ?? (plan is null ? null : "no route: the target is pinned"));
        Same("tier", expect.Tier, outcome.Answered?.Tier.Name);
        Same("target", expect.Target, outcome.Answered?.Target.Name);
        Same("workload", expect.Workload, outcome.Workload);
        if (expect.Order is { } order) Order(order, plan, found);
        if (expect.Sensitivity is { } labels && !SameSet(labels, outcome.Sensitivity)) found.Add(new Mismatch("sensitivity", List(labels), List(outcome.Sensitivity)));
        if (expect.Constraints is { } constraints) Constraints(constraints, plan, found);
        foreach (var (target, fragments) in expect.Rejected ?? []) Rejected(target.Name, fragments, plan, found);
        foreach (var target in expect.Never ?? [])
        {
            if (plan?.Tiers.FirstOrDefault(tier => tier.Candidates.Any(candidate => candidate.Target.Name == target.Name)) is { } tier) found.Add(new Mismatch("never", $"no tier holds {target.Name}", $"tier {tier.Name} holds it"));
        }

        foreach (var fragment in expect.Sentence ?? [])
        {
            if (!outcome.Sentence.Contains(fragment, StringComparison.Ordinal)) found.Add(new Mismatch("sentence", $"…{fragment}…", outcome.Sentence));
        }

        if (expect.Refused is { } code && code != outcome.Code) found.Add(new Mismatch("refused", code, outcome.Code ?? "answered by " + outcome.Answered?.Target.Name));
        return found.DrainToImmutable();

        void Same(string what, PlacedName? expected, string? was)
        {
            if (expected is { } name && name.Name != was) found.Add(new Mismatch(what, name.Name, was is { Length: > 0 } ? was : outcome.Code is { } refused ? $"{Nothing} ({refused})" : Nothing));
        }
    }

    /// <summary>The plan begins with these, each target at its first place.</summary>
    private static void Order(ImmutableArray<PlacedName> order, RoutePlan? plan, ImmutableArray<Mismatch>.Builder found)
    {
        string[] candidates = [.. (plan?.Tiers ?? []).SelectMany(tier => tier.Candidates).Select(candidate => candidate.Target.Name).Distinct()];
        if (!order.Select(name => name.Name).SequenceEqual(candidates.Take(order.Length))) found.Add(new Mismatch("order", List(order), List(candidates)));
    }

    /// <summary>Constraints without a rule of their own hold always: they may be named, and need not be.</summary>
    private static void Constraints(ImmutableArray<PlacedName> expected, RoutePlan? plan, ImmutableArray<Mismatch>.Builder found)
    {
        var holding = plan?.Constraints ?? [];
        var missed = expected.Any(name => holding.All(constraint => constraint.Name != name.Name));
        var beyond = holding.Any(constraint => constraint.When is not null && expected.All(name => name.Name != constraint.Name));
        if (missed || beyond) found.Add(new Mismatch("constraints", List(expected), List(holding.Select(constraint => constraint.Name))));
    }

    private static void Rejected(string target, ImmutableArray<string> fragments, RoutePlan? plan, ImmutableArray<Mismatch>.Builder found)
    {
        var expected = fragments.IsEmpty ? target : $"{target}: …{string.Join("… and …", fragments)}…";
        string[] reasons = [.. (plan?.Rejected ?? []).Where(rejected => rejected.Target == target).Select(rejected => rejected.Reason).Distinct()];
        if (reasons.Length == 0) found.Add(new Mismatch("rejected", expected, $"{target} was not rejected"));
        else if (!reasons.Any(reason => fragments.All(fragment => reason.Contains(fragment, StringComparison.Ordinal)))) found.Add(new Mismatch("rejected", expected, $"{target}: {string.Join("; ", reasons)}"));
    }

    private static bool SameSet(ImmutableArray<PlacedName> expected, ImmutableArray<string> was) => expected.Select(name => name.Name).ToHashSet(StringComparer.Ordinal).SetEquals(was);

    private static string List(IEnumerable<PlacedName> names) => List(names.Select(name => name.Name));

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : Nothing;
}
