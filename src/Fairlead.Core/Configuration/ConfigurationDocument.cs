using System.Collections.Immutable;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>A configuration as it is written, bound but not yet checked against itself. Every value knows its place.</summary>
internal sealed record ConfigurationDocument
{
    public required Place At { get; init; }

    public Located<Uri>? Listen { get; init; }

    public required ImmutableArray<ProviderDocument> Providers { get; init; }

    public required ImmutableArray<TargetDocument> Targets { get; init; }

    public required ImmutableArray<AliasDocument> Aliases { get; init; }

    public required ImmutableArray<WorkloadDocument> Workloads { get; init; }

    public required ImmutableArray<SensitivityDocument> Sensitivity { get; init; }

    public required ImmutableArray<ConstraintDocument> Constraints { get; init; }

    public required DefaultsDocument Defaults { get; init; }

    public required ImmutableArray<RouteDocument> Routes { get; init; }

    public ImmutableArray<BudgetDocument> Budgets { get; init; } = [];

    public ImmutableArray<LimitRuleDocument> Limits { get; init; } = [];

    public required ImmutableArray<KeyDocument> Keys { get; init; }

    public Located<string>? AdminKey { get; init; }

    public Located<string>? AdminMetrics { get; init; }

    public Located<Uri>? AdminListen { get; init; }

    public Located<string>? Ledger { get; init; }

    public Located<string>? Durability { get; init; }

    public Located<string>? StoreKey { get; init; }

    public LedgerRetention Keep { get; init; } = LedgerRetention.Everything;

    public AuditDocument? Audit { get; init; }

    public ProbeSettings Probes { get; init; } = ProbeSettings.Default;

    public ImmutableArray<AlertDocument> Alerts { get; init; } = [];

    public OverloadSettings Overload { get; init; } = OverloadSettings.Default;

    public StopSettings Stop { get; init; } = StopSettings.Default;
}

/// <summary>What holds where nothing else is written.</summary>
internal sealed record DefaultsDocument
{
    public TimeoutsDocument Timeouts { get; init; } = TimeoutsDocument.None;

    public Located<int>? Retries { get; init; }

    public Located<TimeSpan>? RetryWait { get; init; }

    public Located<int>? OutputCap { get; init; }

    public ImmutableArray<FailureDocument> Failures { get; init; } = [];

    public HedgeDocument? Hedge { get; init; }

    public BreakerDocument? Breaker { get; init; }
}

internal sealed record ProviderDocument(Located<string> Name)
{
    public Located<string>? Kind { get; init; }

    /// <summary>The references that are some.</summary>
    public ImmutableArray<Located<string>> Keys { get; init; } = [];

    /// <summary>Whether keys are written, be they right or wrong.</summary>
    public bool HasKeys { get; init; }

    public Located<Uri>? BaseUrl { get; init; }

    /// <summary>Whether an address is written, be it right or wrong.</summary>
    public bool HasBaseUrl { get; init; }

    public Located<string>? Region { get; init; }

    public ImmutableArray<Located<string>> Facts { get; init; } = [];

    public Located<SimulatedProvider>? Simulate { get; init; }
}

internal sealed record TargetDocument(Located<string> Name)
{
    public Located<string>? Provider { get; init; }

    public Located<string>? Model { get; init; }

    public Located<string>? Deployment { get; init; }

    public PriceDocument? Price { get; init; }

    public Located<string>? Family { get; init; }

    public Located<int>? ContextWindow { get; init; }

    public Located<int>? MaxOutput { get; init; }

    public Located<bool>? Tools { get; init; }

    public Located<bool>? JsonSchema { get; init; }

    public Located<bool>? Vision { get; init; }

    public Located<bool>? Reasoning { get; init; }

    public Located<DateOnly>? Retires { get; init; }

    public ImmutableArray<KeyValuePair<Located<string>, double>> Quality { get; init; } = [];

    public ImmutableArray<Located<string>> Tags { get; init; } = [];

    public ImmutableArray<Located<string>> Environments { get; init; } = [];

    public bool IsRestricted { get; init; }

    public TargetPrior? Prior { get; init; }

    public Located<string>? Prefill { get; init; }

    public BreakerDocument? Breaker { get; init; }

    public RateLimits? Limits { get; init; }
}

/// <summary>Nano-dollars per million tokens.</summary>
internal sealed record PriceDocument(Located<long> Input, Located<long> Output, Located<long>? CachedInput, Located<long>? CacheWrite, Located<long>? CacheWriteOneHour);

internal sealed record AliasDocument(Located<string> Name, Located<string> StandsFor);

internal sealed record TimeoutsDocument(
    Located<TimeSpan>? Connect, Located<TimeSpan>? Headers, Located<TimeSpan>? FirstToken, Located<TimeSpan>? Gap, Located<TimeSpan>? Deadline)
{
    public static TimeoutsDocument None { get; } = new(null, null, null, null, null);

    public Located<TimeSpan>? Answer { get; init; }

    public Located<int>? Floor { get; init; }

    public Located<TimeSpan>? Client { get; init; }

    /// <summary>What is written here, over <paramref name="defaults"/>.</summary>
    public Timeouts Over(Timeouts defaults) => new(
        Connect?.Value ?? defaults.Connect,
        Headers?.Value ?? defaults.Headers,
        FirstToken?.Value ?? defaults.FirstToken,
        Gap?.Value ?? defaults.Gap,
        Deadline?.Value ?? defaults.Deadline)
    {
        Answer = Answer is not { } answer ? defaults.Answer : answer.Value == TimeSpan.Zero ? null : answer.Value,
        Floor = Floor?.Value ?? defaults.Floor,
        Client = Client?.Value ?? defaults.Client,
    };
}

internal sealed record RouteDocument(Place At, Located<string>? Name, ImmutableArray<TierDocument> Tiers, TimeoutsDocument Timeouts, bool RejectsLoss)
{
    public Located<string>? When { get; init; }

    public Located<string>? Require { get; init; }

    public Promise? Promise { get; init; }

    public RouteNeeds? Needs { get; init; }

    public Located<RouteMode>? Mode { get; init; }

    public Located<string>? Baseline { get; init; }

    public bool IsRestricted { get; init; }

    public RateLimits? Limits { get; init; }

    public bool CutsOverBudget { get; init; }

    public ImmutableArray<FailureDocument> Failures { get; init; } = [];

    public HedgeDocument? Hedge { get; init; }

    /// <summary>Where <c>on_break: continue</c> is written; null where it is not.</summary>
    public Place? ContinuesAt { get; init; }
}

internal sealed record TierDocument(Place At, Located<string>? Name)
{
    /// <summary>Null: all targets.</summary>
    public ImmutableArray<Located<string>>? Use { get; init; }

    public Located<string>? Require { get; init; }

    public Located<Preference>? Prefer { get; init; }

    /// <summary>Null: every class that may be tried elsewhere.</summary>
    public ImmutableArray<Located<string>>? After { get; init; }

    public string? Impact { get; init; }
}

internal sealed record WorkloadDocument(Place At, Located<string>? Name, Located<string>? When, ImmutableArray<Located<string>> Templates, ImmutableArray<Located<string>> Features);

internal sealed record SensitivityDocument(Place At, Located<string>? Label, Located<string>? When);

internal sealed record ConstraintDocument(Place At, Located<string>? Name, Located<string>? When, Located<string>? Require);

internal sealed record KeyDocument(Place At, Located<string>? Name, Located<string>? Secret, Located<string>? Tenant)
{
    public Located<string>? Team { get; init; }

    public Located<string>? Feature { get; init; }

    /// <summary>Null: all that are not restricted.</summary>
    public ImmutableArray<Located<string>>? Routes { get; init; }

    /// <summary>Null: all that are not restricted.</summary>
    public ImmutableArray<Located<string>>? Targets { get; init; }

    public ImmutableArray<Located<string>> Environments { get; init; } = [];

    public RateLimits? Limits { get; init; }

    /// <summary>Null: all.</summary>
    public ImmutableArray<Located<string>>? MaySet { get; init; }

    /// <summary>Null: all.</summary>
    public ImmutableArray<Located<string>>? Operations { get; init; }

    /// <summary>Null: any; empty: none.</summary>
    public ImmutableArray<Located<string>>? Tools { get; init; }

    public Located<string>? Expose { get; init; }

    public Located<string>? Criticality { get; init; }

    public Located<DateOnly>? Expires { get; init; }

    public Located<string>? Owner { get; init; }

    public RequestTags? Tags { get; init; }
}

internal sealed record BudgetDocument(Place At, Located<string>? Name, Located<long>? Limit, Located<string>? Per)
{
    public Located<string>? Each { get; init; }

    /// <summary>Dimensions and the values that each may have.</summary>
    public ImmutableArray<ScopeDocument> Scope { get; init; } = [];

    public Located<string>? Zone { get; init; }

    /// <summary>Null: at 100 percent it blocks.</summary>
    public ImmutableArray<ThresholdDocument>? Thresholds { get; init; }

    /// <summary>Nano-dollars.</summary>
    public ImmutableArray<KeyValuePair<Located<string>, long>> Overrides { get; init; } = [];
}

internal sealed record ScopeDocument(Located<string> Dimension, ImmutableArray<Located<string>> Values);

internal sealed record ThresholdDocument(Located<int> Percent, ImmutableArray<Located<string>> Actions);

internal sealed record LimitRuleDocument(Located<string>? Name, Located<string>? Each, RateLimits? Limits)
{
    public ImmutableArray<KeyValuePair<Located<string>, RateLimits>> Overrides { get; init; } = [];
}
