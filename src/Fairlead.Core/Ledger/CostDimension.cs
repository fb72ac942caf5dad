using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Ledger;

/// <summary>Something that costs can be told apart by. Compares by its name.</summary>
public sealed record CostDimension
{
    private const string TagPrefix = "tag:";

    private CostDimension(string name) => Name = name;

    /// <summary>Whose request it is.</summary>
    public static CostDimension Tenant { get; } = new("tenant");

    /// <summary>Team of the caller.</summary>
    public static CostDimension Team { get; } = new("team");

    /// <summary>Feature of the application.</summary>
    public static CostDimension Feature { get; } = new("feature");

    /// <summary>End user, as the ledger has it: pseudonymised.</summary>
    public static CostDimension User { get; } = new("user");

    /// <summary>The client key's name.</summary>
    public static CostDimension Key { get; } = new("key");

    /// <summary>Environment, such as <c>prod</c>.</summary>
    public static CostDimension Environment { get; } = new("environment");

    /// <summary>The route that decided.</summary>
    public static CostDimension Route { get; } = new("route");

    /// <summary>Workload class.</summary>
    public static CostDimension Workload { get; } = new("workload");

    /// <summary>What is asked: <c>chat</c>.</summary>
    public static CostDimension Operation { get; } = new("operation");

    /// <summary>The tier that the attempt was made for.</summary>
    public static CostDimension Tier { get; } = new("tier");

    /// <summary>The target of the attempt.</summary>
    public static CostDimension Target { get; } = new("target");

    /// <summary>The target's provider.</summary>
    public static CostDimension Provider { get; } = new("provider");

    /// <summary>The model that was asked for at the provider.</summary>
    public static CostDimension Model { get; } = new("model");

    /// <summary>What joins several requests. Not in the rollups: a report by it reads every request.</summary>
    public static CostDimension Journey { get; } = new("journey");

    /// <summary>The hour in which the request was accepted.</summary>
    public static CostDimension Hour { get; } = new("hour") { Period = CostPeriod.Hour };

    /// <summary>The day in which the request was accepted.</summary>
    public static CostDimension Day { get; } = new("day") { Period = CostPeriod.Day };

    /// <summary>The month in which the request was accepted.</summary>
    public static CostDimension Month { get; } = new("month") { Period = CostPeriod.Month };

    /// <summary>All but the tags, which are told apart by name.</summary>
    public static ImmutableArray<CostDimension> All { get; } =
        [Tenant, Team, Feature, User, Key, Environment, Route, Workload, Operation, Tier, Target, Provider, Model, Journey, Hour, Day, Month];

    /// <summary>As it is written: <c>tenant</c>, <c>tag:cost_center</c>.</summary>
    public string Name { get; }

    /// <summary>The period, in a time zone; null where this is none.</summary>
    public CostPeriod? Period { get; private init; }

    /// <summary>The tag's name; null where this is no tag.</summary>
    public string? TagName => Name.StartsWith(TagPrefix, StringComparison.Ordinal) ? Name[TagPrefix.Length..] : null;

    /// <summary>A tag of the request.</summary>
    /// <exception cref="ArgumentException">The name is no tag's.</exception>
    public static CostDimension Tag(string name) =>
        RequestTags.IsName(name) ? new CostDimension(TagPrefix + name) : throw new ArgumentException($"'{name}' is no name of a tag.", nameof(name));

    /// <summary>Reads a name as <see cref="Name"/> gives it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CostDimension? dimension)
    {
        dimension = null;
        if (text.StartsWith(TagPrefix, StringComparison.Ordinal))
        {
            if (RequestTags.IsName(text.AsSpan(TagPrefix.Length))) dimension = new CostDimension(text);
            return dimension is not null;
        }

        foreach (var known in All)
        {
            if (known.Name == text) dimension = known;
        }

        return dimension is not null;
    }

    /// <summary>What to tell whoever gave a name that is none: quoted, bounded, with the one that was probably meant, or all of them.</summary>
    public static string Unknown(string text)
    {
        if (text.StartsWith(TagPrefix, StringComparison.Ordinal)) return $"{Words.Quote(text)} names no tag: tag: and 1 to {RequestTags.LongestName} characters of a-z, 0-9 and _.";
        var nearest = Words.Nearest(text, All.Select(dimension => dimension.Name));
        return nearest is null
            ? $"{Words.Quote(text)} is nothing that costs are told apart by; known are {string.Join(", ", All)} and tag:NAME."
            : $"{Words.Quote(text)} is nothing that costs are told apart by; did you mean '{nearest}'?";
    }

    /// <inheritdoc />
    public override string ToString() => Name;
}
