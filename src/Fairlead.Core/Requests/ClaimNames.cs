using System.Collections.Immutable;

namespace Fairlead.Core.Requests;

/// <summary>What a request may say of itself, in the words of <c>may_set</c>: those of its headers and metadata, without their units.</summary>
public static class ClaimNames
{
    /// <summary>Every one.</summary>
    public static ImmutableArray<string> All { get; } =
        ["feature", "user", "user_tier", "journey", "workload", "sensitivity", "template", "environment", "latency_budget", "timeout", "max_cost", "tags", "dry_run"];

    /// <summary>The word of a header without its prefix (<c>latency-budget-ms</c>); null when there is no such claim.</summary>
    public static string? OfHeader(string claim) => claim switch
    {
        "feature" or "user" or "journey" or "workload" or "sensitivity" or "template" or "environment" or "tags" => claim,
        "user-tier" => "user_tier",
        "latency-budget-ms" => "latency_budget",
        "timeout-ms" => "timeout",
        "max-cost-usd" => "max_cost",
        "dry-run" => "dry_run",
        _ => null,
    };
}
