using Fairlead.Core.Health;
using Fairlead.Core.Routing;
using Fairlead.Dialects.Continuation;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>A send that may be made now: what it needs is held.</summary>
/// <param name="Attempt">The attempt, begun.</param>
/// <param name="Translated">The request in the target's dialect; null where it goes as it is. To be disposed.</param>
internal readonly record struct StartedAttempt(Attempt Attempt, TranslatedRequest? Translated);

/// <summary>An answer that broke off, and is gone on with.</summary>
/// <param name="Request">The request with what there is of the answer.</param>
/// <param name="Writer">Writes the client's stream on.</param>
/// <param name="BegunBytes">Text of the answer that is sent along.</param>
internal sealed record Resumption(ContinuedRequest Request, AnswerStreamWriter Writer, int BegunBytes);

/// <summary>
/// Begins attempts and ends those that failed: whether the target can carry the request, may be sent to, and there is room for it in
/// budgets and limits. What it takes is given back when the attempt is settled. Safe for any number of threads; one per request.
/// </summary>
internal sealed class AttemptStarter(HealthBoard health, KeyBoard keys, Spender spender, Settlement settlement, TimeProvider time)
{
    /// <summary>Begins the attempt; or says what stands in the way.</summary>
    /// <param name="request">The request.</param>
    /// <param name="choice">Where to.</param>
    /// <param name="started">The attempt.</param>
    /// <param name="refused">Why the target's dialect cannot carry the request; null where that is not it.</param>
    /// <param name="continuation">What is gone on with, where an answer broke off; null else.</param>
    public Obstacle? TryBegin(GatewayRequest request, in AttemptChoice choice, out StartedAttempt started, out TranslationRefusal? refused, Resumption? continuation = null)
    {
        started = default;
        refused = null;
        if (choice.Refusal is { } noKey) return Obstacle.Of(noKey);
        if (HasTooLittleTime(request, choice)) return Obstacle.TooLate;
        var target = choice.Target;
        var cap = spender.CapFor(request, target);
        var translated = continuation is null ? request.Translation.For(target, cap) : request.Translation.Continuing(target, continuation.Request, continuation.Writer, cap);
        refused = translated?.Refusal;
        var permit = default(SendPermit);
        var spending = default(Spending);
        var obstacle = Obstacle.Of(refused) ?? Obstacle.Of(health.Enter(target, request.IsReplaySafe, out permit, choice.Resort));
        if (obstacle is null)
        {
            try
            {
                obstacle = spender.Hold(request, target, cap, out spending, continuation?.BegunBytes ?? 0);
            }
            catch
            {
                permit.Exit();
                throw;
            }

            if (obstacle is not null) permit.Exit();
        }

        if (obstacle is not null)
        {
            translated?.Dispose();
            return obstacle;
        }

        permit.Sent(choice.IsRetry);
        keys.Enter(target, choice.KeyIndex);
        var now = time.GetTimestamp();
        var attempt = new Attempt
        {
            Number = request.Attempts.Count + 1,
            Choice = choice,
            StartedAt = now,
            StartedAtTime = request.Facts.AcceptedAt + time.GetElapsedTime(request.AcceptedAtTimestamp, now),
            OutputCap = cap,
            Spending = spending,
            Permit = permit,
            BegunBytes = continuation?.BegunBytes ?? 0,
            // Who finds out whether it answers again waits half as long, where it is known how long that is.
            Timeouts = request.Timeouts.After(choice.TimeoutsBefore + (permit is { IsProbe: true, UsualTime: not null } ? 1 : 0), permit.UsualTime),
        };
        request.Attempts.Add(attempt);
        if (attempt.Number == 1) settlement.Begin(request);
        started = new StartedAttempt(attempt, translated);
        return null;
    }

    /// <summary>How long until the first of those is tried again that the plan held back; null where that is not known of any.</summary>
    public TimeSpan? WaitOf(RoutePlan plan)
    {
        var view = health.View;
        TimeSpan? least = null;
        foreach (var rejected in plan.Rejected)
        {
            if (rejected.Cause == RejectionCause.HeldBack && view.StandingOf(rejected.Target)?.Left is { } left && (least is null || left < least)) least = left;
        }

        return least;
    }

    /// <summary>Ends an attempt that failed, and keeps how long its vendor asks to be left alone.</summary>
    public void Fail(GatewayRequest request, Attempt attempt, UpstreamFailure failure)
    {
        attempt.RetryAfter = failure.RetryAfter;
        attempt.IsAboutRequest = failure.IsAboutRequest;
        attempt.IsOfModel = failure.IsOfModel;
        if (failure.RetryAfter is { } hint && (request.RetryAfter is null || hint < request.RetryAfter)) request.RetryAfter = hint;
        settlement.End(request, attempt, failure.Class, ChatPipeline.Detail(request, failure));
    }

    /// <summary>What cannot end in time, by how long its target takes mostly, is not begun. The first one always is: nobody else is asked before it.</summary>
    private bool HasTooLittleTime(GatewayRequest request, in AttemptChoice choice) =>
        request.Attempts.Count > 0
        && health.View.Find(choice.Target.Name)?.P50Ms is { } median
        && time.GetElapsedTime(time.GetTimestamp(), request.DeadlineAt).TotalMilliseconds < median;
}
