using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Revisions;

/// <summary>Values as a diff shows them: as one would write them in the configuration.</summary>
internal static class ChangeText
{
    public static string Of(bool value) => value ? "yes" : "no";

    public static string? Of(bool? value) => value is { } known ? Of(known) : null;

    public static string Of(int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string? Of(int? value) => value is { } known ? Of(known) : null;

    public static string? Of(DateOnly? value) => value?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Of(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    public static string? Of(double? value) => value is { } known ? Of(known) : null;

    public static string? Of(TimeSpan? value) => value is { } known ? Of(known) : null;

    public static string Of(TimeSpan value) => value.Ticks % TimeSpan.TicksPerSecond == 0
        ? (value.Ticks / TimeSpan.TicksPerSecond).ToString(CultureInfo.InvariantCulture) + "s"
        : value.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";

    /// <summary>US dollars per million tokens; null where none is known. The version is not shown: it names where a price stands, not what it is.</summary>
    public static string? Of(Price? price)
    {
        if (price is null) return null;
        var text = Kinds(price.Input, price.Output, price.CachedInput, price.CacheWrite, price.CacheWriteOneHour);
        foreach (var step in price.LongContext)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; above {step.AboveInputTokens} tokens {Kinds(step.Input, step.Output, step.CachedInput, step.CacheWrite, step.CacheWriteOneHour)}");
        }

        return text;
    }

    /// <summary>Limits as one says them: <c>600 requests a minute, 50 at once</c>.</summary>
    public static string? Of(RateLimits? limits)
    {
        if (limits is null) return null;
        var parts = new List<string>(3);
        if (limits.RequestsPerMinute is { } requests) parts.Add(Of(requests) + " requests a minute");
        if (limits.TokensPerMinute is { } tokens) parts.Add(Of(tokens) + " tokens a minute");
        if (limits.Concurrent is { } concurrent) parts.Add(Of(concurrent) + " at once");
        return string.Join(", ", parts);
    }

    /// <summary>How fallbacks are kept known to work: <c>every 6h, $0.1 a day, 16 tokens, stale after 24h</c>.</summary>
    public static string Of(ProbeSettings probes) =>
        $"{(probes.Every is { } every ? $"every {Of(every)}, ${probes.Budget} a day, {Of(probes.MaxTokens)} tokens" : "none")}, stale after {Of(probes.Stale)}";

    /// <summary>When a second send is made: <c>after p98, at most 0.03</c>.</summary>
    public static string? Of(HedgeSettings? hedge) => hedge is null ? null : $"after {hedge.Shown}, at most {Of(hedge.AtMost)}";

    /// <summary>What opens a breaker: <c>5 failures, share 0.5, open 2s</c>.</summary>
    public static string Of(BreakerSettings breaker)
    {
        var text = $"{Of(breaker.Failures)} failures, share {Of(breaker.Share)}";
        if (breaker.Slow is { } slow) text += ", slow " + Of(slow);
        if (breaker.CostPerMinute is { } cost) text += $", ${cost} a minute";
        return text + ", open " + Of(breaker.Open);
    }

    /// <summary>A preference with its numbers: <c>weighted mini 95, sonnet 5, sticky by journey</c>.</summary>
    public static string Of(Preference preference) => preference switch
    {
        Preference.Balanced balanced => $"balanced cost {Of(balanced.OfCost)}, latency {Of(balanced.OfLatency)}, quality {Of(balanced.OfQuality)}",
        Preference.Weighted weighted => "weighted "
            + string.Join(", ", weighted.Weights.OrderBy(weight => weight.Key, StringComparer.Ordinal).Select(weight => $"{weight.Key} {Of(weight.Value)}"))
            + weighted.Sticky switch
            {
                null => "",
                StickyBy.Journey => ", sticky by journey",
                StickyBy.User => ", sticky by user",
                StickyBy.Tenant => ", sticky by tenant",
                _ => throw new UnreachableException(),
            },
        _ => preference.Name,
    };

    /// <summary>What lets a request enter a tier.</summary>
    public static ImmutableArray<string> Of(TierEntry entry)
    {
        var names = TierEntry.Names.Where(name => TierEntry.TryParse(name, out var one) && entry.Or(one) == entry).ToImmutableArray();
        return names.Length == TierEntry.Names.Length ? ["any failure"] : names;
    }

    /// <summary>What follows failures where it is not the table's: <c>overloaded: retry</c>.</summary>
    public static ImmutableArray<string> Of(FailurePolicy failures) => Of(failures, FailurePolicy.Default);

    /// <summary>What follows failures where it is not what the defaults say.</summary>
    public static ImmutableArray<string> Of(FailurePolicy failures, FailurePolicy defaults)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        foreach (var row in FailureTable.Rows)
        {
            if (failures.ActionOf(row.Class) != defaults.ActionOf(row.Class)) texts.Add($"{row.Name}: {FailurePolicy.WordOf(failures.ActionOf(row.Class))}");
        }

        if (failures.OfFilter is { } action && failures.OfFilter != defaults.OfFilter) texts.Add($"{FailurePolicy.FilterName}: {FailurePolicy.WordOf(action)}");
        return texts.DrainToImmutable();
    }

    private static string Kinds(long input, long output, long? cachedInput, long? cacheWrite, long? cacheWriteOneHour)
    {
        var text = $"${new Usd(input)} in and ${new Usd(output)} out";
        if (cachedInput is { } cached) text += $", ${new Usd(cached)} cached";
        if (cacheWrite is { } write) text += $", ${new Usd(write)} written to the cache";
        if (cacheWriteOneHour is { } hour) text += $", ${new Usd(hour)} written for an hour";
        return text;
    }
}
