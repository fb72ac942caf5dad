using Fairlead.Core.Ledger;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Budgets;
using Fairlead.Core.Catalog;
using Fairlead.Core.Classification;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>
/// The compiled configuration and its revision: the only contract between administration and traffic. A request takes it once,
/// at the start, and keeps it to the end. Immutable; safe for any number of threads.
/// </summary>
public sealed record GatewaySnapshot
{
    /// <summary>The hash of the configuration's content: 12 lower-case hexadecimal digits.</summary>
    public required string Revision { get; init; }

    /// <summary>The addresses to listen on, as written (<c>http://127.0.0.1:8484</c>). Read at start only.</summary>
    public required Uri Listen { get; init; }

    /// <summary>By name, ordinal.</summary>
    public required FrozenDictionary<string, Provider> Providers { get; init; }

    /// <summary>By name, ordinal.</summary>
    public required FrozenDictionary<string, Target> Targets { get; init; }

    /// <summary>The same, in the order of the configuration.</summary>
    public required ImmutableArray<Target> TargetList { get; init; }

    /// <summary>What a request's workload follows from; the first that matches.</summary>
    public ImmutableArray<WorkloadRule> Workloads { get; init; } = [];

    /// <summary>Labels of sensitive data that rules add; every one that matches.</summary>
    public ImmutableArray<SensitivityRule> Sensitivity { get; init; } = [];

    /// <summary>What every target must be for a request that they are about.</summary>
    public ImmutableArray<Constraint> Constraints { get; init; } = [];

    /// <summary>What rules look for in prompts.</summary>
    public RuleSignals Signals { get; init; } = new();

    /// <summary>In the order of the configuration; at least one.</summary>
    public required ImmutableArray<Route> Routes { get; init; }

    /// <summary>Exact aliases: what a client may send → what it stands for (a route, a target, <c>provider/model</c>, <c>auto</c>).</summary>
    public required FrozenDictionary<string, string> Aliases { get; init; }

    /// <summary>Aliases with a trailing <c>*</c>; the longest first.</summary>
    public required ImmutableArray<PrefixAlias> PrefixAliases { get; init; }

    /// <summary>Timeouts where a route has none of its own, and for pinned targets.</summary>
    public required Timeouts DefaultTimeouts { get; init; }

    /// <summary>What follows a failure where a route says nothing of its own, and for pinned targets.</summary>
    public FailurePolicy DefaultFailures { get; init; } = FailurePolicy.Default;

    /// <summary>Sends to the same target after a failure that may pass, per request: 0–2.</summary>
    public required int Retries { get; init; }

    /// <summary>When a target is no longer sent to that says nothing of its own, and one that a client names.</summary>
    public BreakerSettings DefaultBreaker { get; init; } = BreakerSettings.Default;

    /// <summary>How long a request waits at most, once, when all that is left to it are vendors whose limits end soon; zero: not at all.</summary>
    public TimeSpan RetryWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What may be spent, in the order of the configuration.</summary>
    public ImmutableArray<Budget> Budgets { get; init; } = [];

    /// <summary>Limits that each caller has for itself, in the order of the configuration.</summary>
    public ImmutableArray<LimitRule> Limits { get; init; } = [];

    /// <summary>
    /// Tokens that an answer may have at most where its client gives no limit and a budget that blocks applies: without an end nobody could say what
    /// it may cost.
    /// </summary>
    public int OutputCap { get; init; } = 8192;

    /// <summary>The keys clients may present. Empty: loopback only, and every caller is the anonymous one of tenant <c>default</c>.</summary>
    public required ImmutableArray<ClientKey> Keys { get; init; }

    /// <summary>The key of <c>/admin</c> and <c>/metrics</c>; null: those are served to this machine only, and to nobody where there are keys.</summary>
    public Secret? AdminKey { get; init; }

    /// <summary>Where <c>/admin</c> and <c>/metrics</c> are served, and nowhere else then; null: with everything else. Read at start only.</summary>
    public Uri? AdminListen { get; init; }

    /// <summary>Whether <c>/metrics</c> is served without the admin key.</summary>
    public required bool MetricsAreOpen { get; init; }

    /// <summary>Where the ledger lives. Read at start only.</summary>
    public required StoreSettings Store { get; init; }

    /// <summary>How long the ledger keeps what it has.</summary>
    public LedgerRetention Keep { get; init; } = LedgerRetention.Everything;

    /// <summary>Where checkpoints of the audit log go.</summary>
    public AuditSettings Audit { get; init; } = new();

    /// <summary>How fallbacks are kept known to work.</summary>
    public ProbeSettings Probes { get; init; } = ProbeSettings.Default;

    /// <summary>Whom alerts are told, in the order of the configuration.</summary>
    public ImmutableArray<AlertSink> Alerts { get; init; } = [];

    /// <summary>From when on requests are refused for want of room.</summary>
    public OverloadSettings Overload { get; init; } = OverloadSettings.Default;

    /// <summary>How the gateway stops.</summary>
    public StopSettings Stop { get; init; } = StopSettings.Default;

    /// <summary>Model facts and prices, the built-in ones with what the configuration overrides.</summary>
    public required ModelCatalog Catalog { get; init; }

    /// <summary>The workloads that a caller may claim.</summary>
    public KnownNames WorkloadNames { get; init; } = Classification.Workloads.Names;

    /// <summary>The sensitivity labels that a caller may add.</summary>
    public KnownNames SensitivityLabels { get; init; } = Classification.SensitivityLabels.Names;

    /// <summary>What the operator should know of this configuration though it is valid: missing keys, unpriced targets.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>Every rule, in the order of the configuration's sections.</summary>
    internal IEnumerable<Rule> Rules()
    {
        var rules = Workloads.Select(workload => workload.When)
            .Concat(Sensitivity.Select(label => label.When))
            .Concat(Constraints.SelectMany(constraint => new[] { constraint.When, constraint.Require }))
            .Concat(Routes.SelectMany(route => route.Tiers.Select(tier => tier.Require).Prepend(route.Require).Prepend(route.When)));
        return rules.OfType<Rule>();
    }

    /// <summary>The same snapshot with further warnings.</summary>
    internal GatewaySnapshot With(IReadOnlyCollection<string> warnings) => warnings.Count == 0 ? this : this with { Warnings = Warnings.AddRange(warnings) };
}

/// <summary>An alias that holds for every name of one beginning.</summary>
/// <param name="Name">As configured: the beginning and a <c>*</c>.</param>
/// <param name="StandsFor">What it stands for, as with any alias.</param>
public sealed record PrefixAlias(string Name, string StandsFor)
{
    /// <summary>The beginning, without the <c>*</c>.</summary>
    public string Prefix { get; } = Name[..^1];
}

/// <summary>Where the ledger lives.</summary>
/// <param name="LedgerPath">The SQLite file, relative to the configuration's folder; <c>:memory:</c> keeps it in memory.</param>
/// <param name="Durability">When a settlement counts as written.</param>
public sealed record StoreSettings(string LedgerPath, LedgerDurability Durability)
{
    /// <summary>What is kept is digested with; null: a key of its own beside the ledger.</summary>
    public Secret? Key { get; init; }

    /// <summary>Whether it is written in the same words: a secret's value is no part of that.</summary>
    internal bool IsSameAs(StoreSettings other) => this with { Key = null } == other with { Key = null } && Key?.Reference == other.Key?.Reference;
}

/// <summary>When a settlement counts as written.</summary>
public enum LedgerDurability
{
    /// <summary>Committed in groups off the request path; a crash loses at most what the last 20 ms held.</summary>
    Group = 0,

    /// <summary>An answer's end is held back until its settlement is on disk.</summary>
    Strict,
}
