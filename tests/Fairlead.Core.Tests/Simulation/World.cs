using System.Globalization;
using System.Text;
using Fairlead.Core.Configuration;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>A tier of a virtual route.</summary>
/// <param name="Targets">Its targets, by name.</param>
/// <param name="After">What lets a request enter it, as it is written; null: everything.</param>
/// <param name="Prefer">As it is written.</param>
internal sealed record VirtualTier(string[] Targets, string? After, string Prefer);

/// <summary>A route of a virtual world.</summary>
internal sealed record VirtualRoute(string Name, VirtualTier[] Tiers)
{
    /// <summary>As it is written; null: it does not hedge.</summary>
    public string? Hedge { get; init; }

    /// <summary>The share of its requests that may be hedged.</summary>
    public double HedgedAtMost { get; init; }

    public string? Require { get; init; }

    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan? Answer { get; init; }

    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Vendors, a configuration that knows them, and clients: everything that happens follows from it.</summary>
internal sealed class World
{
    public required VirtualProvider[] Providers { get; init; }

    public required VirtualTarget[] Targets { get; init; }

    public required VirtualRoute[] Routes { get; init; }

    /// <summary>In the order of their times; read once.</summary>
    public required IEnumerable<Ask> Asks { get; init; }

    /// <summary>Whether what has ended is forgotten but for its figures: of long runs.</summary>
    public bool Forgets { get; init; }

    /// <summary>What every draw during the run follows from.</summary>
    public int Seed { get; init; }

    public int Retries { get; init; } = 1;

    /// <summary>Nano-dollars that may be spent in a day; null: any amount.</summary>
    public long? Budget { get; init; }

    /// <summary>The region that sealed requests must stay in; null: there is no such rule.</summary>
    public string? SealedIn { get; init; }

    /// <summary>When every fault is over; null: they are not followed to their end.</summary>
    public TimeSpan? FaultsEnd { get; init; }

    /// <summary>From when on every target is to take all again.</summary>
    public TimeSpan? WholeFrom { get; init; }

    /// <summary>Whether a request may be sent to a target by policy.</summary>
    public bool IsAllowed(Ask ask, VirtualTarget target) => !ask.IsSealed || SealedIn is null || target.Provider.Region == SealedIn;

    /// <summary>The configuration, compiled as any other.</summary>
    public GatewaySnapshot Snapshot()
    {
        var secrets = Providers.SelectMany(provider => provider.Keys.Select((_, key) => ($"{provider.Name}_K{key}", $"secret-{provider.Name}-{key}"))).ToArray();
        return Compiling.Snapshot(Text(), secrets);
    }

    /// <summary>The configuration.</summary>
    public string Text()
    {
        var text = new StringBuilder("providers:\n");
        foreach (var provider in Providers)
        {
            var keys = string.Join(", ", provider.Keys.Select((_, key) => $"\"env:{provider.Name}_K{key}\""));
            text.Append($"  {provider.Name}: {{ kind: {provider.Kind}, base_url: \"http://127.0.0.1:1/v1\", region: {provider.Region}{(keys.Length == 0 ? "" : $", keys: [{keys}]")} }}\n");
        }

        text.Append("targets:\n");
        foreach (var target in Targets)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {target.Name}: {{ provider: {target.Provider.Name}, model: model-{target.Name}, price: {{ input: {target.InputPrice / 1000.0:0.###}, output: {target.OutputPrice / 1000.0:0.###} }}, context_window: 100000, max_output: 4000, breaker: {{ {Breaker(target)} }} }}\n");
        }

        if (SealedIn is { } region) text.Append($"constraints:\n  - {{ name: sealed, when: 'caller.feature == \"sealed\"', require: 'provider.region == \"{region}\"' }}\n");
        if (Budget is { } budget) text.Append(CultureInfo.InvariantCulture, $"budgets:\n  - {{ name: all, limit: {budget / 1e9:0.000000000}, per: day, at: [ {{ percent: 100, do: [block] }} ] }}\n");
        text.Append(CultureInfo.InvariantCulture, $"defaults: {{ retries: {Retries} }}\nroutes:\n");
        foreach (var route in Routes)
        {
            text.Append($"  - name: {route.Name}\n");
            text.Append(CultureInfo.InvariantCulture, $"    timeouts: {{ first_token: {route.FirstToken.TotalMilliseconds:0}ms, deadline: {route.Deadline.TotalMilliseconds:0}ms");
            if (route.Answer is { } answer) text.Append(CultureInfo.InvariantCulture, $", answer: {answer.TotalMilliseconds:0}ms");
            text.Append(" }\n");
            if (route.Hedge is { } hedge) text.Append(CultureInfo.InvariantCulture, $"    hedge: {{ after: {hedge}, at_most: {route.HedgedAtMost * 100:0.##}% }}\n");
            if (route.Require is { } require) text.Append($"    require: {require}\n");
            text.Append("    tiers:\n");
            foreach (var tier in route.Tiers)
            {
                text.Append($"      - {{ use: [{string.Join(", ", tier.Targets)}], prefer: {tier.Prefer}{(tier.After is { } after ? $", after: [{after}]" : "")} }}\n");
            }
        }

        return text.ToString();
    }

    private static string Breaker(VirtualTarget target) => string.Join(", ", ((string?[])
    [
        target.Slow is { } slow ? string.Create(CultureInfo.InvariantCulture, $"slow: {slow.TotalMilliseconds:0}ms") : null,
        target.CostPerMinute is { } cost ? string.Create(CultureInfo.InvariantCulture, $"cost_per_minute: {cost / 1e9:0.000000000}") : null,
    ]).OfType<string>());
}
