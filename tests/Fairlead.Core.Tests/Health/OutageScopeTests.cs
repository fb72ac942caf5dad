using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Routing;
using Fairlead.Core.Tests.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>Targets that fail together are told as one outage.</summary>
public sealed class OutageScopeTests
{
    private static readonly GatewaySnapshot Snapshot = In("us");

    private static GatewaySnapshot In(string region) => Compiling.Snapshot(
        $$"""
        providers:
          one:   { kind: openai, region: {{region}}, keys: ["env:K"] }
          two:   { kind: openai, region: us, keys: ["env:K"] }
          three: { kind: openai, region: eu, keys: ["env:K"] }
          own:   { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1" }
          other: { kind: openai-compatible, base_url: "http://127.0.0.1:2/v1" }
        targets:
          a: { provider: one, model: gpt-5-mini }
          b: { provider: one, model: gpt-5 }
          c: { provider: one, model: gpt-5-nano }
          d: { provider: two, model: gpt-5-mini }
          e: { provider: three, model: gpt-5-mini }
          f: { provider: own, model: x }
          g: { provider: other, model: x }
        routes: [ { name: default, tiers: [ { use: [a, b, c, d, e, f, g] } ] } ]
        """,
        ("K", "the-key"));

    private readonly FakeTimeProvider _time = new();
    private readonly HealthBoard _board;
    private readonly List<StandingChange> _changes = [];

    public OutageScopeTests()
    {
        _board = new HealthBoard(_time, new Random(1));
        _board.Changed += _changes.Add;
        foreach (var name in "abcdefg") Answer(name);
        Later(10);
    }

    [Fact]
    public void TwoTargetsOfAProviderAreOpen_AndNoneAnswered_IsOneOutage_ThatTakesTheThirdAlong()
    {
        Open('a');
        Assert.Null(Standing('c'));
        Open('b');

        var standing = Standing('c')!;
        Assert.Equal((BreakerState.Open, BreakerCause.Outage, FailureClass.VendorOutage), (standing.State, standing.Cause, standing.Failure));
        Assert.Equal($"outage of one since {_time.GetUtcNow():HH:mm}", standing.Reason);
        Assert.Equal(BreakerCause.Failures, Standing('a')!.Cause);
        Assert.Equal(["one"], _changes.Where(change => change.IsScope).Select(change => change.Name));
        Assert.Null(Standing('d')); // another provider
        Assert.NotNull(_board.OutageOf("one"));
    }

    [Fact]
    public void OneThatAnsweredJustNow_SpeaksAgainstAnOutage()
    {
        Answer('c');
        Open('a');
        Open('b');
        Later(4.9);
        Assert.DoesNotContain(_changes, change => change.IsScope);

        Fail('a'); // and goes on failing
        Later(0.2);
        Assert.Equal(BreakerCause.Outage, Standing('c')?.Cause);
    }

    [Fact]
    public void AnAnswer_EndsIt_AndTheOthersAreTriedAtOnce()
    {
        Open('a');
        Open('b');
        Assert.NotNull(Standing('c'));
        Later(0.5);
        Answer('c');
        Later(0.25);

        Assert.Null(Standing('c'));
        Assert.Equal(BreakerState.HalfOpen, Standing('a')?.State);
        Assert.Equal(BreakerState.HalfOpen, Standing('b')?.State);
        Assert.Equal([BreakerState.Open, BreakerState.Closed], _changes.Where(change => change.IsScope).Select(change => change.Standing.State));
        Assert.Null(_board.OutageOf("one"));
    }

    [Fact]
    public void NobodyAsksForThoseThatFailed_TheOthersDoNotWaitForThemForEver()
    {
        Open('a');
        Open('b');
        Later(59);
        Assert.Equal(BreakerCause.Outage, Standing('c')?.Cause);
        Later(1);
        Assert.Null(Standing('c'));
        Later(3600);
        Assert.Null(Standing('c'));
        Assert.Equal([BreakerState.Open, BreakerState.Closed], _changes.Where(change => change.IsScope).Select(change => change.Standing.State));
    }

    [Fact]
    public void AProviderWithOneTarget_HasNone()
    {
        Open('f');

        Assert.Equal(BreakerCause.Failures, Standing('f')?.Cause);
        Later(60);
        Assert.DoesNotContain(_changes, change => change.IsScope);
    }

    [Fact]
    public void ProvidersOfOneVendorInOneRegion_AreOutTogether_ThoseThatOnlyResembleOneAreNot()
    {
        Open('d');
        Open('e');
        Open('f');
        Open('g');
        Assert.DoesNotContain(_changes, change => change.IsScope);
        Open('a');

        Assert.Equal(["openai in us"], _changes.Where(change => change.IsScope).Select(change => change.Name));
        Assert.StartsWith("outage of openai in us since ", Standing('b')!.Reason, StringComparison.Ordinal);
        Later(0.5);
        Answer('b');
        Later(0.25);
        Assert.Null(Standing('b'));
        Assert.Equal(2, _changes.Count(change => change.IsScope));
    }

    [Fact]
    public void AForcedClosedTarget_IsExempt_AndNoWitness()
    {
        _board.Set(Snapshot.Targets["c"], BreakerOverride.Closed);
        Open('a');
        Open('b');
        Assert.Null(Standing('c'));
        Assert.Null(_board.Enter(Snapshot.Targets["c"], mayProbe: false, out _));

        _changes.Clear();
        var board = new HealthBoard(_time, new Random(1));
        board.Changed += _changes.Add;
        board.Set(Snapshot.Targets["a"], BreakerOverride.Closed);
        board.Set(Snapshot.Targets["b"], BreakerOverride.Open);
        foreach (var name in "abc") Open(board, name);
        _ = board.View;
        Assert.DoesNotContain(_changes, change => change.IsScope); // what an operator set is no sign
    }

    [Fact]
    public void LimitsAndGoneModels_AreNoOutage()
    {
        foreach (var name in "abc")
        {
            for (var i = 0; i < 20; i++) Record(name, FailureClass.RateLimited);
            for (var i = 0; i < 2; i++) Record(name, FailureClass.ModelGone);
        }

        _ = _board.View;
        Assert.All("abc", name => Assert.Equal(BreakerCause.Gone, Standing(name)?.Cause));
        Assert.DoesNotContain(_changes, change => change.IsScope);
    }

    [Fact]
    public void MembersThatAreForgotten_AreNoWitnesses()
    {
        Later(400); // all are forgotten
        Open('a');
        Assert.DoesNotContain(_changes, change => change.IsScope);
        Open('b');
        Assert.Contains(_changes, change => change is { IsScope: true, Name: "one" });
    }

    [Fact]
    public void TargetsThatClientsThoughtUp_TakeNobodyAlong_AndBringAllBack()
    {
        foreach (var name in new[] { "one/x", "one/y", "two/x", "two/y" }) Open(_board, Pinned(name));
        Open('a');
        Assert.Equal(BreakerState.Open, _board.View.StandingOf("one/x")?.State);
        Assert.Null(Standing('b'));
        Assert.DoesNotContain(_changes, change => change.IsScope);

        Open('b');
        Assert.Equal(BreakerCause.Outage, Standing('c')?.Cause);
        Later(0.5);
        Record(_board, Pinned("one/z"), FailureClass.None);
        Later(0.25);
        Assert.Null(Standing('c'));
    }

    [Fact]
    public void AProviderMovesToAnotherRegion_IsOutWithThatOne()
    {
        var moved = In("eu");
        Open(_board, moved.Targets["a"]);
        Open('d');
        Assert.DoesNotContain(_changes, change => change.IsScope);

        Open('e');
        Assert.Equal(["openai in eu"], _changes.Where(change => change.IsScope).Select(change => change.Name));
        Assert.StartsWith("outage of openai in eu since ", Standing('b')!.Reason, StringComparison.Ordinal); // moved with it, though nothing was sent there since
    }

    [Fact]
    public void AProviderThatIsOutMoves_IsOutUntilItAnswers()
    {
        var moved = In("eu");
        Open('a');
        Open('b');
        Assert.Equal(BreakerCause.Outage, Standing('c')?.Cause);
        Assert.NotNull(_board.Enter(moved.Targets["a"], mayProbe: false, out _));
        Assert.Equal(BreakerCause.Outage, Standing('c')?.Cause);

        Later(0.5);
        Record(_board, moved.Targets["c"], FailureClass.None);
        Later(0.25);
        Assert.Equal([("one", BreakerState.Open), ("one", BreakerState.Closed)], _changes.Where(change => change.IsScope).Select(change => (change.Name, change.Standing.State)));
    }

    private static Target Pinned(string name) => Assert.IsType<NameResolution.ToTarget>(NameResolution.Resolve(name, Snapshot)).Target;

    private void Later(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _ = _board.View;
    }

    private TargetStanding? Standing(char target) => _board.View.StandingOf(target.ToString());

    private void Answer(char target) => Record(target, FailureClass.None);

    private void Fail(char target) => Record(target, FailureClass.ServerError);

    private void Open(char target)
    {
        Open(_board, target);
        _ = _board.View;
    }

    private static void Open(HealthBoard board, char target) => Open(board, Snapshot.Targets[target.ToString()]);

    private static void Open(HealthBoard board, Target target)
    {
        for (var i = 0; i < 5; i++) Record(board, target, FailureClass.ServerError);
    }

    private void Record(char target, FailureClass failure) => Record(_board, Snapshot.Targets[target.ToString()], failure);

    private static void Record(HealthBoard board, Target target, FailureClass failure)
    {
        var entered = board.Enter(target, mayProbe: true, out var permit); // it is known of which provider it is
        board.Record(new AttemptSample(target.Name, failure, failure == FailureClass.None ? TimeSpan.FromMilliseconds(10) : null));
        if (entered is null) permit.Exit();
    }
}
