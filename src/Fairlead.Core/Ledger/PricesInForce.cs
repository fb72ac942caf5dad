using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Ledger;

/// <summary>The prices that a configuration has today for what was sent before. Pure; safe for any number of threads.</summary>
public static class PricesInForce
{
    /// <summary>
    /// The price of the target of that name if it is the same model at the same provider still. Otherwise that of the only target which is, under whatever
    /// name; and where no target is, the catalog's. Never by aliases, which say where requests go now and not where one went.
    /// </summary>
    /// <param name="sent">Where an attempt went.</param>
    /// <param name="snapshot">The configuration.</param>
    /// <returns>Null where there is none, and where several targets could be meant.</returns>
    public static Price? Of(SentTo sent, GatewaySnapshot snapshot)
    {
        if (snapshot.Targets.GetValueOrDefault(sent.Target) is { } named && Is(named, sent)) return named.Price;
        Target? only = null;
        foreach (var target in snapshot.TargetList)
        {
            if (!Is(target, sent)) continue;
            if (only is not null) return null;
            only = target;
        }

        if (only is not null) return only.Price;
        return snapshot.Providers.GetValueOrDefault(sent.Provider)?.CatalogName is { } catalog ? snapshot.Catalog.Find(catalog, sent.Model)?.Price : null;
    }

    private static bool Is(Target target, SentTo sent) => target.Provider.Name == sent.Provider && target.WireModel == sent.Model;
}
