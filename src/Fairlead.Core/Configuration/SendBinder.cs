using System.Globalization;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Configuration;

/// <summary>Binds what a configuration says of second sends and breakers.</summary>
internal static class SendBinder
{
    private const int MostFailures = 1000;

    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MostOpen = TimeSpan.FromHours(1);

    /// <summary>When a second send is made. <c>none</c>: never, whatever the defaults say.</summary>
    public static HedgeDocument? Hedge(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is YamlNode.Scalar { Text: "none" }) return new HedgeDocument(null);
        if (node is YamlNode.Scalar)
        {
            findings.Error(node.At, "must say after what a second send is made, such as { after: p98 }, or be none");
            return null;
        }

        if (SectionReader.Open(node, Section.Hedge, findings) is not { } reader) return null;
        var after = After(reader.Require("after", "a percentile such as p98, or a time"), findings);
        var atMost = findings.PositiveShare(reader.Find("at_most"));
        reader.Close();
        return after is null ? null : new HedgeDocument(after with { AtMost = atMost?.Value ?? HedgeSettings.DefaultAtMost });
    }

    /// <summary>How long a request waits for a limit to end; zero is none.</summary>
    public static Located<TimeSpan>? Wait(YamlNode? node, Findings findings) => findings.Duration(node, most: MostWait, mayBeNone: true);

    /// <summary>When a target is no longer sent to, over what holds else.</summary>
    public static BreakerDocument? Breaker(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, Section.Breaker, findings) is not { } reader) return null;
        var share = findings.PositiveShare(reader.Find("share"));
        var open = findings.Duration(reader.Find("open"), most: MostOpen);
        var cost = findings.NanoDollars(reader.Find("cost_per_minute"));
        if (cost is { Value: 0 } free) findings.Error(free.At, "must be above $0");
        var document = new BreakerDocument
        {
            Failures = findings.Int(reader.Find("failures"), 1, MostFailures)?.Value,
            Share = share?.Value,
            Slow = findings.Duration(reader.Find("slow"))?.Value,
            CostPerMinute = cost is { } most ? new Usd(most.Value) : null,
            Open = open?.Value,
        };
        reader.Close();
        return document;
    }

    private static HedgeSettings? After(YamlNode? node, Findings findings)
    {
        if (node is YamlNode.Scalar { Text: ['p', .. var digits] } && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var percentile))
        {
            if (HedgeSettings.Percentiles.Contains(percentile)) return new HedgeSettings(percentile, null, HedgeSettings.DefaultAtMost);
            findings.Error(node.At, "is no percentile that is measured: p50, p95, p98 or p99");
            return null;
        }

        return findings.Duration(node) is { } time ? new HedgeSettings(null, time.Value, HedgeSettings.DefaultAtMost) : null;
    }
}

/// <summary>What is written of second sends.</summary>
/// <param name="Settings">Null: none are made.</param>
internal sealed record HedgeDocument(HedgeSettings? Settings);

/// <summary>What is written of a breaker.</summary>
internal sealed record BreakerDocument
{
    public int? Failures { get; init; }

    public double? Share { get; init; }

    public TimeSpan? Slow { get; init; }

    public Usd? CostPerMinute { get; init; }

    public TimeSpan? Open { get; init; }

    /// <summary>What is written here over what is written elsewhere.</summary>
    public static BreakerSettings Over(BreakerDocument? document, BreakerSettings defaults) => document is null ? defaults : new BreakerSettings
    {
        Failures = document.Failures ?? defaults.Failures,
        Share = document.Share ?? defaults.Share,
        Slow = document.Slow ?? defaults.Slow,
        CostPerMinute = document.CostPerMinute ?? defaults.CostPerMinute,
        Open = document.Open ?? defaults.Open,
    };
}
