using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Budgets;

/// <summary>What a budget, or a limit, tells requests apart by.</summary>
public enum BudgetDimension
{
    /// <summary>The caller's tenant.</summary>
    Tenant = 0,

    /// <summary>The caller's team.</summary>
    Team,

    /// <summary>The feature.</summary>
    Feature,

    /// <summary>The end user.</summary>
    User,

    /// <summary>The client key, by its name.</summary>
    Key,

    /// <summary>The environment.</summary>
    Environment,

    /// <summary>The workload.</summary>
    Workload,

    /// <summary>The route.</summary>
    Route,

    /// <summary>The provider of the attempt.</summary>
    Provider,

    /// <summary>The target of the attempt.</summary>
    Target,
}

/// <summary>What follows when a share of a budget is spent.</summary>
[Flags]
public enum BudgetActions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It is told, once per span and account.</summary>
    Alert = 1,

    /// <summary>Within each tier the cheapest candidate comes first, whatever the tier prefers.</summary>
    Cheapest = 2,

    /// <summary>A degraded answer. Until there are such answers it blocks.</summary>
    Degrade = 4,

    /// <summary>What would go beyond is not sent.</summary>
    Block = 8,
}

/// <summary>What happens at a share of a budget.</summary>
/// <param name="Percent">Of the limit; may be above 100.</param>
/// <param name="Actions">What follows.</param>
public sealed record BudgetThreshold(int Percent, BudgetActions Actions)
{
    /// <summary>The amount of a limit at which it is reached, rounded down.</summary>
    public long Of(long limit) => (long)((Int128)limit * Percent / 100);
}

/// <summary>
/// An amount that may be spent in a span of time, for all requests of a scope together, or for each tenant, team … its own. Immutable.
/// </summary>
public sealed record Budget
{
    /// <summary>Its name: budgets are known by it over reloads.</summary>
    public required string Name { get; init; }

    /// <summary>What it is kept for each of; null: one for all requests of its scope.</summary>
    public BudgetDimension? Each { get; init; }

    /// <summary>Which requests it is about: all of these must hold. Empty: every request.</summary>
    public ImmutableArray<BudgetScope> Scope { get; init; } = [];

    /// <summary>What may be spent in one span.</summary>
    public required Usd Limit { get; init; }

    /// <summary>Limits of some values of <see cref="Each"/> in place of <see cref="Limit"/>; of a team or a feature that of every tenant's.</summary>
    public FrozenDictionary<string, Usd> Overrides { get; init; } = FrozenDictionary<string, Usd>.Empty;

    /// <summary>How long a span lasts.</summary>
    public required BudgetPeriod Per { get; init; }

    /// <summary>Whose midnights count.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>What happens when, by rising shares.</summary>
    public ImmutableArray<BudgetThreshold> Thresholds { get; init; } = [new BudgetThreshold(100, BudgetActions.Block)];

    /// <summary>The share at which it blocks; null where it only tells.</summary>
    public BudgetThreshold? Blocks => Thresholds.FirstOrDefault(threshold => (threshold.Actions & (BudgetActions.Block | BudgetActions.Degrade)) != 0);

    /// <summary>The share from which the cheapest candidate comes first; null where it never does.</summary>
    public BudgetThreshold? Cheapens => Thresholds.FirstOrDefault(threshold => (threshold.Actions & BudgetActions.Cheapest) != 0);

    /// <summary>Whether whom it is about is known of a caller alone, before a target is.</summary>
    public bool IsOfCaller => (Each is null || IsOfCallerAlone(Each.Value)) && Scope.All(scope => IsOfCallerAlone(scope.Dimension));

    /// <summary>Its limit for an account.</summary>
    public long LimitOf(string account) => (Overrides.Count > 0 && Overrides.TryGetValue(ValueOf(account), out var other) ? other : Limit).NanoDollars;

    /// <summary>Whether an account has a limit of its own.</summary>
    public bool HasOwnLimit(string account) => Overrides.Count > 0 && Overrides.ContainsKey(ValueOf(account));

    private string ValueOf(string account) => Each is { } each ? BudgetSubject.ValueOf(each, account) : account;

    /// <summary>Whether what another definition has counted is what this one counts: everything but amounts and what follows from them.</summary>
    internal bool CountsAs(Budget other) =>
        Name == other.Name && Each == other.Each && Per == other.Per && Zone.Id == other.Zone.Id
        && Scope.Length == other.Scope.Length && Scope.Zip(other.Scope).All(pair => pair.First.IsSameAs(pair.Second));

    private static bool IsOfCallerAlone(BudgetDimension dimension) => dimension <= BudgetDimension.Environment;
}

/// <summary>One condition of a scope.</summary>
/// <param name="Dimension">What is looked at.</param>
/// <param name="Values">One of these it must be; at least one, in ordinal order.</param>
public sealed record BudgetScope(BudgetDimension Dimension, ImmutableArray<string> Values)
{
    internal bool IsSameAs(BudgetScope other) => Dimension == other.Dimension && Values.SequenceEqual(other.Values, StringComparer.Ordinal);
}
