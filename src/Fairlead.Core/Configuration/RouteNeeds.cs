using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>
/// What a route promises that its targets can do: one that cannot, or of which nobody knows it, is not tried for the route. Immutable.
/// </summary>
public sealed record RouteNeeds
{
    /// <summary>A window of at least as many tokens; null: any.</summary>
    public int? Window { get; init; }

    /// <summary>Tools.</summary>
    public bool Tools { get; init; }

    /// <summary>A JSON Schema for the output.</summary>
    public bool JsonSchema { get; init; }

    /// <summary>Images.</summary>
    public bool Vision { get; init; }

    /// <summary>A provider in one of these regions; empty: anywhere.</summary>
    public ImmutableArray<string> Regions { get; init; } = [];

    /// <summary>A provider with each of these contract facts.</summary>
    public ImmutableArray<string> Facts { get; init; } = [];

    internal bool IsEmpty => Window is null && !Tools && !JsonSchema && !Vision && Regions.IsEmpty && Facts.IsEmpty;

    /// <summary>What a target has not of it, in a few words; null when it has all.</summary>
    public string? Missing(Target target)
    {
        var (facts, provider) = (target.Facts, target.Provider);
        if (Window is { } window && !(facts.ContextWindow >= window)) return $"a window of {window} tokens";
        if (Tools && facts.Tools != true) return "tools";
        if (JsonSchema && facts.JsonSchema != true) return "a JSON Schema";
        if (Vision && facts.Vision != true) return "images";
        if (!Regions.IsEmpty && !Regions.Contains(provider.Region ?? "")) return $"region {string.Join(" or ", Regions)}";
        foreach (var fact in Facts)
        {
            if (!provider.Facts.Contains(fact)) return fact;
        }

        return null;
    }
}
