using Fairlead.Core.Ledger;

namespace Fairlead.Core.Configuration;

/// <summary>How fallbacks are kept known to work. Immutable.</summary>
public sealed record ProbeSettings
{
    /// <summary>What holds where nothing is written: no probes, and told after a day.</summary>
    public static ProbeSettings Default { get; } = new();

    /// <summary>A target that has not answered for so long is sent a small request; null: none is sent.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>What probes may cost in a day of UTC.</summary>
    public Usd Budget { get; init; } = new(100_000_000);

    /// <summary>Tokens that the answer of a probe may have: 1–256.</summary>
    public int MaxTokens { get; init; } = 16;

    /// <summary>A tier none of whose targets has answered for so long is stale, which is an alert.</summary>
    public TimeSpan Stale { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>Binds what a configuration says of probes.</summary>
internal static class ProbeBinder
{
    private static readonly TimeSpan Most = TimeSpan.FromDays(30);
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    /// <summary>What holds, with an error where it is written wrongly.</summary>
    public static ProbeSettings Bind(YamlNode? node, Findings findings)
    {
        if (node is null || SectionReader.Open(node, Section.Probes, findings) is not { } reader) return ProbeSettings.Default;
        var every = findings.Duration(reader.Find("every"), Least, Most);
        var budget = findings.NanoDollars(reader.Find("budget"));
        var tokens = findings.Int(reader.Find("max_tokens"), 1, 256);
        var stale = findings.Duration(reader.Find("stale"), Least, Most);
        if (every is null && budget is { } useless) findings.Error(useless.At, "is for probes, and 'every' does not say that any are sent");
        if (every is null && tokens is { } idle) findings.Error(idle.At, "is for probes, and 'every' does not say that any are sent");
        reader.Close();
        return new ProbeSettings
        {
            Every = every?.Value,
            Budget = budget is { } most ? new Usd(most.Value) : ProbeSettings.Default.Budget,
            MaxTokens = tokens?.Value ?? ProbeSettings.Default.MaxTokens,
            Stale = stale?.Value ?? ProbeSettings.Default.Stale,
        };
    }
}
