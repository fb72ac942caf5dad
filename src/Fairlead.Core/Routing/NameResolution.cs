using Fairlead.Core.Configuration;

namespace Fairlead.Core.Routing;

/// <summary>What a client's <c>model</c> stands for.</summary>
public abstract record NameResolution
{
    private NameResolution()
    {
    }

    /// <summary>The routes decide which of them takes the request.</summary>
    /// <param name="Alias">The alias that led here, as configured; null when none did.</param>
    public sealed record ToAuto(string? Alias) : NameResolution;

    /// <summary>A route that was named decides.</summary>
    /// <param name="Route">The route.</param>
    /// <param name="Alias">The alias that led here, as configured; null when none did.</param>
    public sealed record ToRoute(Route Route, string? Alias) : NameResolution;

    /// <summary>One target is pinned, within policy.</summary>
    /// <param name="Target">The target.</param>
    /// <param name="Alias">The alias that led here, as configured; null when none did.</param>
    public sealed record ToTarget(Target Target, string? Alias) : NameResolution;

    /// <summary>Nothing has this name.</summary>
    public sealed record Unknown : NameResolution;

    /// <summary>
    /// Resolves a client's <c>model</c> in the order of DESIGN 5.1: alias → route → target → <c>provider/model</c> (split at the
    /// first slash, only if the prefix is a provider) → <c>auto</c>. Pure.
    /// </summary>
    public static NameResolution Resolve(string model, GatewaySnapshot snapshot)
    {
        var name = model;
        string? alias = null;
        // Aliases of aliases are checked for cycles at load; the bound is a second line.
        for (var hops = 0; hops < 8 && FindAlias(name, snapshot) is { } found; hops++)
        {
            alias ??= found.Alias;
            name = found.StandsFor;
        }

        foreach (var route in snapshot.Routes)
        {
            if (route.Name == name) return new ToRoute(route, alias);
        }

        if (snapshot.Targets.TryGetValue(name, out var target)) return new ToTarget(target, alias);

        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && slash < name.Length - 1 && snapshot.Providers.TryGetValue(name[..slash], out var provider))
        {
            return new ToTarget(AdHoc(provider, name[(slash + 1)..], name, snapshot), alias);
        }

        return name == "auto" ? new ToAuto(alias) : new Unknown();
    }

    /// <summary>The alias that holds for a name, as it is configured: a client's own text is not for sentences and logs.</summary>
    private static (string Alias, string StandsFor)? FindAlias(string name, GatewaySnapshot snapshot)
    {
        if (snapshot.Aliases.TryGetValue(name, out var exact)) return (name, exact);
        foreach (var alias in snapshot.PrefixAliases)
        {
            if (name.StartsWith(alias.Prefix, StringComparison.Ordinal)) return (alias.Name, alias.StandsFor);
        }

        return null;
    }

    private static Target AdHoc(Provider provider, string model, string name, GatewaySnapshot snapshot)
    {
        // One that is configured is that, with what the operator says of it, whichever of its two names leads there; of several the one
        // that is open to more.
        Target? found = null;
        foreach (var target in snapshot.TargetList)
        {
            if (!ReferenceEquals(target.Provider, provider) || (target.WireModel != model && target.Model != model)) continue;
            if (found is null || Openness(target, model) > Openness(found, model)) found = target;
        }

        if (found is not null) return found;

        var known = provider.CatalogName is { } catalog ? snapshot.Catalog.Find(catalog, model) : null;
        return new Target
        {
            Name = name,
            Provider = provider,
            Model = model,
            Facts = known?.Facts ?? Catalog.ModelFacts.Unknown,
            Price = known?.Price,
            Prefill = provider.Prefill.For(model),
            Breaker = snapshot.DefaultBreaker,
        };
    }

    private static int Openness(Target target, string model) => (target.WireModel == model ? 4 : 0) + (target.IsRestricted ? 0 : 2) + (target.Environments.IsEmpty ? 1 : 0);
}
