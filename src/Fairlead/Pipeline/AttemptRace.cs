using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Routing;
using Fairlead.Dialects.Peeking;
using Fairlead.Providers.Transport;
using Fairlead.Telemetry;

namespace Fairlead.Pipeline;

/// <summary>What came of an attempt, or of two that ran side by side: the one that decides. The other one is settled.</summary>
internal readonly record struct AttemptResult(Attempt Attempt, AttemptOutcome Outcome, TranslatedRequest? Translated);

/// <summary>
/// Runs an attempt and, where its route hedges, a second one beside it when the first takes long: the first that answers wins, the other
/// is cancelled, both are accounted. Only before anything has reached the client.
/// </summary>
internal sealed class AttemptRace(
    AttemptRunner runner, AttemptStarter starter, AttemptTimerPool timers, HealthBoard health, HedgeBudget budget, Spender spender, Settlement settlement, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>From this share of a budget on nothing is sent twice for the sake of speed.</summary>
    private const double NearEnd = 0.8;

    /// <summary>Runs the attempt.</summary>
    /// <param name="first">The attempt, begun.</param>
    /// <param name="request">The request.</param>
    /// <param name="sequence">Where a second one would go.</param>
    /// <param name="body">The client's body.</param>
    /// <param name="peek">What was found in it.</param>
    /// <param name="clientGone">The client has left.</param>
    public async Task<AttemptResult> RunAsync(StartedAttempt first, GatewayRequest request, AttemptSequence sequence, RequestBody body, RequestPeek peek, CancellationToken clientGone)
    {
        var running = runner.RunAsync(first.Attempt, request, body, peek, first.Translated, request.Timer, clientGone);
        if (request.Hedge is not { } settings || request.Plan.Route is not { } route || !request.IsReplaySafe) return new AttemptResult(first.Attempt, await running, first.Translated);

        if (first.Attempt.Number == 1) budget.Asked(route.Name, settings);
        if (HedgeBudget.DelayOf(settings, first.Attempt.Choice.Target, health.View) is not { } delay || !await TakesLongerAsync(running, delay) || !budget.TryTake(route.Name))
        {
            return new AttemptResult(first.Attempt, await running, first.Translated);
        }

        StartedAttempt? begun;
        try
        {
            begun = Begin(request, sequence);
        }
        catch
        {
            request.Timer.Cancel();
            Discard(await EndOfAsync(running));
            throw;
        }

        if (begun is not { } second)
        {
            budget.GiveBack(route.Name);
            return new AttemptResult(first.Attempt, await running, first.Translated);
        }

        second.Attempt.Detail = null;
        var timer = timers.Rent();
        var other = runner.RunAsync(second.Attempt, request, body, peek, second.Translated, timer, clientGone);
        try
        {
            var isFirst = await Task.WhenAny(running, other) == running;
            // What ends first is looked at first; a failure leaves it to the other one.
            var outcome = await (isFirst ? running : other);
            var firstWins = isFirst;
            if (outcome is AttemptOutcome.Failed failed)
            {
                starter.Fail(request, isFirst ? first.Attempt : second.Attempt, failed.Failure);
                sequence.FailedBeside(failed.Failure.Class);
                firstWins = !isFirst;
                outcome = await (firstWins ? running : other);
            }
            else
            {
                var loser = isFirst ? second.Attempt : first.Attempt;
                (isFirst ? timer : request.Timer).Cancel();
                Lose(request, loser, await (isFirst ? other : running), outcome is AttemptOutcome.Abandoned);
            }

            metrics.Hedged(route.Name, isWon: !firstWins && outcome is not (AttemptOutcome.Failed or AttemptOutcome.Abandoned));
            var spare = firstWins ? timer : request.Timer;
            if (!firstWins) request.Timer = timer;
            spare.Stop();
            timers.Return(spare);
            (firstWins ? second : first).Translated?.Dispose();
            return firstWins ? new AttemptResult(first.Attempt, outcome, first.Translated) : new AttemptResult(second.Attempt, outcome, second.Translated);
        }
        catch
        {
            // An error of our own: nothing may run on over what the request is about to give back.
            timer.Cancel();
            request.Timer.Cancel();
            Discard(await EndOfAsync(running));
            Discard(await EndOfAsync(other));
            timer.Stop();
            timers.Return(timer);
            throw;
        }
    }

    /// <summary>How an attempt ended; null where that was an error of our own too.</summary>
    private static async Task<AttemptOutcome?> EndOfAsync(Task<AttemptOutcome> running)
    {
        try
        {
            return await running;
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Whether an attempt is still without an answer after a time.</summary>
    private async Task<bool> TakesLongerAsync(Task running, TimeSpan delay)
    {
        if (running.IsCompleted) return false;
        using var over = new CancellationTokenSource();
        var waiting = Task.Delay(delay, time, over.Token);
        if (await Task.WhenAny(running, waiting) == waiting) return true;
        await over.CancelAsync();
        return false;
    }

    /// <summary>Begins the second one, at a target that is wholly well; null where none may be made.</summary>
    private StartedAttempt? Begin(GatewayRequest request, AttemptSequence sequence)
    {
        if (sequence.Hedge() is not { } choice) return null;
        if (!spender.IsNearEnd(request, choice.Target, NearEnd) && health.View.StandingOf(choice.Target.Name) is null && starter.TryBegin(request, choice, out var started, out _) is null) return started;
        sequence.WithdrawHedge();
        return null;
    }

    private void Lose(GatewayRequest request, Attempt loser, AttemptOutcome outcome, bool isAbandoned)
    {
        Discard(outcome);
        settlement.End(request, loser, isAbandoned ? FailureClass.ClientGone : FailureClass.HedgeLost, null);
    }

    private static void Discard(AttemptOutcome? outcome)
    {
        switch (outcome)
        {
            case AttemptOutcome.Answered answered:
                answered.Body.Dispose();
                answered.Response.Dispose();
                break;
            case AttemptOutcome.Streaming streaming:
                streaming.Stream.Dispose();
                break;
        }
    }
}
