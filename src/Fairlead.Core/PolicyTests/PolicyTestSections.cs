using Fairlead.Core.Configuration;

namespace Fairlead.Core.PolicyTests;

/// <summary>The keys of the mappings of a file of policy tests.</summary>
internal static class PolicyTestSections
{
    public static Section Root { get; } = new(["config", "defaults", "tests"], []);

    public static Section Defaults { get; } = new(["health", "headers", "at"], []);

    public static Section Test { get; } = new(["name", "request", "key", "headers", "health", "budget", "down", "at", "expect"], []);

    public static Section Request { get; } = new(["dialect", "body", "model", "prompt", "system", "stream", "max_tokens", "schema", "tools", "images", "metadata"], []);

    public static Section Health { get; } = new(["p50", "p95", "p99", "success", "retries", "schema_validity", "tool_success", "quota_left", "samples"], []);

    public static Section Budget { get; } = new(["used", "left"], []);

    public static Section Expect { get; } = new(
        ["route", "tier", "target", "order", "workload", "sensitivity", "constraints", "rejected", "never", "sentence", "refused"], []);
}
