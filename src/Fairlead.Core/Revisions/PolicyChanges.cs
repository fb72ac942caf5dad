using System.Collections.Immutable;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Revisions;

/// <summary>
/// Constraints, workloads and labels of sensitive data that came, went or changed. Which requests they are about is decided by rules:
/// any request may be touched.
/// </summary>
internal static class PolicyChanges
{
    /// <summary>What is compared of a constraint.</summary>
    public static ImmutableArray<Facet<Constraint>> ConstraintFacets { get; } =
    [
        Facet<Constraint>.OfRule(nameof(Constraint.When), "when", constraint => constraint.When),
        Facet<Constraint>.OfRule(nameof(Constraint.Require), "require", constraint => constraint.Require),
    ];

    /// <summary>What is compared of a workload.</summary>
    public static ImmutableArray<Facet<WorkloadRule>> WorkloadFacets { get; } =
    [
        Facet<WorkloadRule>.OfRule(nameof(WorkloadRule.When), "when", workload => workload.When),
        new(nameof(WorkloadRule.Templates), "templates", workload => [.. workload.Templates.Order(StringComparer.Ordinal)]), // sets: their order says nothing
        new(nameof(WorkloadRule.Features), "features", workload => [.. workload.Features.Order(StringComparer.Ordinal)]),
    ];

    /// <summary>What is compared of a label.</summary>
    public static ImmutableArray<Facet<SensitivityRule>> SensitivityFacets { get; } =
    [
        Facet<SensitivityRule>.OfRule(nameof(SensitivityRule.When), "when", rule => rule.When),
    ];

    public static void Find(Comparison comparison)
    {
        var (before, after) = (comparison.Before, comparison.After);
        Compare(comparison, "constraint", before.Constraints, after.Constraints, constraint => constraint.Name, ConstraintFacets);
        Compare(comparison, "workload", before.Workloads, after.Workloads, workload => workload.Name, WorkloadFacets);
        Compare(comparison, "sensitivity", before.Sensitivity, after.Sensitivity, rule => rule.Label, SensitivityFacets);
        // The first workload that matches is the request's; of the others all hold.
        var kept = Kept(before.Workloads, after.Workloads);
        if (FacetComparison.Change("workloads", kept, Kept(after.Workloads, before.Workloads)) is { } text) Add(comparison, "workloads", text);
    }

    private static void Compare<T>(Comparison comparison, string what, ImmutableArray<T> before, ImmutableArray<T> after, Func<T, string> nameOf, ImmutableArray<Facet<T>> facets)
        where T : class
    {
        // A name may stand more than once, each with a rule of its own: the first with the first, the second with the second.
        foreach (var name in before.Concat(after).Select(nameOf).Distinct(StringComparer.Ordinal))
        {
            var (old, now) = (Named(before, name), Named(after, name));
            for (var i = 0; i < Math.Max(old.Length, now.Length); i++)
            {
                if (i >= old.Length) Add(comparison, $"{what} {name}", "added" + Whole(facets, now[i]));
                else if (i >= now.Length) Add(comparison, $"{what} {name}", "removed" + Whole(facets, old[i]));
                else foreach (var text in facets.Compare(old[i], now[i])) Add(comparison, $"{what} {name}", text);
            }
        }

        T[] Named(ImmutableArray<T> rules, string name) => [.. rules.Where(rule => nameOf(rule) == name)];
    }

    private static string Whole<T>(ImmutableArray<Facet<T>> facets, T rule)
    {
        var parts = facets.Where(facet => !facet.Values(rule).IsEmpty).Select(facet => $"{facet.Word} {FacetComparison.List(facet.Values(rule))}").ToArray();
        return parts.Length == 0 ? "" : ": " + string.Join("; ", parts);
    }

    /// <summary>Names of the first that the second has too, in the order of the first.</summary>
    private static ImmutableArray<string> Kept(ImmutableArray<WorkloadRule> of, ImmutableArray<WorkloadRule> with) =>
        [.. of.Select(workload => workload.Name).Where(name => with.Any(workload => workload.Name == name)).Distinct(StringComparer.Ordinal)];

    private static void Add(Comparison comparison, string subject, string text) => comparison.Add(new SnapshotChange(subject, text, []) { IsGlobal = true });
}
