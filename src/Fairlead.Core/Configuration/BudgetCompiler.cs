using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Budgets;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;

namespace Fairlead.Core.Configuration;

/// <summary>Checks budgets and limits against the rest of a configuration.</summary>
internal sealed class BudgetCompiler(Findings findings)
{
    public ImmutableArray<Budget> Budgets(ConfigurationDocument configuration)
    {
        var known = new Dictionary<BudgetDimension, HashSet<string>>
        {
            [BudgetDimension.Route] = Names(configuration.Routes.Select(route => route.Name?.Value)),
            [BudgetDimension.Provider] = Names(configuration.Providers.Select(provider => provider.Name.Value)),
            [BudgetDimension.Target] = Names(configuration.Targets.Select(target => target.Name.Value)),
        };
        var names = new HashSet<string>(StringComparer.Ordinal);
        var budgets = ImmutableArray.CreateBuilder<Budget>(configuration.Budgets.Length);
        foreach (var document in configuration.Budgets)
        {
            if (document.Name is { } name && !names.Add(name.Value)) findings.Error(name.At, $"the budget name {Words.Quote(name.Value)} stands twice");
            var each = document.Each is { } dimension ? DimensionOf(dimension.Value) : (BudgetDimension?)null;
            if (each is null && document.Overrides is [var first, ..]) findings.Error(first.Key.At, "is a limit of one among many: it needs 'each'");
            if (each == BudgetDimension.User && document.Overrides is [var user, ..]) findings.Error(user.Key.At, "is the name of a user, and users are kept as pseudonyms: 'each: user' takes no 'override'");
            if (each is { } of) CheckNames(document.Overrides.Select(one => one.Key), known.GetValueOrDefault(of), document.Each!.Value.Value);
            var zone = Zone(document.Zone);
            var thresholds = Thresholds(document);
            if (document.Name is null || document.Limit is not { } limit || document.Per is not { } per || zone is null) continue;
            var budget = new Budget
            {
                Name = document.Name.Value.Value,
                Each = each,
                Scope = Scope(document, known),
                Limit = new Usd(limit.Value),
                Overrides = document.Overrides.DistinctBy(one => one.Key.Value, StringComparer.Ordinal).ToFrozenDictionary(one => one.Key.Value, one => new Usd(one.Value), StringComparer.Ordinal),
                Per = Enum.Parse<BudgetPeriod>(per.Value, ignoreCase: true),
                Zone = zone,
                Thresholds = thresholds,
            };
            if (budget.Cheapens is not null && !budget.IsOfCaller) findings.Error(document.At, "cannot prefer the cheapest: which workload, route, provider or target it is about is known after candidates are ordered only");
            budgets.Add(budget);
        }

        return budgets.DrainToImmutable();
    }

    public ImmutableArray<LimitRule> Limits(ConfigurationDocument configuration)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var rules = ImmutableArray.CreateBuilder<LimitRule>(configuration.Limits.Length);
        foreach (var document in configuration.Limits)
        {
            if (document.Name is { } name && !names.Add(name.Value)) findings.Error(name.At, $"the limit name {Words.Quote(name.Value)} stands twice");
            if (document.Name is null || document.Each is not { } each || document.Limits is null) continue;
            rules.Add(new LimitRule
            {
                Name = document.Name.Value.Value,
                Each = DimensionOf(each.Value),
                Limits = document.Limits,
                Overrides = document.Overrides.DistinctBy(one => one.Key.Value, StringComparer.Ordinal).ToFrozenDictionary(one => one.Key.Value, one => one.Value, StringComparer.Ordinal),
            });
        }

        return rules.DrainToImmutable();
    }

    private ImmutableArray<BudgetScope> Scope(BudgetDocument document, Dictionary<BudgetDimension, HashSet<string>> known)
    {
        var scope = ImmutableArray.CreateBuilder<BudgetScope>(document.Scope.Length);
        foreach (var (dimension, values) in document.Scope)
        {
            var of = DimensionOf(dimension.Value);
            CheckNames(values, known.GetValueOrDefault(of), dimension.Value);
            scope.Add(new BudgetScope(of, [.. values.Select(value => value.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]));
        }

        return scope.DrainToImmutable();
    }

    private void CheckNames(IEnumerable<Located<string>> names, HashSet<string>? known, string kind)
    {
        if (known is null) return; // anything may be called so
        foreach (var name in names)
        {
            if (!known.Contains(name.Value)) findings.Error(name.At, $"no {kind} is named {Words.Quote(name.Value)}", Words.Nearest(name.Value, known));
        }
    }

    private ImmutableArray<BudgetThreshold> Thresholds(BudgetDocument document)
    {
        if (document.Thresholds is not { } written) return [new BudgetThreshold(100, BudgetActions.Block)];
        var percents = new HashSet<int>();
        var thresholds = new List<BudgetThreshold>();
        foreach (var (percent, actions) in written)
        {
            if (!percents.Add(percent.Value)) findings.Error(percent.At, $"{percent.Value} percent stands twice");
            var all = BudgetActions.None;
            foreach (var action in actions) all |= Enum.Parse<BudgetActions>(action.Value, ignoreCase: true);
            if ((all & BudgetActions.Degrade) != 0) findings.Warning(percent.At, "degraded answers are not in this version: 'degrade' blocks");
            thresholds.Add(new BudgetThreshold(percent.Value, all));
        }

        return [.. thresholds.OrderBy(threshold => threshold.Percent)];
    }

    private TimeZoneInfo? Zone(Located<string>? zone)
    {
        if (zone is not { } written || written.Value == "UTC") return TimeZoneInfo.Utc;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(written.Value, out var found)) return found;
        findings.Error(written.At, $"no time zone is named {Words.Quote(written.Value)} on this machine; names are those of the IANA database, such as Europe/Berlin", Words.Nearest(written.Value, TimeZoneInfo.GetSystemTimeZones().Select(one => one.Id)));
        return null;
    }

    private static HashSet<string> Names(IEnumerable<string?> names) => names.OfType<string>().ToHashSet(StringComparer.Ordinal);

    private static BudgetDimension DimensionOf(string word) => Enum.Parse<BudgetDimension>(word, ignoreCase: true);
}
