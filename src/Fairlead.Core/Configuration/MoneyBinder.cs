using System.Collections.Immutable;
using Fairlead.Core.Limits;

namespace Fairlead.Core.Configuration;

/// <summary>Binds what a configuration says of budgets and limits.</summary>
internal static class MoneyBinder
{
    private const int MostBudgets = 256;
    private const int MostOverrides = 10_000;
    private const int MostThresholds = 16;
    private const int MostValues = 256;
    private const int MostPerMinute = 1_000_000_000;
    private const int MostLimitRules = 64;

    private static readonly ImmutableArray<string> Actions = ["alert", "cheapest", "degrade", "block"];

    public static ImmutableArray<BudgetDocument> Budgets(YamlNode? node, Findings findings)
    {
        var budgets = ImmutableArray.CreateBuilder<BudgetDocument>();
        foreach (var item in findings.List(node, MostBudgets, "[ { name: all, limit: $500, per: month } ]"))
        {
            if (SectionReader.Open(item, Section.Budget, findings) is not { } reader) continue;
            var at = reader.Find("at");
            budgets.Add(new BudgetDocument(
                reader.At,
                findings.Text(reader.Require("name", "what errors and reports call it"), 64),
                findings.NanoDollars(reader.Require("limit", "US dollars, such as $500")),
                findings.Word(reader.Require("per", "hour, day, week or month"), ["hour", "day", "week", "month"]))
            {
                Each = findings.Word(reader.Find("each"), Section.BudgetScope.Keys.Add("user")),
                Scope = Scope(reader.Find("scope"), findings),
                Zone = findings.Text(reader.Find("timezone"), 64),
                Thresholds = at is null ? null : Thresholds(at, findings),
                Overrides = Overrides(reader.Find("override"), findings, static (value, findings) => findings.NanoDollars(value) is { } amount ? (true, amount.Value) : default),
            });
            reader.Close();
        }

        return budgets.DrainToImmutable();
    }

    public static ImmutableArray<LimitRuleDocument> LimitRules(YamlNode? node, Findings findings)
    {
        var rules = ImmutableArray.CreateBuilder<LimitRuleDocument>();
        foreach (var item in findings.List(node, MostLimitRules, "[ { name: tenants, each: tenant, rpm: 600 } ]"))
        {
            if (SectionReader.Open(item, Section.LimitRule, findings) is not { } reader) continue;
            rules.Add(new LimitRuleDocument(
                findings.Text(reader.Require("name", "what was taken is known by it"), 64),
                findings.Word(reader.Require("each", "tenant, team, feature, user, key or environment"), ["tenant", "team", "feature", "user", "key", "environment"]),
                Limits(reader, findings))
            {
                Overrides = Overrides(reader.Find("override"), findings, static (value, findings) => Limits(value, findings) is { } limits ? (true, limits) : default),
            });
            reader.Close();
        }

        return rules.DrainToImmutable();
    }

    public static RateLimits? Limits(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, Section.Limits, findings) is not { } reader) return null;
        var limits = Limits(reader, findings);
        reader.Close();
        return limits;
    }

    private static RateLimits? Limits(SectionReader reader, Findings findings)
    {
        YamlNode?[] written = [reader.Find("rpm"), reader.Find("tpm"), reader.Find("concurrent")];
        var requests = findings.Int(written[0], 1, MostPerMinute);
        var tokens = findings.Int(written[1], 1, MostPerMinute);
        var concurrent = findings.Int(written[2], 1, MostPerMinute);
        if (requests is not null || tokens is not null || concurrent is not null) return new RateLimits(requests?.Value, tokens?.Value, concurrent?.Value);
        if (Array.TrueForAll(written, node => node is null)) findings.Error(reader.At, "limits nothing: write rpm, tpm or concurrent");
        return null;
    }

    /// <summary>One text for each dimension, or a list of them.</summary>
    private static ImmutableArray<ScopeDocument> Scope(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, Section.BudgetScope, findings) is not { } reader) return [];
        var scope = ImmutableArray.CreateBuilder<ScopeDocument>();
        foreach (var dimension in Section.BudgetScope.Keys)
        {
            if (reader.Find(dimension) is not { } value) continue;
            ImmutableArray<Located<string>> values = value is YamlNode.Sequence ? findings.Texts(value, MostValues, "[marketing, sales]") : findings.Text(value) is { } text ? [text] : [];
            if (value is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(value.At, "needs at least one value; leave the key out for any");
            scope.Add(new ScopeDocument(new Located<string>(dimension, value.At), values));
        }

        if (scope.Count == 0) findings.Shape(node, "says nothing; leave it out for every request");
        reader.Close();
        return scope.DrainToImmutable();
    }

    private static ImmutableArray<ThresholdDocument> Thresholds(YamlNode node, Findings findings)
    {
        var thresholds = ImmutableArray.CreateBuilder<ThresholdDocument>();
        foreach (var item in findings.List(node, MostThresholds, "[ { percent: 80, do: [alert] }, { percent: 100, do: [block] } ]"))
        {
            if (SectionReader.Open(item, Section.Threshold, findings) is not { } reader) continue;
            var percent = findings.Int(reader.Require("percent", "of the limit"), 1, 1000);
            var actions = ImmutableArray.CreateBuilder<Located<string>>();
            var written = reader.Require("do", "a list of alert, cheapest, degrade, block");
            foreach (var action in findings.List(written, Actions.Length, "[alert]"))
            {
                if (findings.Word(action, Actions) is { } word) actions.Add(word);
            }

            if (written is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(written.At, "does nothing; write alert, cheapest, degrade or block");
            if (percent is { } share) thresholds.Add(new ThresholdDocument(share, actions.DrainToImmutable()));
            reader.Close();
        }

        if (node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "needs at least one share; leave it out to block at 100 percent");
        return thresholds.DrainToImmutable();
    }

    private static ImmutableArray<KeyValuePair<Located<string>, T>> Overrides<T>(YamlNode? node, Findings findings, Func<YamlNode, Findings, (bool IsRead, T Value)> read)
    {
        var overrides = ImmutableArray.CreateBuilder<KeyValuePair<Located<string>, T>>();
        foreach (var entry in findings.Names(node, MostOverrides))
        {
            if (read(entry.Value, findings) is (true, var value)) overrides.Add(new(new Located<string>(entry.Key, entry.At), value));
        }

        return overrides.DrainToImmutable();
    }
}
