using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Tests.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>When targets last answered, and for how long tiers are untested.</summary>
public sealed class FallbackBoardTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private readonly FallbackBoard _board;
    private readonly GatewaySnapshot _snapshot = Compiling.Snapshot("""
        providers: { p: { kind: simulated } }
        targets: { a: { provider: p, model: m, price: { input: 0, output: 0 } }, b: { provider: p, model: m, price: { input: 0, output: 0 } }, c: { provider: p, model: m, price: { input: 0, output: 0 } } }
        routes: [ { name: default, tiers: [ { use: [a] }, { use: [b, c] } ] } ]
        """);

    public FallbackBoardTests() => _board = new FallbackBoard(_time);

    private Tier Second => _snapshot.Routes[0].Tiers[1];

    [Fact]
    public void TierThatIsNotKnownYet_IsNotUntested() => Assert.Equal(TimeSpan.Zero, _board.UntestedFor(Second));

    [Fact]
    public void TierThatNeverAnswered_IsUntestedSinceItIsKnown()
    {
        _board.Know(_snapshot, Noon);
        _time.Advance(TimeSpan.FromHours(3));
        _board.Know(_snapshot, _time.GetUtcNow()); // a reload is no new beginning

        Assert.Equal(TimeSpan.FromHours(3), _board.UntestedFor(Second));

        _board.Know("c", Noon - TimeSpan.FromHours(7)); // what the revisions tell
        Assert.Equal(TimeSpan.FromHours(10), _board.UntestedFor(Second));
    }

    [Fact]
    public void AnyTargetOfATier_ExercisesIt()
    {
        _board.Know(_snapshot, Noon - TimeSpan.FromDays(1));
        _board.Answered(_snapshot.Targets["b"], Noon - TimeSpan.FromHours(5), isProbe: true);
        _board.Answered(_snapshot.Targets["c"], Noon - TimeSpan.FromHours(2), isProbe: false);

        Assert.Equal(TimeSpan.FromHours(2), _board.UntestedFor(Second));
        Assert.Equal(TimeSpan.FromDays(1), _board.UntestedFor(_snapshot.Routes[0].Tiers[0]));
    }

    [Fact]
    public void WhatIsHeardLate_ReplacesNothingNewer()
    {
        _board.Answered(_snapshot.Targets["a"], Noon, isProbe: false);
        _board.Answered(_snapshot.Targets["a"], Noon - TimeSpan.FromHours(1), isProbe: true);

        Assert.Equal((Noon, false), _board.LastOf("a"));
    }

    /// <summary>That one model answers says nothing of another one by the same name.</summary>
    [Fact]
    public void NameThatMeansAnotherTarget_IsUntestedAnew()
    {
        _board.Know(_snapshot, Noon - TimeSpan.FromDays(9));
        _board.Answered(_snapshot.Targets["b"], Noon, isProbe: false);
        _board.Probed("b", Noon, ProbeOutcome.Answered);
        var reloaded = Compiling.Snapshot("""
            providers: { p: { kind: simulated } }
            targets: { a: { provider: p, model: m, price: { input: 0, output: 0 } }, b: { provider: p, model: other, price: { input: 0, output: 0 } } }
            routes: [ { name: default, tiers: [ { use: [a] }, { use: [b] } ] } ]
            """);
        _board.Know(reloaded, Noon);
        _board.Answered(_snapshot.Targets["b"], Noon.AddSeconds(1), isProbe: false); // what still ran

        Assert.Null(_board.LastOf("b"));
        Assert.Null(_board.LastProbeOf("b"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(1), _board.UntestedFor(reloaded.Routes[0].Tiers[1]));
        Assert.Equal(TimeSpan.FromDays(9) + TimeSpan.FromHours(1), _board.UntestedFor(reloaded.Routes[0].Tiers[0]));
        _board.Answered(reloaded.Targets["b"], _time.GetUtcNow(), isProbe: false);
        Assert.Equal(TimeSpan.Zero, _board.UntestedFor(reloaded.Routes[0].Tiers[1]));
    }

    [Fact]
    public void TargetThatAClientThoughtUp_IsNotKept()
    {
        _board.Answered(Named("p/anything", "anything"), Noon, isProbe: false);

        Assert.Null(_board.LastOf("p/anything"));
    }

    [Fact]
    public void Untested_AreThoseThatHaveNotAnsweredForSoLong_TheLongestFirst()
    {
        _board.Answered(_snapshot.Targets["a"], Noon - TimeSpan.FromHours(2), isProbe: false);
        _board.Answered(_snapshot.Targets["b"], Noon - TimeSpan.FromHours(1), isProbe: false);

        Assert.Equal(["c", "a"], _board.Untested(_snapshot, TimeSpan.FromHours(2)).Select(target => target.Name));
    }

    [Fact]
    public void ClockThatWasSetBack_MakesNothingNegative()
    {
        _board.Answered(_snapshot.Targets["b"], Noon + TimeSpan.FromHours(1), isProbe: false);

        Assert.Equal(TimeSpan.Zero, _board.UntestedFor(Second));
    }

    [Fact]
    public void AnswersThatAreDatedAhead_SilenceNothing()
    {
        foreach (var target in "abc") _board.Answered(_snapshot.Targets[target.ToString()], Noon.AddYears(10), isProbe: false); // what a ledger tells of a clock that was ahead
        Assert.Equal((Noon, false), _board.LastOf("a"));
        _time.Advance(TimeSpan.FromHours(3));

        Assert.Equal(TimeSpan.FromHours(3), _board.UntestedFor(Second));
        Assert.Equal(["a", "b", "c"], _board.Untested(_snapshot, TimeSpan.FromHours(3)).Select(target => target.Name));
        _board.Answered(_snapshot.Targets["b"], _time.GetUtcNow(), isProbe: true);
        Assert.Equal((Noon + TimeSpan.FromHours(3), true), _board.LastOf("b"));
    }

    [Fact]
    public void ClockThatWasAhead_CountsFromWhenItIsRight()
    {
        _board.Know(_snapshot, Noon - TimeSpan.FromDays(1));
        _time.AdjustTime(Noon.AddYears(10));
        _board.Answered(_snapshot.Targets["b"], _time.GetUtcNow(), isProbe: false);
        _time.AdjustTime(Noon);

        Assert.Equal(TimeSpan.Zero, _board.UntestedFor(Second)); // it answered, and nobody knows when
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(TimeSpan.FromHours(2), _board.UntestedFor(Second));
        _board.Answered(_snapshot.Targets["b"], Noon + TimeSpan.FromHours(1), isProbe: true);
        Assert.Equal((Noon + TimeSpan.FromHours(1), true), _board.LastOf("b"));
    }

    [Fact]
    public void LastProbe_IsKeptWithWhatCameOfIt()
    {
        Assert.Null(_board.LastProbeOf("a"));
        _board.Probed("a", Noon, ProbeOutcome.Failed);
        _board.Probed("a", Noon + TimeSpan.FromHours(1), ProbeOutcome.NotSent);

        Assert.Equal((Noon + TimeSpan.FromHours(1), ProbeOutcome.NotSent), _board.LastProbeOf("a"));
        Assert.Equal(["answered", "failed", "not_sent"], Enum.GetValues<ProbeOutcome>().Select(ProbeOutcomes.NameOf));
    }

    private Target Named(string name, string model) => new() { Name = name, Model = model, Facts = _snapshot.Targets["a"].Facts, Provider = _snapshot.Targets["a"].Provider };
}
