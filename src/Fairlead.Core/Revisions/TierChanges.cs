using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>
/// What changed in the tiers of a route. A tier is the same one when it has the same name, else when it holds the same targets, else
/// when it stands at the same place among those left over.
/// </summary>
internal static class TierChanges
{
    /// <summary>What is compared of a tier beside its name and targets.</summary>
    public static ImmutableArray<Facet<Tier>> Facets { get; } =
    [
        Facet<Tier>.Of(nameof(Tier.UsesAll), "takes every target", tier => ChangeText.Of(tier.UsesAll)),
        Facet<Tier>.OfRule(nameof(Tier.Require), "require", tier => tier.Require),
        Facet<Tier>.Of(nameof(Tier.Prefer), "prefer", tier => ChangeText.Of(tier.Prefer)),
        new(nameof(Tier.After), "after", tier => ChangeText.Of(tier.After)),
        Facet<Tier>.Of(nameof(Tier.Impact), "impact", tier => tier.Impact),
    ];

    public static IEnumerable<string> Between(ImmutableArray<Tier> before, ImmutableArray<Tier> after)
    {
        var pairs = Pair(before, after);
        for (var i = 0; i < after.Length; i++)
        {
            var tier = after[i];
            if (Array.IndexOf(pairs, i) is var was && was < 0)
            {
                yield return $"{Label(tier, i)} added: {Names(tier)}";
                continue;
            }

            var old = before[was];
            if (old.Name != tier.Name && (IsNamed(old, was) || IsNamed(tier, i))) yield return $"tier {i + 1} now named {tier.Name} instead of {old.Name}";
            if (FacetComparison.Change(Label(tier, i), Targets(old), Targets(tier)) is { } text) yield return text;
            foreach (var change in Facets.Compare(old, tier)) yield return $"{Label(tier, i)} {change}";
        }

        for (var i = 0; i < before.Length; i++)
        {
            if (pairs[i] < 0) yield return $"{Label(before[i], i)} removed: {Names(before[i])}";
        }

        var places = pairs.Where(place => place >= 0).ToArray();
        if (!places.SequenceEqual(places.Order())) yield return $"tiers in the order {string.Join("; ", after.Select(Name))} instead of {string.Join("; ", before.Select(Name))}";
    }

    /// <summary>A tier with its targets, for a route that is new.</summary>
    public static string Whole(Tier tier, int index) => $"{Label(tier, index)} {Names(tier)}";

    /// <summary>For each tier before, its place after; -1 when it is gone.</summary>
    private static int[] Pair(ImmutableArray<Tier> before, ImmutableArray<Tier> after)
    {
        var pairs = new int[before.Length];
        Array.Fill(pairs, -1);
        Take((one, i, other, j) => IsNamed(one, i) && IsNamed(other, j) && one.Name == other.Name);
        Take((one, _, other, _) => Targets(one).SequenceEqual(Targets(other), StringComparer.Ordinal));
        Take((_, _, _, _) => true);
        return pairs;

        void Take(Func<Tier, int, Tier, int, bool> isSame)
        {
            for (var i = 0; i < before.Length; i++)
            {
                for (var j = 0; pairs[i] < 0 && j < after.Length; j++)
                {
                    if (!pairs.Contains(j) && isSame(before[i], i, after[j], j)) pairs[i] = j;
                }
            }
        }
    }

    private static string Label(Tier tier, int index) => IsNamed(tier, index) ? $"tier {index + 1} ({tier.Name})" : $"tier {index + 1}";

    private static string Name(Tier tier, int index) => IsNamed(tier, index) ? tier.Name : Names(tier);

    private static bool IsNamed(Tier tier, int index) => tier.Name != $"tier {index + 1}";

    private static ImmutableArray<string> Targets(Tier tier) => [.. tier.Targets.Select(target => target.Name)];

    private static string Names(Tier tier) => FacetComparison.List(Targets(tier));
}
