using Fairlead.Core.Alerting;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Alerting;

/// <summary>What is news of what is wrong, and what is not.</summary>
public sealed class AlertBoardTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AlertBoard _board;
    private readonly List<Alert> _told = [];

    public AlertBoardTests()
    {
        _board = new AlertBoard(_time);
        _board.Changed += _told.Add;
    }

    public void Dispose() => _board.Dispose();

    [Fact]
    public void Raise_First_IsToldWithAllThatIsKnown()
    {
        _board.Raise(AlertEvent.Breaker, "sonnet", "open since 12:00", AlertSeverity.Warning);

        var alert = Assert.Single(_told);
        Assert.Equal((AlertEvent.Breaker, "sonnet", "open since 12:00", AlertSeverity.Warning), (alert.Event, alert.Subject, alert.Text, alert.Severity));
        Assert.Equal((1, _time.GetUtcNow(), _time.GetUtcNow(), false), (alert.Count, alert.Since, alert.At, alert.IsResolved));
        Assert.Equal(alert, Assert.Single(_board.Open));
        Assert.Equal(1, _board.CountOpen(AlertEvent.Breaker));
    }

    [Fact]
    public void Raise_Again_IsCountedAndNotTold()
    {
        _board.Raise(AlertEvent.Quota, "openai", "10 % left", AlertSeverity.Warning);
        _time.Advance(TimeSpan.FromMinutes(1));
        _board.Raise(AlertEvent.Quota, "openai", "5 % left", AlertSeverity.Info);

        Assert.Single(_told);
        var alert = Assert.Single(_board.Open);
        Assert.Equal((2, "5 % left", AlertSeverity.Warning), (alert.Count, alert.Text, alert.Severity));
        Assert.Equal(TimeSpan.FromMinutes(1), alert.At - alert.Since);
        Assert.Equal(_told[0].Id, alert.Id);
    }

    [Fact]
    public void QuietFor_AreThoseOfTheEventThatWereNotRaisedForSoLong()
    {
        _board.Raise(AlertEvent.Security, "a", "x", AlertSeverity.Critical);
        _board.Raise(AlertEvent.Security, "b", "x", AlertSeverity.Critical);
        _board.Raise(AlertEvent.Breaker, "c", "x", AlertSeverity.Warning);
        _time.Advance(TimeSpan.FromMinutes(10));
        _board.Raise(AlertEvent.Security, "b", "x", AlertSeverity.Critical);
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(["a"], _board.QuietFor(AlertEvent.Security, TimeSpan.FromMinutes(15)).Select(alert => alert.Subject));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(["a", "b"], _board.QuietFor(AlertEvent.Security, TimeSpan.FromMinutes(15)).Select(alert => alert.Subject));
    }

    [Fact]
    public void Raise_MoreUrgent_IsToldAsTheSameAlert()
    {
        _board.Raise(AlertEvent.Slo, "default", "burns", AlertSeverity.Warning);
        _board.Raise(AlertEvent.Slo, "default", "burns fast", AlertSeverity.Critical);

        Assert.Equal([AlertSeverity.Warning, AlertSeverity.Critical], _told.Select(alert => alert.Severity));
        Assert.Equal(_told[0].Id, _told[1].Id);
    }

    [Fact]
    public void Raise_OtherSubjectOrEvent_IsAnotherAlert()
    {
        _board.Raise(AlertEvent.Breaker, "a", "x", AlertSeverity.Warning);
        _board.Raise(AlertEvent.Breaker, "b", "x", AlertSeverity.Warning);
        _board.Raise(AlertEvent.Quota, "a", "x", AlertSeverity.Warning);

        Assert.Equal(3, _told.Select(alert => alert.Id).Distinct().Count());
        Assert.Equal(["a", "b", "a"], _board.Open.Select(alert => alert.Subject));
    }

    [Fact]
    public void Resolve_StaysWell_IsToldAfterTheHoldWithTheTimeOfRecovery()
    {
        _board.Raise(AlertEvent.Breaker, "sonnet", "open", AlertSeverity.Critical);
        _time.Advance(TimeSpan.FromMinutes(5));
        var recovered = _time.GetUtcNow();
        _board.Resolve(AlertEvent.Breaker, "sonnet", "closed");
        _time.Advance(AlertBoard.DefaultHold - TimeSpan.FromMilliseconds(1));
        Assert.Single(_told);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(2, _told.Count);
        Assert.Equal((true, "closed", recovered, _told[0].Id), (_told[1].IsResolved, _told[1].Text, _told[1].At, _told[1].Id));
        Assert.Empty(_board.Open);
        Assert.Equal(0, _board.CountOpen(AlertEvent.Breaker));
        Assert.Equal(_told[1], Assert.Single(_board.Recent));
    }

    [Fact]
    public void Resolve_ComesBackWithinTheHold_IsTheSameAlert()
    {
        _board.Raise(AlertEvent.Breaker, "sonnet", "open", AlertSeverity.Warning);
        for (var i = 0; i < 20; i++)
        {
            _board.Resolve(AlertEvent.Breaker, "sonnet", "closed");
            _time.Advance(TimeSpan.FromSeconds(20));
            _board.Raise(AlertEvent.Breaker, "sonnet", "open again", AlertSeverity.Warning);
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.Single(_told);
        Assert.Equal(21, Assert.Single(_board.Open).Count);
    }

    [Fact]
    public void Resolve_AfterAFlap_WaitsForTheWholeHoldAgain()
    {
        _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Warning);
        _board.Resolve(AlertEvent.Breaker, "a", "closed");
        _time.Advance(TimeSpan.FromSeconds(20));
        _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Warning);
        _board.Resolve(AlertEvent.Breaker, "a", "closed");
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Single(_told);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(_told[^1].IsResolved);
    }

    [Fact]
    public void Resolve_Repeated_CountsFromTheFirst()
    {
        _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Warning);
        for (var i = 0; i < 30; i++)
        {
            _board.Resolve(AlertEvent.Breaker, "a", "closed");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(_told[^1].IsResolved);
    }

    [Fact]
    public void Resolve_SeveralOneAfterTheOther_EachEndsAtItsOwnTime()
    {
        _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Warning);
        _board.Raise(AlertEvent.Breaker, "b", "open", AlertSeverity.Warning);
        _board.Resolve(AlertEvent.Breaker, "a", "closed");
        _time.Advance(TimeSpan.FromSeconds(10));
        _board.Resolve(AlertEvent.Breaker, "b", "closed");
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["b"], _board.Open.Select(alert => alert.Subject));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Empty(_board.Open);
    }

    [Fact]
    public void Resolve_NothingOpen_IsNotTold()
    {
        _board.Resolve(AlertEvent.Breaker, "a", "closed");
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(_told);
        Assert.Empty(_board.Recent);
    }

    [Fact]
    public void Raise_AfterTheEnd_IsANewAlert()
    {
        _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Critical);
        _board.Resolve(AlertEvent.Breaker, "a", "closed");
        _time.Advance(AlertBoard.DefaultHold);
        _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Warning);

        Assert.NotEqual(_told[0].Id, _told[^1].Id);
        Assert.Equal((AlertSeverity.Warning, 1), (_told[^1].Severity, _told[^1].Count));
    }

    [Fact]
    public void Raise_BoardIsFull_EndsWhatIsWellOrIsRefused()
    {
        for (var i = 0; i < AlertBoard.MostOpen; i++) _board.Raise(AlertEvent.Budget, $"account {i}", "spent", AlertSeverity.Warning);
        _board.Raise(AlertEvent.Budget, "one more", "spent", AlertSeverity.Warning);
        Assert.Equal(1, _board.Refused);
        Assert.Null(_board.Find(AlertEvent.Budget, "one more"));
        _board.Raise(AlertEvent.Breaker, "large", "open", AlertSeverity.Warning); // that has its own room
        Assert.NotNull(_board.Find(AlertEvent.Breaker, "large"));
        _board.Resolve(AlertEvent.Breaker, "large", "closed"); // which makes none for others
        _board.Raise(AlertEvent.Budget, "one more", "spent", AlertSeverity.Warning);
        Assert.Equal(2, _board.Refused);

        _board.Resolve(AlertEvent.Budget, "account 7", "new span");
        _board.Raise(AlertEvent.Budget, "one more", "spent", AlertSeverity.Warning);

        Assert.Equal(2, _board.Refused);
        Assert.NotNull(_board.Find(AlertEvent.Budget, "one more"));
        Assert.Equal((true, "account 7"), (_told[^2].IsResolved, _told[^2].Subject));
        Assert.Equal(AlertBoard.MostOpen, _board.CountOpen(AlertEvent.Budget));
    }

    [Fact]
    public void Recent_ManyAreOver_KeepsTheLatest()
    {
        for (var i = 0; i < AlertBoard.MostRecent + 5; i++)
        {
            _board.Raise(AlertEvent.Breaker, $"t{i}", "open", AlertSeverity.Warning);
            _board.Resolve(AlertEvent.Breaker, $"t{i}", "closed");
        }

        _time.Advance(AlertBoard.DefaultHold);

        Assert.Equal(AlertBoard.MostRecent, _board.Recent.Length);
        Assert.Equal($"t{AlertBoard.MostRecent + 4}", _board.Recent[0].Subject);
    }

    [Fact]
    public void Raise_LongTexts_AreCutBetweenCharacters()
    {
        var subject = new string('a', AlertBoard.MostSubject - 2) + "😀b";
        _board.Raise(AlertEvent.Budget, subject, new string('x', 5000), AlertSeverity.Info);

        var alert = Assert.Single(_told);
        Assert.Equal(new string('a', AlertBoard.MostSubject - 2) + "…", alert.Subject);
        Assert.Equal(AlertBoard.MostText, alert.Text.Length);
        Assert.NotNull(_board.Find(AlertEvent.Budget, subject));
    }

    [Fact]
    public void Raise_FromManyThreads_OpensOneAlertAndCountsAll()
    {
        Parallel.For(0, 1000, _ => _board.Raise(AlertEvent.Breaker, "a", "open", AlertSeverity.Warning));

        Assert.Single(_told);
        Assert.Equal(1000, Assert.Single(_board.Open).Count);
    }

    [Fact]
    public void Names_EveryEventAndSeverity_HasOne()
    {
        Assert.Equal(["breaker", "failover_rate", "quota", "budget", "slo", "stale_fallback", "security", "anomaly"], AlertEvents.Names);
        Assert.Equal(["info", "warning", "critical"], Enum.GetValues<AlertSeverity>().Select(AlertSeverities.NameOf));
    }
}
