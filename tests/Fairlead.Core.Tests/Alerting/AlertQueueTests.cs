using Fairlead.Core.Alerting;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Alerting;

/// <summary>What one who is told of alerts is told, in which order, and when.</summary>
public sealed class AlertQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AlertBoard _board;
    private readonly AlertQueue _queue;

    public AlertQueueTests()
    {
        _board = new AlertBoard(_time);
        _queue = new AlertQueue(_board, _time, new Random(1));
        _board.Changed += alert => _queue.Tell(alert);
    }

    public void Dispose() => _board.Dispose();

    [Fact]
    public void Take_OneAlertFromItsBeginningToItsEnd_IsToldTwice()
    {
        Raise("a");
        Raise("a");
        Assert.Equal("a firing 2", Next(AlertDelivery.Taken)); // as it is when it is sent
        Raise("a");
        Assert.Null(Next(AlertDelivery.Taken));
        Resolve("a");
        Assert.Equal("a resolved 3", Next(AlertDelivery.Taken));
        Assert.Null(Next(AlertDelivery.Taken));
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public void Take_Several_ComeInTheirOrder()
    {
        Raise("a");
        Raise("b");
        Raise("c");

        Assert.Equal(["a firing 1", "b firing 1", "c firing 1"], [Next(AlertDelivery.Taken), Next(AlertDelivery.Taken), Next(AlertDelivery.Taken)]);
    }

    [Fact]
    public void Take_ManyBudgetsAreSpent_OthersDoNotWaitForThem()
    {
        for (var i = 0; i < 3; i++) _board.Raise(AlertEvent.Budget, $"user {i}", "spent", AlertSeverity.Critical);
        Raise("a");

        Assert.Equal(["a firing 1", "user 0 firing 1"], [Next(AlertDelivery.Taken), Next(AlertDelivery.Taken)]);
        Raise("b");
        Assert.Equal(["b firing 1", "user 1 firing 1", "user 2 firing 1"], [Next(AlertDelivery.Taken), Next(AlertDelivery.Taken), Next(AlertDelivery.Taken)]);
    }

    /// <summary>One that is not taken does not hold up budgets either.</summary>
    [Fact]
    public void Take_OneIsNotTaken_BudgetsGoBeforeItIsTriedAgain()
    {
        Raise("a");
        _board.Raise(AlertEvent.Budget, "user", "spent", AlertSeverity.Critical);
        Next(AlertDelivery.NotTaken);
        _time.Advance(AlertQueue.MostPause);

        Assert.Equal(["user firing 1", "a firing 1"], [Next(AlertDelivery.Taken), Next(AlertDelivery.Taken)]);
    }

    /// <summary>Nor do many budgets hold up what has failed once.</summary>
    [Fact]
    public void Take_OneIsNotTakenAndManyBudgetsAreSpent_EachHasItsTurn()
    {
        for (var i = 0; i < 4; i++) _board.Raise(AlertEvent.Budget, $"user {i}", "spent", AlertSeverity.Critical);
        Raise("a");
        Raise("b");
        Assert.Equal("a firing 1", Next(AlertDelivery.NotTaken));
        _time.Advance(AlertQueue.MostPause);
        Assert.Equal("b firing 1", Next(AlertDelivery.NotTaken));
        _time.Advance(AlertQueue.MostPause);

        Assert.Equal(["user 0 firing 1", "a firing 1", "user 1 firing 1", "b firing 1", "user 2 firing 1", "user 3 firing 1"], Enumerable.Range(0, 6).Select(_ => Next(AlertDelivery.Taken)));
    }

    [Fact]
    public void Take_MoreUrgentMeanwhile_IsToldAgain()
    {
        Raise("a");
        Next(AlertDelivery.Taken);
        _board.Raise(AlertEvent.Breaker, "a", "worse", AlertSeverity.Critical);

        Assert.Equal("a firing 2", Next(AlertDelivery.Taken));
        Assert.Null(Next(AlertDelivery.Taken));
    }

    [Fact]
    public void Take_OverBeforeItWasTold_IsNotTold()
    {
        Raise("a");
        Resolve("a");

        Assert.Null(_queue.Take(out var wait));
        Assert.Null(wait);
    }

    [Theory]
    [InlineData(AlertDelivery.NotTaken)]
    [InlineData(AlertDelivery.Refused)]
    public void Take_OverBeforeItWasTaken_IsNotTold(AlertDelivery delivery)
    {
        Raise("a");
        Next(delivery);
        Resolve("a");
        _time.Advance(AlertQueue.MostPause);

        Assert.Null(Next(AlertDelivery.Taken));
    }

    [Fact]
    public void Take_OverAfterOneThatMayHaveArrived_IsTold()
    {
        Raise("a");
        Next(AlertDelivery.Unknown);
        Resolve("a");
        _time.Advance(AlertQueue.MostPause);

        Assert.Equal("a resolved 1", Next(AlertDelivery.Taken));
    }

    [Theory]
    [InlineData(AlertDelivery.Taken, "a resolved 1")]
    [InlineData(AlertDelivery.NotTaken, null)]
    [InlineData(AlertDelivery.Refused, null)]
    public void Ended_OverWhileItWasSent_IsToldWhereItIsKnown(AlertDelivery delivery, string? next)
    {
        Raise("a");
        Assert.NotNull(_queue.Take(out _));
        Resolve("a");
        _queue.Ended(delivery);
        _time.Advance(AlertQueue.MostPause);

        Assert.Equal(next, Next(AlertDelivery.Taken));
    }

    [Fact]
    public void Ended_NotTaken_WaitsLongerEachTimeAndThenGoesToTheEnd()
    {
        Raise("a");
        Raise("b");
        Assert.Equal("a firing 1", Next(AlertDelivery.NotTaken));
        var pauses = new List<TimeSpan>();
        var order = new List<string?>();
        for (var i = 0; i < 8; i++)
        {
            Assert.Null(_queue.Take(out var wait));
            pauses.Add(wait!.Value);
            _time.Advance(wait.Value);
            order.Add(Next(AlertDelivery.NotTaken));
        }

        for (var i = 0; i < pauses.Count; i++) Assert.InRange(pauses[i], TimeSpan.FromSeconds(Math.Min(60, 1 << i) / 2.0), TimeSpan.FromSeconds(Math.Min(60, 1 << i)));
        Assert.Equal(["b firing 1", "a firing 1", "b firing 1", "a firing 1"], order[..4]);
    }

    [Fact]
    public void Ended_TakenAgain_EndsThePauses()
    {
        Raise("a");
        Raise("b");
        Raise("c");
        for (var i = 0; i < 5; i++)
        {
            Next(AlertDelivery.NotTaken);
            _time.Advance(AlertQueue.MostPause);
        }

        for (var i = 0; i < 3; i++) Assert.NotNull(Next(AlertDelivery.Taken));
        Raise("d");
        Next(AlertDelivery.NotTaken);
        Assert.Null(_queue.Take(out var wait));
        Assert.InRange(wait!.Value, TimeSpan.Zero, AlertQueue.FirstPause);
    }

    [Theory]
    [InlineData(120, 120)]
    [InlineData(100_000, 600)]
    public void Ended_AskedToWait_Waits(int asked, int waited)
    {
        Raise("a");
        _queue.Take(out _);
        _queue.Ended(AlertDelivery.NotTaken, TimeSpan.FromSeconds(asked));

        Assert.Null(_queue.Take(out var wait));
        Assert.Equal(TimeSpan.FromSeconds(waited), wait);
    }

    [Fact]
    public void Ended_AskedToWaitForLess_WaitsAsLongAsItWould()
    {
        Raise("a");
        _queue.Take(out _);
        _queue.Ended(AlertDelivery.NotTaken, TimeSpan.Zero);

        Assert.Null(_queue.Take(out var wait));
        Assert.InRange(wait!.Value, AlertQueue.FirstPause / 2, AlertQueue.FirstPause);
    }

    [Fact]
    public void Ended_FailsForTenMinutes_IsGivenUpAndBeginsAnewWhileItIsOpen()
    {
        Raise("a");
        var since = _time.GetUtcNow();
        while (!TryOnce()) Assert.True(_time.GetUtcNow() - since <= AlertQueue.GiveUpAfter);
        Assert.InRange(_time.GetUtcNow() - since, AlertQueue.GiveUpAfter - AlertQueue.MostPause, AlertQueue.GiveUpAfter);
        Assert.Equal(0, _queue.Waiting);
        var givenUpAt = _time.GetUtcNow();

        while (Next(AlertDelivery.Taken) is null) _time.Advance(TimeSpan.FromSeconds(1));

        Assert.InRange(_time.GetUtcNow() - givenUpAt, AlertQueue.GiveUpAfter, AlertQueue.GiveUpAfter + AlertQueue.LookEvery);

        bool TryOnce()
        {
            while (_queue.Take(out var wait) is null) _time.Advance(wait!.Value);
            return _queue.Ended(AlertDelivery.NotTaken);
        }
    }

    [Fact]
    public void Ended_AskedToWaitForAllOfItsTime_IsTriedOnceMoreAtItsEnd()
    {
        Raise("a");
        Next(AlertDelivery.Taken);
        Resolve("a");
        Assert.NotNull(_queue.Take(out _));
        _time.Advance(TimeSpan.FromSeconds(1)); // until it answers
        Assert.False(_queue.Ended(AlertDelivery.NotTaken, AlertQueue.GiveUpAfter));

        Assert.Null(_queue.Take(out var wait));
        Assert.Equal(AlertQueue.GiveUpAfter - TimeSpan.FromSeconds(1), wait);
        _time.Advance(wait!.Value);
        Assert.True(_queue.Take(out _) is { IsResolved: true });
        Assert.True(_queue.Ended(AlertDelivery.NotTaken, TimeSpan.FromMinutes(2)));

        Raise("b"); // others are not sent before it is time to
        Assert.Null(_queue.Take(out wait));
        Assert.Equal(TimeSpan.FromMinutes(2), wait);
    }

    [Fact]
    public void Ended_EndOfAnAlertFailsForTenMinutes_IsForgotten()
    {
        Raise("a");
        Next(AlertDelivery.Taken);
        Resolve("a");
        var isGivenUp = false;
        while (!isGivenUp)
        {
            while (_queue.Take(out var wait) is null) _time.Advance(wait!.Value);
            isGivenUp = _queue.Ended(AlertDelivery.Unknown);
        }

        Assert.Null(_queue.Take(out var none));
        Assert.Null(none);
    }

    [Fact]
    public void Ended_Refused_IsNotTriedAgainBeforeItIsReminded()
    {
        Raise("a");
        _queue.Take(out _);
        Assert.True(_queue.Ended(AlertDelivery.Refused));
        _time.Advance(TimeSpan.FromHours(3));
        Assert.Null(Next(AlertDelivery.Taken));

        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal("a firing 1", Next(AlertDelivery.Taken));
    }

    [Fact]
    public void Take_OpenForLong_IsRemindedOf()
    {
        _queue.Remind = TimeSpan.FromHours(1);
        Raise("a");
        Next(AlertDelivery.Taken);
        _time.Advance(TimeSpan.FromMinutes(59));
        Raise("a");
        Assert.Null(Next(AlertDelivery.Taken));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("a firing 2", Next(AlertDelivery.Taken));
        Assert.Null(Next(AlertDelivery.Taken));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("a firing 2", Next(AlertDelivery.Taken));
    }

    [Fact]
    public void Take_NothingDue_SaysWhenToLookAgain()
    {
        Raise("a");
        Next(AlertDelivery.Taken);

        Assert.Null(_queue.Take(out var wait));
        Assert.InRange(wait!.Value, TimeSpan.FromTicks(1), AlertQueue.LookEvery);
    }

    [Fact]
    public void Take_EndsAreNotToThatOnesTaste_AreNotTold()
    {
        _queue.TellsResolved = false;
        Raise("a");
        Next(AlertDelivery.Taken);
        Resolve("a");

        Assert.Null(_queue.Take(out var wait));
        Assert.Null(wait);
    }

    [Fact]
    public void Forget_WaitsOrIsKnown_IsNotToldAnyMore()
    {
        Raise("a");
        Next(AlertDelivery.Taken);
        Raise("b");
        Raise("c");
        _queue.Forget(alert => alert.Subject != "c");
        Resolve("a");

        Assert.Equal("c firing 1", Next(AlertDelivery.Taken));
        Assert.Null(Next(AlertDelivery.Taken));
    }

    [Fact]
    public void Hurry_Pausing_GivesTheNextAtOnce()
    {
        Raise("a");
        Next(AlertDelivery.NotTaken);
        Assert.Null(Next(AlertDelivery.Taken));

        _queue.Hurry();

        Assert.Equal("a firing 1", Next(AlertDelivery.Taken));
    }

    private void Raise(string subject) => _board.Raise(AlertEvent.Breaker, subject, "open", AlertSeverity.Warning);

    private void Resolve(string subject)
    {
        _board.Resolve(AlertEvent.Breaker, subject, "closed");
        _time.Advance(AlertBoard.DefaultHold);
    }

    /// <summary>The next message, ended so.</summary>
    private string? Next(AlertDelivery delivery)
    {
        if (_queue.Take(out _) is not { } alert) return null;
        _queue.Ended(delivery);
        return $"{alert.Subject} {(alert.IsResolved ? "resolved" : "firing")} {alert.Count}";
    }
}
