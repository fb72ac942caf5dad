using System.Buffers;
using System.Diagnostics;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Messages;
using Fairlead.Core.Routing;
using Fairlead.Dialects.Continuation;
using Fairlead.Dialects.Errors;

namespace Fairlead.Pipeline;

/// <summary>
/// Goes on with a committed stream of text that broke off, at another target: the request is sent again with what the client has of the answer as the model's
/// last turn, and what that target says is written behind it. Only on routes that want it, once per request, and told in the stream's closing comment and in the
/// record. Safe for any number of threads.
/// </summary>
internal sealed class StreamContinuation(AttemptRunner runner, AttemptStarter starter, ISendGate gate, Settlement settlement, TimeProvider time)
{
    /// <summary>Brings a broken stream to its end, where another target can.</summary>
    /// <param name="request">The request.</param>
    /// <param name="broken">The attempt whose stream broke; settled.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="failure">Why it broke.</param>
    /// <returns>Null when the request has ended and is settled; else the failure that the client has yet to be told.</returns>
    public async Task<UpstreamFailure?> GoOnAsync(GatewayRequest request, Attempt broken, OpenStream stream, UpstreamFailure failure)
    {
        // 1. Is there an answer to go on with?
        if (!MayGoOn(request, broken, stream, failure)) return failure;
        stream.Response.Dispose(); // nothing of it is read any more
        if (request.Translation.Read() is not { } conversation) return failure;
        if (ContinuedRequest.Of(conversation, stream.Resumable!.Answer, broken.Charge.Usage.Output) is not { } continued) return failure;

        // 2. What the client is due of the first part does not wait for the second.
        if (!await TryFlushAsync(request))
        {
            await AbandonAsync(request, broken);
            return null;
        }

        // 3. At which target? Whoever writes the client's stream goes on with it, or takes it over where its bytes were passed on.
        var writer = stream.Translated ?? request.Call.Dialect.Codec.ResumeStream(AnswerSettings.Of(request, broken, conversation, time.GetUtcNow()), stream.Observer.Position);
        if (Begin(request, broken, failure, new Resumption(continued, writer, stream.Resumable.Answer.Bytes)) is not { } started) return failure;

        // 4. Send, once, and write on.
        var (attempt, translated) = started;
        using (translated)
        {
            var outcome = await runner.RunAsync(attempt, request, stream.Resumable.Body, stream.Resumable.Peek, translated, stream.Timer, request.Http.RequestAborted);
            if (outcome is not AttemptOutcome.Streaming) stream.Timer.Stop();
            switch (outcome)
            {
                case AttemptOutcome.Streaming streaming:
                    using (streaming.Stream) return await AnswerAsync(request, attempt, streaming.Stream);
                case AttemptOutcome.Abandoned:
                    request.Pace.End(settlement, request, attempt);
                    await AbandonAsync(request, attempt);
                    return null;
                case AttemptOutcome.Failed failed:
                    starter.Fail(request, attempt, failed.Failure);
                    return failure;
                default:
                    throw new UnreachableException(); // a JSON answer to a stream has failed
            }
        }
    }

    /// <summary>Whether the answer is text that another target may go on with, and the break one that another target may do better about.</summary>
    private bool MayGoOn(GatewayRequest request, Attempt broken, OpenStream stream, UpstreamFailure failure) =>
        stream.Resumable is { Answer.IsText: true }
        && !stream.Observer.ListenerMissedSome
        && !(stream.Translated is null && stream.Observer.HoldsContent) // the client has not got it, and would not
        && stream.Observer.Finish.Reason is FinishReason.Unknown or FinishReason.Stop // at a limit, or filtered, nothing more is to be said
        && request.Plan.Failures.LeadsOn(failure.Class)
        && !broken.WasHeldByClient // a client that takes nothing has no use for more
        && time.GetTimestamp() < request.DeadlineAt
        && request.Attempts.Count < SendBudget.MostOf(request.Plan.Tiers.Length);

    /// <summary>The first target that can carry the request, may be sent to and has room for it in every budget and limit; null when none has.</summary>
    private StartedAttempt? Begin(GatewayRequest request, Attempt broken, UpstreamFailure failure, Resumption continuation)
    {
        if (!request.IsReplaySafe) return null;
        foreach (var next in Successors.Of(request.Plan, broken.Choice, failure.Class, gate))
        {
            if (starter.TryBegin(request, next, out var started, out _, continuation) is not null) continue;
            request.BrokenOff = broken;
            request.Answered = started.Attempt;
            return started;
        }

        return null;
    }

    private async Task<UpstreamFailure?> AnswerAsync(GatewayRequest request, Attempt attempt, OpenStream stream)
    {
        var context = request.Http;
        var client = context.Response.BodyWriter;
        var writer = stream.Translated!;
        var ending = await StreamForwarder.ForwardAsync(stream, attempt, client, request.Pace, time, context.RequestAborted);
        stream.Timer.Stop();
        if (ending.IsClientGone)
        {
            request.Pace.End(settlement, request, attempt);
            await AbandonAsync(request, attempt);
            return null;
        }

        if (ending.Broken is { } again)
        {
            settlement.End(request, attempt, again.Class, ChatPipeline.Detail(request, again));
            return again;
        }

        settlement.End(request, attempt, FailureClass.None, null);
        var settled = settlement.End(request, RequestOutcome.Answered, 200, FailureClass.None, SentenceOf(request, attempt));
        if (request.IsStrict) await settled;
        var usage = request.BrokenOff!.Charge.Usage + attempt.Charge.Usage;
        writer.Output = stream.Held;
        writer.End(stream.Observer.Finish, attempt.ReportedUsage is null ? null : usage, usage);
        if (writer.Lost.Count > 0) attempt.Losses = [.. attempt.Losses, .. writer.Lost];
        client.Write(stream.Held.Span);
        SseText.WriteClosingComment(client, stream.Held.Span, request, attempt);
        try
        {
            await request.Pace.CompleteAsync();
        }
        catch (OperationCanceledException)
        {
            // The client left with the answer in its hands, but for its end.
        }

        if (stream.Observer.SawEnd) await StreamForwarder.DrainAsync(stream, time);
        return null;
    }

    private async Task AbandonAsync(GatewayRequest request, Attempt last)
    {
        var settled = settlement.End(request, RequestOutcome.ClientGone, 200, request.Pace.Failure, SentenceOf(request, last));
        if (request.IsStrict) await settled;
    }

    private static string SentenceOf(GatewayRequest request, Attempt last)
    {
        if (ReferenceEquals(request.BrokenOff ?? last, last)) return DecisionSentence.ForAnswer(request.Plan, last.Choice, request.Failed);
        var broken = request.BrokenOff!.Choice;
        return DecisionSentence.ForContinued(request.Plan.Recorded, broken.Tier.Number, request.Failed, last.Choice.Target.Name);
    }

    private static async ValueTask<bool> TryFlushAsync(GatewayRequest request)
    {
        try
        {
            return !(await request.Pace.WaitAsync(request.Http.Response.BodyWriter.FlushAsync(request.Http.RequestAborted))).IsCompleted;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
