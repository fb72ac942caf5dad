using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Catalog;

/// <summary>Tokens that a target was billed for on a route, of requests whose input was in one range of sizes.</summary>
/// <param name="Route">The route; null for requests that named their target.</param>
/// <param name="Target">The target.</param>
/// <param name="AboveInputTokens">Each of these requests had more input than this; 0 for the smallest.</param>
/// <param name="Attempts">How many attempts.</param>
/// <param name="Usage">The sum of their tokens.</param>
public sealed record TargetUsage(string? Route, string Target, long AboveInputTokens, long Attempts, TokenUsage Usage);

/// <summary>What a newer catalog does to a target on a route. Immutable.</summary>
/// <param name="Target">The target.</param>
/// <param name="Change">How its model changes; null where the newer catalog has it no more.</param>
/// <param name="NominalBefore">What a nominal request costs; null while unpriced.</param>
/// <param name="NominalAfter">The same, with the newer catalog.</param>
/// <param name="Attempts">Attempts that the ledger has; 0 also where there is no ledger.</param>
/// <param name="UsedBefore">What their tokens cost by the price as it is; null while unpriced.</param>
/// <param name="UsedAfter">The same, with the newer catalog.</param>
public sealed record TargetImpact(Target Target, ModelChange? Change, Usd? NominalBefore, Usd? NominalAfter, long Attempts, Usd? UsedBefore, Usd? UsedAfter)
{
    /// <summary>Whether the configuration states the price itself, so that no catalog moves it.</summary>
    public bool HasOwnPrice { get; init; }
}

/// <summary>What a newer catalog does to a route. Immutable.</summary>
/// <param name="Route">The route; null for requests that name their target.</param>
/// <param name="Targets">The touched targets, in the order of the route.</param>
public sealed record RouteImpact(string? Route, ImmutableArray<TargetImpact> Targets);

/// <summary>Tells what a newer catalog does to the routes of a configuration. Pure.</summary>
public static class CatalogImpact
{
    /// <summary>The nominal request: 1,000 tokens of input, 400 of output.</summary>
    public static TokenUsage Nominal { get; } = new(1000, 0, 0, 400, 0);

    /// <summary>The sizes of input at which some price of a target changes, old or new: what usage has to be told apart by. In order.</summary>
    public static ImmutableArray<long> SizesOf(GatewaySnapshot snapshot, ModelCatalog newer) =>
    [
        .. snapshot.TargetList.SelectMany(target => new[] { target.Price, PriceIn(newer, target) }).OfType<Price>().SelectMany(price => price.LongContext).Select(above => above.AboveInputTokens).Distinct().Order(),
    ];

    /// <summary>The routes with a touched target, in the order of the configuration; then requests that named theirs.</summary>
    /// <param name="snapshot">The configuration, compiled with the older catalog.</param>
    /// <param name="diff">What differs.</param>
    /// <param name="newer">The newer catalog.</param>
    /// <param name="usage">What the ledger has; empty without one.</param>
    public static IEnumerable<RouteImpact> Of(GatewaySnapshot snapshot, CatalogDiff diff, ModelCatalog newer, IReadOnlyList<TargetUsage> usage)
    {
        var changed = diff.Changed.ToDictionary(change => (change.Old.Provider, change.Old.Id));
        var removed = diff.Removed.Select(model => (model.Provider, model.Id)).ToHashSet();
        foreach (var route in snapshot.Routes)
        {
            var touched = Touched(route.Name, route.Tiers.SelectMany(tier => tier.Targets).Distinct());
            if (!touched.IsEmpty) yield return new RouteImpact(route.Name, touched);
        }

        var named = usage.Where(used => used.Route is null).Select(used => used.Target).ToHashSet(StringComparer.Ordinal);
        var pinned = Touched(null, snapshot.TargetList.Where(target => named.Contains(target.Name)));
        if (!pinned.IsEmpty) yield return new RouteImpact(null, pinned);

        ImmutableArray<TargetImpact> Touched(string? route, IEnumerable<Target> targets) =>
        [
            .. targets.Where(target => ModelOf(target) is { } model && (changed.ContainsKey(model) || removed.Contains(model)))
                .Select(target => Impact(target, changed.GetValueOrDefault(ModelOf(target)!.Value), newer, [.. usage.Where(used => used.Route == route && used.Target == target.Name)])),
        ];
    }

    private static TargetImpact Impact(Target target, ModelChange? change, ModelCatalog newer, TargetUsage[] usage)
    {
        var now = PriceIn(newer, target);
        return new TargetImpact(
            target, change, Cost(target.Price, Nominal), Cost(now, Nominal), usage.Sum(used => used.Attempts), Cost(target.Price, usage), Cost(now, usage))
        {
            HasOwnPrice = HasOwnPrice(target),
        };
    }

    /// <summary>The price that a target has with a newer catalog: its own where the configuration states one.</summary>
    private static Price? PriceIn(ModelCatalog newer, Target target) =>
        HasOwnPrice(target) ? target.Price : ModelOf(target) is var (provider, model) ? newer.Find(provider, model)?.Price : null;

    private static bool HasOwnPrice(Target target) => target.Price is { } price && !price.Version.StartsWith("catalog:", StringComparison.Ordinal);

    private static (string Provider, string Id)? ModelOf(Target target) => target.Provider.CatalogName is { } provider ? (provider, target.Model) : null;

    private static Usd? Cost(Price? price, TokenUsage usage) => price is null ? null : PriceArithmetic.Cost(price, usage);

    private static Usd? Cost(Price? price, TargetUsage[] usage)
    {
        if (price is null) return null;
        var sum = Usd.Zero;
        foreach (var used in usage) sum += PriceArithmetic.Cost(PriceArithmetic.At(price, used.AboveInputTokens + 1), used.Usage);
        return sum;
    }
}
