using System.Collections.Immutable;
using Fairlead.Core.Budgets;
using Fairlead.Core.Limits;

namespace Fairlead.Core.Revisions;

/// <summary>Budgets and limits that came, went or changed. A budget may block, or make cheaper, every request that it is about; a limit only makes wait.</summary>
internal static class MoneyChanges
{
    /// <summary>What is compared of a budget.</summary>
    public static ImmutableArray<Facet<Budget>> BudgetFacets { get; } =
    [
        Facet<Budget>.Of(nameof(Budget.Limit), "limit", budget => $"${budget.Limit}"),
        Facet<Budget>.Of(nameof(Budget.Per), "span", budget => Word(budget.Per)),
        Facet<Budget>.Of(nameof(Budget.Zone), "time zone", budget => budget.Zone.Id),
        Facet<Budget>.Of(nameof(Budget.Each), "kept for each", budget => budget.Each is { } each ? Word(each) : null),
        new(nameof(Budget.Scope), "scope", budget => [.. budget.Scope.Select(scope => $"{Word(scope.Dimension)} {string.Join(" or ", scope.Values)}")]),
        new(nameof(Budget.Overrides), "limits of its own for", budget => [.. budget.Overrides.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} ${one.Value}")]),
        new(nameof(Budget.Thresholds), "shares", budget => [.. budget.Thresholds.Select(threshold => $"{threshold.Percent}% {Words(threshold.Actions)}")]),
    ];

    /// <summary>What is compared of a rule of limits.</summary>
    public static ImmutableArray<Facet<LimitRule>> LimitFacets { get; } =
    [
        Facet<LimitRule>.Of(nameof(LimitRule.Each), "for each", rule => Word(rule.Each)),
        Facet<LimitRule>.Of(nameof(LimitRule.Limits), "limits", rule => ChangeText.Of(rule.Limits)),
        new(nameof(LimitRule.Overrides), "limits of its own for", rule => [.. rule.Overrides.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} ({ChangeText.Of(one.Value)})")]),
    ];

    public static void Find(Comparison comparison)
    {
        Compare(comparison.Before.Budgets, comparison.After.Budgets, budget => budget.Name, BudgetFacets, (text, budgets) => Add("budget " + budgets[0].Name, text, budgets), budget => $"${budget.Limit} per {Word(budget.Per)}");
        Compare(comparison.Before.Limits, comparison.After.Limits, rule => rule.Name, LimitFacets, (text, rules) => comparison.Add(new SnapshotChange("limits " + rules[0].Name, text, [])), rule => $"{ChangeText.Of(rule.Limits)} for each {Word(rule.Each)}");

        void Add(string subject, string text, Budget[] budgets)
        {
            var scopes = budgets.Select(budget => budget.Scope.FirstOrDefault(scope => scope.Dimension == BudgetDimension.Route)?.Values).ToList();
            var isGlobal = scopes.Contains(null);
            comparison.Add(new SnapshotChange(subject, text, isGlobal ? [] : [.. scopes.SelectMany(scope => scope!.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]) { IsGlobal = isGlobal });
        }
    }

    private static void Compare<T>(ImmutableArray<T> before, ImmutableArray<T> after, Func<T, string> nameOf, ImmutableArray<Facet<T>> facets, Action<string, T[]> add, Func<T, string> shown)
        where T : class
    {
        var old = before.ToDictionary(nameOf, StringComparer.Ordinal);
        var now = after.ToDictionary(nameOf, StringComparer.Ordinal);
        foreach (var name in old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            switch (old.GetValueOrDefault(name), now.GetValueOrDefault(name))
            {
                case (null, { } added):
                    add("added, " + shown(added), [added]);
                    break;
                case ({ } removed, null):
                    add("removed, " + shown(removed), [removed]);
                    break;
                case ({ } one, { } other):
                    foreach (var text in facets.Compare(one, other)) add(text, [one, other]);
                    break;
            }
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Words(BudgetActions actions) => actions.ToString().ToLowerInvariant().Replace(",", " and", StringComparison.Ordinal);
}
