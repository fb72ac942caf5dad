using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Core.Tests.Configuration;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Execution;

/// <summary>What a route may say of failures, and what follows from it.</summary>
public sealed class FailurePolicyTests
{
    private const string Head = """
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: m }, u: { provider: p, model: n } }

        """;

    [Fact]
    public void Default_OfEveryClass_IsTheTables()
    {
        Assert.All(FailureTable.Rows, row => Assert.Equal(row.Action, FailurePolicy.Default.ActionOf(row.Class)));
        Assert.Empty(FailurePolicy.Default.Overrides);
    }

    [Theory]
    [InlineData("client_gone")]
    [InlineData("client_slow")]
    [InlineData("budget_exceeded")]
    [InlineData("gateway_overloaded")]
    [InlineData("dependency_down")]
    [InlineData("hedge_lost")]
    [InlineData("clock_skew")]
    [InlineData("refused")]
    [InlineData("length_reached")]
    [InlineData("absurd_usage")]
    [InlineData("stalled")]
    [InlineData("no_candidate")]
    [InlineData("unpriced")]
    [InlineData("vendor_outage")]
    [InlineData("degraded_quality")]
    public void RefusalOf_WhatNoTargetCanMend_IsThereForEveryAction(string name)
    {
        Assert.All(Enum.GetValues<FailureAction>(), action => Assert.NotNull(FailurePolicy.RefusalOf(FailureTable.Find(name)!.Class, action)));
        Assert.DoesNotContain(name, FailurePolicy.Names);
    }

    [Theory]
    [InlineData("bad_request", "next_target surface")]
    [InlineData("context_length_exceeded", "next_target surface")]
    [InlineData("policy_rejected", "next_target surface")]
    [InlineData("credentials_invalid", "next_key next_target surface")]
    [InlineData("quota_exhausted", "next_key next_target surface")]
    [InlineData("model_gone", "next_key next_target surface")]
    [InlineData("tls_failed", "next_target surface")]
    [InlineData("hostile_response", "next_target surface")]
    [InlineData("overloaded", "retry next_key next_target surface")]
    [InlineData("timeout", "retry next_key next_target surface")]
    [InlineData("output_filtered", "next_target surface accept")]
    [InlineData("filter_skipped", "retry next_target surface accept")]
    [InlineData("empty_output", "retry next_target surface accept")]
    [InlineData("wrong_model", "next_target surface accept")]
    public void RefusalOf_WhatMayBeSaid_IsNull(string name, string allowed)
    {
        var failure = FailureTable.Find(name)!.Class;

        Assert.Equal(allowed, string.Join(' ', FailurePolicy.Words.Where(word => FailurePolicy.RefusalOf(failure, FailurePolicy.Find(word)!.Value) is null)));
    }

    [Fact]
    public void With_OneClass_LeavesTheOthersAndTheDefault()
    {
        var policy = FailurePolicy.Default.With(FailureClass.PolicyRejected, FailureAction.NextCandidate);

        Assert.Equal(FailureAction.NextCandidate, policy.ActionOf(FailureClass.PolicyRejected));
        Assert.Equal([KeyValuePair.Create(FailureClass.PolicyRejected, FailureAction.NextCandidate)], policy.Overrides);
        Assert.Equal(FailureAction.Surface, FailurePolicy.Default.ActionOf(FailureClass.PolicyRejected));
        Assert.Throws<ArgumentException>(() => policy.With(FailureClass.ClientGone, FailureAction.Retry));
    }

    [Fact]
    public void WithFilter_AVendorsFilter_IsApartFromItsRulesOfUse()
    {
        var policy = FailurePolicy.Default.WithFilter(FailureAction.NextCandidate);

        Assert.Equal(FailureAction.Surface, policy.ActionOf(FailureClass.PolicyRejected, isByFilter: false));
        Assert.Equal(FailureAction.NextCandidate, policy.ActionOf(FailureClass.PolicyRejected, isByFilter: true));
        Assert.Equal(FailureAction.Surface, policy.ActionOf(FailureClass.BadRequest, isByFilter: true));
        Assert.True(policy.LeadsOn(FailureClass.PolicyRejected));
        Assert.Equal(FailureAction.NextCandidate, FailurePolicy.Default.With(FailureClass.PolicyRejected, FailureAction.NextCandidate).ActionOf(FailureClass.PolicyRejected, isByFilter: true));
        Assert.Throws<ArgumentException>(() => policy.WithFilter(FailureAction.Retry));
        var snapshot = Compiling.Snapshot(Head + "routes: [ { name: r, failures: { prompt_filtered: next_target }, tiers: [ { use: [t] }, { use: [u], after: [policy_rejected] } ] } ]");
        Assert.Equal(FailureAction.NextCandidate, snapshot.Routes[0].Failures.OfFilter);
    }

    [Fact]
    public void Configuration_RoutesFailures_HoldOverTheDefaults()
    {
        var snapshot = Compiling.Snapshot(Head + """
            defaults: { failures: { overloaded: retry, empty_output: next_target } }
            routes:
              - name: own
                when: request.stream
                failures: { policy_rejected: next_target, empty_output: accept }
                tiers: [ { use: [t] }, { use: [u], after: [policy_rejected, timeout] } ]
              - { name: default, tiers: [ { use: [t] } ] }
            """);

        var own = snapshot.Routes[0].Failures;
        Assert.Equal(
            (FailureAction.Retry, FailureAction.NextCandidate, FailureAction.Accept),
            (own.ActionOf(FailureClass.Overloaded), own.ActionOf(FailureClass.PolicyRejected), own.ActionOf(FailureClass.EmptyOutput)));
        Assert.Equal(FailureAction.NextCandidate, snapshot.Routes[1].Failures.ActionOf(FailureClass.EmptyOutput));
        Assert.Equal(FailureAction.NextCandidate, snapshot.DefaultFailures.ActionOf(FailureClass.EmptyOutput));
        Assert.True(snapshot.Routes[0].Tiers[1].After.Allows(FailureClass.PolicyRejected));
    }

    [Fact]
    public void Schema_Failures_AreWhatMayBeSaid()
    {
        using var schema = JsonDocument.Parse(Sources.Read("docs/fairlead.schema.json"));
        var properties = schema.RootElement.GetProperty("$defs").GetProperty("failures").GetProperty("properties");

        Assert.Equal(FailurePolicy.Names.Add(FailurePolicy.FilterName), properties.EnumerateObject().Select(one => one.Name));
        Assert.All(properties.EnumerateObject(), one => Assert.Equal(
            FailurePolicy.Words.Where(word => FailurePolicy.RefusalOf(FailureTable.Find(one.Name)?.Class ?? FailureClass.PolicyRejected, FailurePolicy.Find(word)!.Value) is null),
            one.Value.GetProperty("enum").EnumerateArray().Select(word => word.GetString())));
    }
}
