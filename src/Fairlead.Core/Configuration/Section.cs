using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>
/// The keys of one kind of mapping: those that this version takes, and those of the contract that it does not take yet. The second
/// are refused in other words than unknown ones, so that nobody believes in a rule that does not run.
/// </summary>
internal sealed record Section(ImmutableArray<string> Keys, ImmutableArray<string> Later)
{
    public static Section Root { get; } = new(
        ["listen", "providers", "targets", "aliases", "workloads", "sensitivity", "constraints", "defaults", "routes", "budgets", "limits", "keys", "admin", "store", "audit", "alerts", "probes", "overload", "stop"],
        ["guards", "telemetry", "config"]);

    public static Section Provider { get; } = new(["kind", "keys", "base_url", "region", "facts", "simulate"], []);

    public static Section Simulate { get; } = new(["dialect", "first_token", "tokens_per_second", "faults", "quota", "outages", "outage_group"], []);

    public static Section Target { get; } = new(
        ["provider", "model", "deployment", "price", "family", "context_window", "max_output", "tools", "json_schema", "vision", "reasoning", "retires", "quality", "tags", "environments", "restricted",
            "prior", "prefill", "breaker", "limits"],
        []);

    public static Section Prior { get; } = new(["p50", "p95", "p99", "success", "schema_validity", "tool_success"], []);

    public static Section Price { get; } = new(["input", "output", "cached_input", "cache_write", "cache_write_1h"], []);

    public static Section Defaults { get; } = new(["timeouts", "retries", "retry_wait", "output_cap", "failures", "hedge", "breaker"], []);

    public static Section Probes { get; } = new(["every", "budget", "max_tokens", "stale"], []);

    public static Section Hedge { get; } = new(["after", "at_most"], []);

    public static Section Breaker { get; } = new(["failures", "share", "slow", "cost_per_minute", "open"], []);

    public static Section Timeouts { get; } = new(["connect", "headers", "first_token", "gap", "deadline", "answer", "floor", "client"], []);

    public static Section Route { get; } = new(
        ["name", "when", "promise", "require", "mode", "baseline", "tiers", "timeouts", "on_loss", "restricted", "limits", "over_budget", "failures", "on_break", "hedge"],
        ["validate", "commit", "guards", "cache", "retries"]);

    public static Section Promise { get; } = new(["p95", "success", "cost_per_outcome", "window", "tools", "json_schema", "vision", "regions", "facts"], []);

    public static Section Tier { get; } = new(["name", "use", "require", "prefer", "after", "impact"], ["degrade"]);

    /// <summary>A strategy with what it needs to know.</summary>
    public static Section Preference { get; } = new(["weighted", "sticky", "balanced"], []);

    public static Section Balance { get; } = new(["cost", "latency", "quality"], []);

    public static Section Constraint { get; } = new(["name", "when", "require"], ["guards"]);

    public static Section Workload { get; } = new(["name", "when", "templates", "features"], []);

    public static Section Sensitivity { get; } = new(["label", "when"], []);

    public static Section Key { get; } = new(
        ["name", "secret", "tenant", "team", "feature", "routes", "targets", "environments", "limits", "may_set", "operations", "tools", "expose", "expires", "owner", "tags", "criticality"], []);

    public static Section Budget { get; } = new(["name", "each", "scope", "limit", "per", "timezone", "at", "override"], []);

    public static Section BudgetScope { get; } = new(["tenant", "team", "feature", "key", "environment", "workload", "route", "provider", "target"], []);

    public static Section Threshold { get; } = new(["percent", "do"], []);

    public static Section Limits { get; } = new(["rpm", "tpm", "concurrent"], []);

    public static Section LimitRule { get; } = new(["name", "each", "rpm", "tpm", "concurrent", "override"], []);

    public static Section Admin { get; } = new(["key", "metrics", "listen"], []);

    public static Section Store { get; } = new(["ledger", "durability", "key", "keep"], ["shared"]);

    public static Section Keep { get; } = new(["requests", "costs"], []);

    public static Section Audit { get; } = new(["checkpoint"], []);

    public static Section AuditCheckpoint { get; } = new(["file", "webhook", "key", "every"], []);

    public static Section Overload { get; } = new(["concurrent", "memory"], []);

    public static Section Stop { get; } = new(["drain", "notice"], []);

    public static Section Alert { get; } = new(["name", "webhook", "format", "key", "events", "remind", "resolved"], []);

    public static Section Vendor { get; } = new(
        ["kind", "dialect", "base_url", "path", "auth", "key", "key_required", "default_model", "catalog", "stream_options", "max_tokens", "thoughts", "prefill", "prefill_models"], []);
}
