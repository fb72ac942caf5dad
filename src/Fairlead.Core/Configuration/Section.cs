using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>
/// The keys of one kind of mapping: those that this version takes, and those of the contract that it does not take yet. The second
/// are refused in other words than unknown ones, so that nobody believes in a rule that does not run.
/// </summary>
internal sealed record Section(ImmutableArray<string> Keys, ImmutableArray<string> Later)
{
    public static Section Root { get; } = new(
        ["listen", "providers", "targets", "aliases", "defaults", "routes", "keys", "admin", "store"],
        ["workloads", "guards", "constraints", "budgets", "alerts", "telemetry", "config"]);

    public static Section Provider { get; } = new(["kind", "keys", "base_url", "region", "facts", "simulate"], []);

    public static Section Simulate { get; } = new(["dialect", "first_token", "tokens_per_second", "faults"], []);

    public static Section Target { get; } = new(
        ["provider", "model", "deployment", "price", "family", "context_window", "max_output", "tools", "json_schema", "vision", "reasoning", "retires"],
        ["quality", "tags", "restricted"]);

    public static Section Price { get; } = new(["input", "output", "cached_input", "cache_write", "cache_write_1h"], []);

    public static Section Defaults { get; } = new(["timeouts", "retries"], ["hedge"]);

    public static Section Timeouts { get; } = new(["connect", "headers", "first_token", "gap", "deadline"], []);

    public static Section Route { get; } = new(
        ["name", "tiers", "timeouts", "on_loss"],
        ["when", "promise", "require", "prefer", "hedge", "validate", "commit", "guards", "cache", "retries", "restricted"]);

    public static Section Tier { get; } = new(["name", "use"], ["when", "require", "prefer", "after", "impact", "degrade"]);

    public static Section Key { get; } = new(
        ["name", "secret", "tenant"],
        ["team", "feature", "may_set", "routes", "targets", "environments", "expires", "limits", "expose"]);

    public static Section Admin { get; } = new(["key", "metrics"], ["listen"]);

    public static Section Store { get; } = new(["ledger", "durability"], ["shared"]);

    public static Section Vendor { get; } = new(
        ["kind", "dialect", "base_url", "path", "auth", "key", "key_required", "default_model", "catalog", "stream_options", "max_tokens", "thoughts"], []);
}
