using System.Collections.Immutable;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>Binds <c>prefer</c>: a strategy's name, or the strategy with what it needs to know.</summary>
internal static class PreferenceBinder
{
    private static readonly ImmutableArray<string> Names = ["order", "cost", "latency", "load", "quality", "balanced"];

    private const string Form = "must be one of: order, cost, latency, load, quality, balanced, { balanced: { cost: 2, latency: 1 } }, { weighted: { mini: 95, sonnet: 5 } }";

    public static Located<Preference>? Bind(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar scalar)
        {
            if (Names.Contains(scalar.Text)) return new Located<Preference>(Of(scalar.Text), node.At);
            findings.Error(node.At, Form, Words.Nearest(scalar.Text, Names));
            return null;
        }

        if (SectionReader.Open(node, Section.Preference, findings) is not { } reader) return null;
        var weighted = reader.Find("weighted");
        var sticky = findings.Word(reader.Find("sticky"), ["journey", "user", "tenant"]);
        var balanced = reader.Find("balanced");
        reader.Close();
        if (weighted is null == balanced is null)
        {
            findings.Error(node.At, Form);
            return null;
        }

        if (balanced is not null)
        {
            if (sticky is { } useless) findings.Error(useless.At, "is for a weighted draw only");
            return Balance(balanced, findings) is { } balance ? new Located<Preference>(balance, node.At) : null;
        }

        var weights = ImmutableDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (var entry in findings.Names(weighted, 64))
        {
            if (findings.Weight(entry.Value) is { } weight) weights[entry.Key] = weight.Value;
        }

        if (weighted is YamlNode.Mapping && weights.Values.All(weight => weight == 0)) findings.Error(weighted.At, "needs a weight above 0");
        return new Located<Preference>(new Preference.Weighted(weights.ToImmutable(), sticky is { } by ? StickyOf(by.Value) : null), weighted!.At);
    }

    private static Preference Of(string name) => name switch
    {
        "cost" => new Preference.Cost(),
        "latency" => new Preference.Latency(),
        "load" => new Preference.Load(),
        "quality" => new Preference.Quality(),
        "balanced" => new Preference.Balanced(1, 1, 1),
        _ => Preference.InOrder,
    };

    private static StickyBy StickyOf(string word) => word switch
    {
        "user" => StickyBy.User,
        "tenant" => StickyBy.Tenant,
        _ => StickyBy.Journey,
    };

    private static Preference.Balanced? Balance(YamlNode node, Findings findings)
    {
        if (SectionReader.Open(node, Section.Balance, findings) is not { } reader) return null;
        var cost = findings.Weight(reader.Find("cost"))?.Value ?? 0;
        var latency = findings.Weight(reader.Find("latency"))?.Value ?? 0;
        var quality = findings.Weight(reader.Find("quality"))?.Value ?? 0;
        reader.Close();
        if (cost + latency + quality == 0) findings.Error(node.At, "needs a weight above 0 for cost, latency or quality");
        return new Preference.Balanced(cost, latency, quality);
    }
}
