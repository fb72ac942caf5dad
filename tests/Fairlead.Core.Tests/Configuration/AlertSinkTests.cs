using Fairlead.Core.Alerting;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>Whom alerts are told: what is taken, what is refused, and what a change of it is called.</summary>
public sealed class AlertSinkTests
{
    private const string Rest = "\nproviders: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m, price: { input: 0, output: 0 } } }\nroutes: [ { name: default, tiers: [ { use: [t] } ] } ]";

    [Fact]
    public void Whole_IsTaken()
    {
        var sink = Assert.Single(Compiling.Snapshot(
            "alerts: [ { name: oncall, webhook: \"env:HOOK\", key: \"env:SIGN\", format: slack, events: [slo, breaker], remind: 30m, resolved: false } ]" + Rest,
            ("HOOK", "https://hooks.acme.example/in?token=1"),
            ("SIGN", "0123456789abcdef")).Alerts);

        Assert.Equal(("oncall", "https://hooks.acme.example/in?token=1", "0123456789abcdef"), (sink.Name, sink.Webhook!.Reveal(), sink.Key!.Reveal()));
        Assert.Equal((AlertFormat.Slack, TimeSpan.FromMinutes(30), false), (sink.Format, sink.Remind, sink.TellsResolved));
        Assert.Equal([AlertEvent.Breaker, AlertEvent.Slo], sink.Events);
    }

    [Fact]
    public void AddressAlone_IsToldOfEverything()
    {
        var sinks = Compiling.Snapshot("alerts: [ { webhook: \"env:HOOK\" }, { webhook: \"env:HOOK\" } ]" + Rest, ("HOOK", "https://hooks.acme.example/")).Alerts;

        Assert.Equal(["webhook-1", "webhook-2"], sinks.Select(sink => sink.Name));
        Assert.Equal((AlertFormat.Json, TimeSpan.FromHours(4), true, 8), (sinks[0].Format, sinks[0].Remind, sinks[0].TellsResolved, sinks[0].Events.Length));
        Assert.Null(sinks[0].Key);
    }

    [Theory]
    [InlineData("", "env:NONE", null, "alerts[0].webhook: no value in env:NONE; no alerts are sent there")]
    [InlineData("", "env:HOOK", "env:NONE", "alerts[0].key: no value in env:NONE; no alerts are sent there")]
    public void SecretWithoutValue_IsWarnedOfAndNothingIsSentThere(string rest, string webhook, string? key, string warning)
    {
        var text = $"alerts: [ {{ webhook: \"{webhook}\"{(key is null ? "" : $", key: \"{key}\"")}{rest} }} ]" + Rest;

        var snapshot = Compiling.Snapshot(text, ("HOOK", "https://hooks.acme.example/"));

        Assert.Contains(warning, Assert.Single(snapshot.Warnings), StringComparison.Ordinal);
        Assert.Null(Assert.Single(snapshot.Alerts).Webhook);
    }

    [Theory]
    [InlineData("alerts: {}", "alerts: must be a list, such as [ { webhook: \"env:ONCALL_URL\" } ]")]
    [InlineData("alerts: [ x ]", "alerts[0]: must be a mapping")]
    [InlineData("alerts: [ {} ]", "alerts[0]: needs 'webhook'")]
    [InlineData("alerts: [ { webhok: x, webhook: \"env:HOOK\" } ]", "alerts[0].webhok: unknown key; did you mean 'webhook'?")]
    [InlineData("alerts: [ { webhook: \"https://canary.acme.example\" } ]", "alerts[0].webhook: must be env:NAME or file:PATH; a secret itself never stands in a configuration")]
    [InlineData("alerts: [ { webhook: \"env:BAD\" } ]", "alerts[0].webhook: env:BAD must hold an http or https address without user and fragment")]
    [InlineData("alerts: [ { webhook: \"env:HOOK\", format: xml } ]", "alerts[0].format: must be one of: json, slack")]
    [InlineData("alerts: [ { webhook: \"env:HOOK\", events: [] } ]", "alerts[0].events: needs at least one event; leave the key out for all")]
    [InlineData("alerts: [ { webhook: \"env:HOOK\", events: [braker] } ]", "alerts[0].events[0]: must be one of: breaker, failover_rate, quota, budget, slo, stale_fallback, security, anomaly; did you mean 'breaker'?")]
    [InlineData("alerts: [ { webhook: \"env:HOOK\", remind: 59s } ]", "alerts[0].remind: must be a time from 1m to 24h")]
    [InlineData("alerts: [ { webhook: \"env:HOOK\", resolved: yes } ]", "alerts[0].resolved: must be true or false")]
    [InlineData("alerts: [ { name: a, webhook: \"env:HOOK\" }, { name: a, webhook: \"env:HOOK\" } ]", "alerts[1].name: the name 'a' stands twice")]
    [InlineData("alerts: [ { name: webhook-2, webhook: \"env:HOOK\" }, { webhook: \"env:HOOK\" } ]", "alerts[1]: the name 'webhook-2' stands twice")]
    public void Wrong_IsRefused(string alerts, string error)
    {
        var errors = Compiling.Errors(alerts + Rest, ("HOOK", "https://hooks.acme.example/"), ("BAD", "ftp://canary.acme.example"));

        Assert.Contains("): " + error, Assert.Single(errors), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void PlainHttpToAnotherMachine_IsWarnedOf()
    {
        var snapshot = Compiling.Snapshot("alerts: [ { webhook: \"env:HOOK\" } ]" + Rest, ("HOOK", "http://hooks.acme.example/"));

        Assert.Contains("alerts[0].webhook: is plain http to another machine", Assert.Single(snapshot.Warnings), StringComparison.Ordinal);
        Assert.NotNull(snapshot.Alerts[0].Webhook);
    }

    [Fact]
    public void SinksBeyondSixteen_AreRefused()
    {
        var sinks = string.Join(", ", Enumerable.Repeat("{ webhook: \"env:HOOK\" }", 17));

        Assert.Contains("alerts: has 17 entries; at most 16 are possible", Assert.Single(Compiling.Errors($"alerts: [ {sinks} ]" + Rest)), StringComparison.Ordinal);
    }

    [Fact]
    public void Change_IsSaid()
    {
        var none = Read("");
        var some = Read("alerts: [ { name: oncall, webhook: \"env:HOOK\", events: [breaker] } ]");
        var others = Read("alerts: [ { name: oncall, webhook: \"env:HOOK_TWO\", key: \"env:SIGN\", format: slack, events: [breaker, slo], remind: 1h, resolved: false } ]");

        Assert.Equal(["alerts oncall: added, env:HOOK (breaker)"], SnapshotDiff.Between(none, some).Select(change => change.ToString()));
        Assert.Equal(["alerts oncall: removed, env:HOOK (breaker)"], SnapshotDiff.Between(some, none).Select(change => change.ToString()));
        Assert.Equal(
            [
                "alerts oncall: webhook now env:HOOK_TWO instead of env:HOOK", "alerts oncall: key now env:SIGN instead of none", "alerts oncall: format now slack instead of json",
                "alerts oncall: events now also slo", "alerts oncall: reminds every now 60 min instead of 240 min", "alerts oncall: tells what is resolved now no instead of yes",
            ],
            SnapshotDiff.Between(some, others).Select(change => change.ToString()));

        static GatewaySnapshot Read(string alerts) => Compiling.Compiler().WithoutSecrets().Compile(alerts + Rest, "fairlead.yaml", "").Snapshot!;
    }

    [Fact]
    public void IsSamePlaceAs_WhatItIsToldOf_DoesNotCount()
    {
        var one = new AlertSink { Name = "a", Webhook = new Secret("env:A", "http://a/") };

        Assert.True(one.IsSamePlaceAs(one with { Events = [], Remind = TimeSpan.FromMinutes(1), TellsResolved = false, Webhook = new Secret("env:B", "http://a/") }));
        Assert.False(one.IsSamePlaceAs(one with { Webhook = new Secret("env:A", "http://b/") }));
        Assert.False(one.IsSamePlaceAs(one with { Key = new Secret("env:A", "k") }));
        Assert.False(one.IsSamePlaceAs(one with { Format = AlertFormat.Slack }));
    }
}
