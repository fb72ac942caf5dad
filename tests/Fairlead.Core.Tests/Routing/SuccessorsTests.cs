using Fairlead.Core.Execution;
using Fairlead.Core.Routing;
using Fairlead.Core.Tests.Configuration;

namespace Fairlead.Core.Tests.Routing;

/// <summary>Who goes on with an answer that broke off.</summary>
public sealed class SuccessorsTests
{
    private const string Yaml = """
        providers:
          east: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1" }
        targets:
          one: { provider: east, model: m, price: { input: 1, output: 1 }, prefill: vllm }
          two: { provider: east, model: m, price: { input: 1, output: 1 }, prefill: plain }
          three: { provider: east, model: m, price: { input: 1, output: 1 } }
          four: { provider: east, model: m, price: { input: 1, output: 1 }, prefill: prefix }
          five: { provider: east, model: m, price: { input: 1, output: 1 }, prefill: plain }
        routes:
          - name: default
            on_break: continue
            tiers:
              - { use: [one, two, three] }
              - { use: [four, one], after: [stalled] }
              - { use: [five, one, two] }
        """;

    [Theory]
    [InlineData(0, 0, FailureClass.Stalled, "two four five two")]
    [InlineData(0, 0, FailureClass.Truncated, "two five two")] // the second tier is not entered for it
    [InlineData(0, 1, FailureClass.Stalled, "four one five one")]
    [InlineData(0, 2, FailureClass.Stalled, "four one five one two")]
    [InlineData(1, 0, FailureClass.Stalled, "one five one two")]
    [InlineData(2, 2, FailureClass.Stalled, "")]
    public void Successors_ComeBehindWhatBrokeOff_AndGoOn(int tier, int candidate, FailureClass failure, string expected)
    {
        var plan = Policies.Plan(Compiling.Snapshot(Yaml), Policies.Request());
        var broken = new AttemptChoice(plan.Tiers[tier], plan.Tiers[tier].Candidates[candidate].Target, -1, IsRetry: false);

        Assert.Equal(expected, string.Join(' ', Successors.Of(plan, broken, failure, OpenGate.Instance).Select(choice => choice.Target.Name)));
    }

    [Fact]
    public void OnBreak_WithoutATargetThatGoesOn_IsWarnedOf()
    {
        Assert.DoesNotContain(Compiling.Snapshot(Yaml).Warnings, warning => warning.Contains("goes on", StringComparison.Ordinal));
        var none = Yaml.Replace("prefill: vllm", "prefill: none", StringComparison.Ordinal).Replace("prefill: plain", "prefill: none", StringComparison.Ordinal).Replace("prefill: prefix", "prefill: none", StringComparison.Ordinal);
        Assert.Contains(Compiling.Snapshot(none).Warnings, warning => warning.StartsWith("fairlead.yaml(11,15): routes[0].on_break", StringComparison.Ordinal) && warning.Contains("none of its targets goes on with an answer", StringComparison.Ordinal));
        Assert.DoesNotContain(Compiling.Snapshot(none.Replace("on_break: continue", "on_break: error", StringComparison.Ordinal)).Warnings, warning => warning.Contains("goes on", StringComparison.Ordinal));
    }
}
