using System.Collections.Frozen;
using Fairlead.Core.Configuration;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Routing;

/// <summary>What a client's model stands for: alias → route → target → provider/model → auto.</summary>
public sealed class NameResolutionTests
{
    [Theory]
    [InlineData("auto", null)]
    [InlineData("gpt-4o", "gpt-4o")]       // exact before starred
    [InlineData("chain", "chain")]         // the client's own name is kept
    public void Resolve_ToAuto_LeavesItToTheRoutes(string model, string? alias)
    {
        var to = Assert.IsType<NameResolution.ToAuto>(NameResolution.Resolve(model, Worlds.Whole));

        Assert.Equal(alias, to.Alias);
    }

    [Theory]
    [InlineData("default", "default", null)]
    [InlineData("cheap", "cheap", null)]
    [InlineData("gpt-9", "cheap", "gpt-*")]           // as configured: a client's own text is not for sentences
    public void Resolve_ToARoute_SaysWhichAndHow(string model, string route, string? alias)
    {
        var to = Assert.IsType<NameResolution.ToRoute>(NameResolution.Resolve(model, Worlds.Whole));

        Assert.Equal((route, alias), (to.Route.Name, to.Alias));
    }

    [Theory]
    [InlineData("large", "large", null)]
    [InlineData("gpt-4-turbo", "large", "gpt-4*")]       // the longest fitting prefix
    [InlineData("pinned", "large-west", "pinned")]
    [InlineData("east/big", "large", null)]                  // a target that is just this
    [InlineData("west/big-7", "large-west", null)]           // by what the vendor is asked for
    [InlineData("west/big", "large-west", null)]             // and by what it is
    [InlineData("own-anything", "mini", "own-*")]
    [InlineData("own-thing", "mini", "own-thing")]
    public void Resolve_ToATarget_IsTheConfiguredOne(string model, string target, string? alias)
    {
        var to = Assert.IsType<NameResolution.ToTarget>(NameResolution.Resolve(model, Worlds.Whole));

        Assert.Same(Worlds.Whole.Targets[target], to.Target);
        Assert.Equal(alias, to.Alias);
    }

    [Theory]
    [InlineData("west/a/b/c", "west/a/b/c", "west", "a/b/c", null)]   // the first slash splits
    [InlineData("loose", "openai/gpt-4o", "openai", "gpt-4o", "loose")]
    public void Resolve_ProviderAndModel_IsATargetOfItsOwn(string model, string name, string provider, string wireModel, string? alias)
    {
        var to = Assert.IsType<NameResolution.ToTarget>(NameResolution.Resolve(model, Worlds.Whole));

        Assert.Equal((name, provider, wireModel, alias), (to.Target.Name, to.Target.Provider.Name, to.Target.WireModel, to.Alias));
    }

    [Fact]
    public void Resolve_ProviderAndModel_HasTheCatalogsFactsAndPrice()
    {
        var known = ((NameResolution.ToTarget)NameResolution.Resolve("openai/gpt-4o", Worlds.Whole)).Target;
        var unknown = ((NameResolution.ToTarget)NameResolution.Resolve("east/gpt-4o", Worlds.Whole)).Target;

        Assert.Equal((2_500_000_000, 128_000), (known.Price!.Input, known.Facts.ContextWindow));
        Assert.Null(unknown.Price);
        Assert.Null(unknown.Facts.ContextWindow);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("Large")]
    [InlineData("AUTO")]
    [InlineData("")]
    [InlineData("/big")]
    [InlineData("east/")]
    [InlineData("north/big")]
    [InlineData("gpt")]
    public void Resolve_ANameThatNothingHas_IsUnknown(string model)
    {
        Assert.IsType<NameResolution.Unknown>(NameResolution.Resolve(model, Worlds.Whole));
    }

    [Fact]
    public void Resolve_OneNameForAll_FollowsTheOrder()
    {
        // Such a snapshot cannot be loaded; it shows what comes first.
        var whole = Worlds.Whole;
        var target = whole.Targets["large"];
        var route = new Route { Name = "x", Tiers = whole.Routes[0].Tiers, Timeouts = Timeouts.Default };

        Assert.Equal("cheap", ((NameResolution.ToRoute)NameResolution.Resolve("x", With(alias: "cheap", route, target))).Route.Name);
        Assert.Same(route, ((NameResolution.ToRoute)NameResolution.Resolve("x", With(alias: null, route, target))).Route);
        Assert.Same(target, ((NameResolution.ToTarget)NameResolution.Resolve("x", With(alias: null, route: null, target))).Target);
    }

    private static GatewaySnapshot With(string? alias, Route? route, Target target)
    {
        var whole = Worlds.Whole;
        return new GatewaySnapshot
        {
            Revision = "",
            Listen = whole.Listen,
            Providers = whole.Providers,
            TargetList = [],
            Targets = new Dictionary<string, Target> { ["x"] = target }.ToFrozenDictionary(),
            Routes = route is null ? whole.Routes : [.. whole.Routes, route],
            Aliases = (alias is null ? [] : new Dictionary<string, string> { ["x"] = alias }).ToFrozenDictionary(),
            PrefixAliases = [],
            DefaultTimeouts = Timeouts.Default,
            Retries = 0,
            Keys = [],
            MetricsAreOpen = false,
            Store = whole.Store,
            Catalog = whole.Catalog,
            Warnings = [],
        };
    }
}
