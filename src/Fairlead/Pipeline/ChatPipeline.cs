using System.Buffers;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Core.Validation;
using Fairlead.Dialects;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Translation;
using Fairlead.Endpoints;
using Fairlead.Providers.Transport;
using Fairlead.Telemetry;

namespace Fairlead.Pipeline;

/// <summary>The way of one chat request, in whatever dialect. <see cref="HandleAsync"/> reads like the list in the design.</summary>
internal sealed class ChatPipeline(
    Admissions admissions,
    Entrance entrance,
    AttemptStarter starter,
    AttemptRace race,
    AttemptTimerPool timers,
    ISendGate gate,
    Decider decider,
    Spender spender,
    Settlement settlement,
    StreamContinuation continuation,
    AnswerJudge judge,
    GatewayMetrics metrics,
    TimeProvider time,
    Random jitter,
    ILogger<ChatPipeline> logger)
{
    /// <summary>A larger body is not scanned on the thread that serves sockets: a hop to the thread pool is then nothing beside it.</summary>
    private const int MostBytesInline = 256 * 1024;

    /// <summary>The longest wait before the same target is tried once more after it failed inside.</summary>
    private static readonly TimeSpan LongestRetryWait = TimeSpan.FromMilliseconds(200);

    /// <summary>A client waits no longer for a limit before it asks again.</summary>
    private static readonly TimeSpan LongestLimit = TimeSpan.FromMinutes(1);

    /// <param name="context">The request.</param>
    /// <param name="dialect">How its client speaks.</param>
    /// <param name="admission">Lets it in, or not.</param>
    /// <param name="requestId">Our id of it.</param>
    /// <param name="own">Who asks, where that is the gateway itself; null where it has to be found out.</param>
    public async Task HandleAsync(HttpContext context, IDialect dialect, Admission admission, string requestId, Admitted? own = null)
    {
        var acceptedAt = time.GetUtcNow();
        var timestamp = time.GetTimestamp();

        // admit
        var admitted = own.GetValueOrDefault();
        if (own is null && admission.Admit(context, Operations.Chat, out admitted) is { } notAdmitted)
        {
            await RefuseAsync(context, dialect, requestId, notAdmitted);
            return;
        }

        using var place = entrance.Enter(context, admitted.Caller, out var noRoom);
        if (noRoom is not null)
        {
            await RefuseAsync(context, dialect, requestId, noRoom);
            return;
        }

        if (ContentTypes.Check(context.Request) is { } wrongType)
        {
            await RefuseAsync(context, dialect, requestId, wrongType);
            return;
        }

        using var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (body is null)
        {
            await RefuseAsync(context, dialect, requestId, new Refusal(RefusalTable.RequestTooLarge, $"The body is larger than {RequestBody.MostBytes / (1024 * 1024)} MiB."));
            return;
        }

        if (own is null && admissions.AdmitAgain(context, Operations.Chat, ref admission, ref admitted) is { } notAdmittedNow)
        {
            await RefuseAsync(context, dialect, requestId, notAdmittedNow);
            return;
        }

        // peek
        if (body.Bytes.Length > MostBytesInline) await Task.Yield();
        if (!dialect.TryPeek(body.Bytes, out var peek, out var defect))
        {
            await RefuseAsync(context, dialect, requestId, new Refusal(defect.Row, defect.Message, defect.Member));
            return;
        }

        // enrich, classify, plan
        var snapshot = admission.Snapshot;
        using var content = dialect.Content(peek);
        if (decider.Decide(dialect, peek, content, requestId, acceptedAt, admitted, snapshot, out var decided) is { } notDecided)
        {
            await RefuseAsync(context, dialect, requestId, notDecided);
            return;
        }

        var (plan, claims) = (decided!.Plan, decided.Claims);
        var call = ClientCall.Of(context, dialect);
        var translation = new RequestTranslation(call, body.Bytes, peek, plan.Route?.RejectsLoss == true);
        if (claims.IsDryRun)
        {
            await ExplainEndpoint.WriteAsync(context, Decider.AsServed(decided, translation, snapshot, spender), snapshot);
            return;
        }

        if (settlement.IsFull)
        {
            await RefuseAsync(context, dialect, requestId, LedgerIsFull);
            return;
        }

        if (spender.Enter(decided.Facts, plan.Route, snapshot, out var lease) is { } full)
        {
            await RefuseAsync(context, dialect, requestId, full);
            return;
        }

        // reserve, execute, answer, settle
        using var taken = lease;
        var hasClientsDeadline = claims.Timeout < plan.Timeouts.Deadline;
        var deadline = hasClientsDeadline ? claims.Timeout!.Value : plan.Timeouts.Deadline;
        var request = new GatewayRequest
        {
            Http = context,
            Pace = new ClientPace(context, plan.Timeouts.Client, time),
            Call = call,
            Snapshot = snapshot,
            Inputs = decided.Inputs,
            Plan = plan,
            Translation = translation,
            Lease = lease,
            AcceptedAtTimestamp = timestamp,
            Timeouts = plan.Timeouts,
            HasClientsDeadline = hasClientsDeadline,
            IsJudged = AnswerJudge.IsWanted(snapshot, peek),
            DeadlineAt = timestamp + (long)(deadline.TotalSeconds * time.TimestampFrequency),
            Timer = timers.Rent(),
        };
        try
        {
            await ExecuteAsync(request, body, peek, content);
        }
        catch (Exception exception) when (exception is not AnswerBrokenException && !request.IsSettled)
        {
            settlement.EndUnexpectedly(request); // a bug of ours is no reason to forget what was sent
            throw;
        }
        finally
        {
            request.Timer.Stop();
            timers.Return(request.Timer);
        }
    }

    /// <summary>Attempts until one answers or none is left; then the answer.</summary>
    private async Task ExecuteAsync(GatewayRequest request, RequestBody body, RequestPeek peek, BodyContent content)
    {
        var clientGone = request.Http.RequestAborted;
        var whole = request.Plan;
        var sequence = new AttemptSequence(whole, request.Snapshot.Retries, gate, request.IsReplaySafe);
        UpstreamFailure? last = null;
        TranslationRefusal? refused = null;
        List<Obstacle>? obstacles = null;
        var mayWait = true;
        for (var choice = sequence.First(); ;)
        {
            if (clientGone.IsCancellationRequested)
            {
                await LeaveAsync(request);
                return;
            }

            if (choice is not { } next)
            {
                if (!mayWait || sequence.IsOver || WaitFor(request, last, Weakest(obstacles)) is not { } wait) break;
                mayWait = false;
                await Task.Delay(wait, time, clientGone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // that the client is gone is seen in the next round
                Replan(request, whole);
                obstacles = null;
                choice = sequence.Again();
                continue;
            }

            if (time.GetTimestamp() >= request.DeadlineAt)
            {
                last = new UpstreamFailure(FailureClass.Timeout) { Detail = "deadline" };
                break;
            }

            if (next.IsLastResort) Replan(request, request.Plan.Resorting(next.Tier));
            if (starter.TryBegin(request, next, out var started, out var notCarried) is { } obstacle)
            {
                refused ??= notCarried;
                (obstacles ??= []).Add(obstacle);
                Replan(request, request.Plan.Without(next.Tier, next.Target, obstacle.Reason, obstacle.Cause, obstacle.Cause == RejectionCause.HeldBack ? obstacle.Failure : FailureClass.None));
                choice = sequence.InsteadOfLast(obstacle.Cause == RejectionCause.HeldBack ? obstacle.Failure : FailureClass.None, obstacle.LastResort, obstacle.Reason);
                if (choice is null && request.Plan.InPlaceOfBaseline() is { } decided)
                {
                    whole = decided;
                    Replan(request, decided);
                    sequence = new AttemptSequence(decided, request.Snapshot.Retries, gate, request.IsReplaySafe);
                    choice = sequence.First();
                }

                continue;
            }

            var (attempt, outcome, translated) = await race.RunAsync(started, request, sequence, body, peek, clientGone);
            using var form = translated;
            switch (outcome)
            {
                case AttemptOutcome.Answered answered:
                    request.Timer.Stop();
                    request.Answered = attempt;
                    await AnswerAsync(request, attempt, body, answered, translated);
                    return;
                case AttemptOutcome.Streaming streaming:
                    request.Answered = attempt;
                    content.Dispose();
                    var demand = streaming.Stream.Heard is null ? null : judge.ReadDemandAsync(request, body);
                    body.Dispose(); // committed from here on: no other attempt can need it
                    translated?.Dispose();
                    request.Translation.Forget();
                    using (streaming.Stream) await AnswerAsync(request, attempt, streaming.Stream, demand);
                    return;
                case AttemptOutcome.Abandoned:
                    request.Timer.Stop();
                    request.Answered = attempt;
                    await AbandonAsync(request, attempt, 0);
                    return;
                case AttemptOutcome.Failed failed:
                    request.Timer.Stop();
                    last = failed.Failure;
                    starter.Fail(request, attempt, last);
                    if (attempt.Clock == AttemptClock.Deadline) choice = null;
                    else choice = sequence.After(last.Class, last.IsByFilter, isWithinAnswer: attempt.UpstreamStatus == 200, attempt.Choice.IsHedge);
                    if (choice is { IsRetry: true } && last.Class == FailureClass.ServerError) await WaitAsync(request, clientGone);
                    break;
            }
        }

        // A client that is told of its thread sends the conversation whole, which then has a way: worth more to it than why others failed.
        if (refused?.Code == RefusalTable.ThreadNotFound.Code) last = null;
        await FailAsync(request, last, refused, obstacles, last is null ? UnansweredCause.NothingLeft : sequence.Cause);
    }

    /// <summary>What is served follows from another plan now: the record tells that one.</summary>
    private static void Replan(GatewayRequest request, RoutePlan plan)
    {
        request.Plan = plan;
        if (request.Intent is { } intent) request.Intent = intent with { DecisionJson = DecisionJson.Of(plan) };
    }

    /// <summary>
    /// How long it is worth to wait when all that is left are limits of the vendors that end soon: what they ask for, where that is within the
    /// configured wait and the deadline. Null where it is not.
    /// </summary>
    private TimeSpan? WaitFor(GatewayRequest request, UpstreamFailure? last, Obstacle? hindered)
    {
        if (last is null ? hindered?.Failure != FailureClass.RateLimited : last.Class != FailureClass.RateLimited) return null;
        var asked = request.RetryAfter is { } hint && (hindered?.Wait is not { } room || hint < room) ? hint : hindered?.Wait;
        if (asked is not { } wait || wait <= TimeSpan.Zero || hindered?.Cause == RejectionCause.OverLimit || wait > request.Snapshot.RetryWait) return null;
        wait = KeyBoard.HoldAtMost(wait) + (LongestRetryWait * jitter.NextDouble()); // before the key may be used again it would be in vain
        return wait < time.GetElapsedTime(time.GetTimestamp(), request.DeadlineAt) / 2 ? wait : null;
    }

    /// <summary>A JSON answer: whole, so its cost is in its headers.</summary>
    private async Task AnswerAsync(GatewayRequest request, Attempt attempt, RequestBody asked, AttemptOutcome.Answered answered, TranslatedRequest? translated)
    {
        var context = request.Http;
        using var vendors = answered.Body;
        using var response = answered.Response;
        settlement.End(request, attempt, FailureClass.None, null);
        var sentence = DecisionSentence.ForAnswer(request.Plan, attempt.Choice, request.Failed);
        // What is settled is that the vendor answered and is owed; whether the last byte reached the client's memory, none can know.
        var settled = settlement.End(request, RequestOutcome.Answered, 200, FailureClass.None, sentence);
        if (request.IsStrict) await settled;

        using var ours = new PooledBytes();
        if (answered.Translated is { } answer) request.Call.Dialect.Codec.WriteAnswer(ours, answer, AnswerSettings.Of(request, attempt, translated!, time.GetUtcNow()));
        var body = answered.Translated is null ? vendors : ours;
        ClientAnswer.WriteDecisionHeaders(context, request, attempt, sentence, response);
        if (request.Cost is { } cost && !request.IsMinimal) context.Response.Headers["x-fairlead-cost-usd"] = cost.ToString();
        ClientAnswer.Commit(context, 200, "application/json", body.Length);
        try
        {
            await request.Pace.WaitAsync(context.Response.BodyWriter.WriteAsync(body.Memory, context.RequestAborted));
        }
        catch (OperationCanceledException)
        {
            // The client is gone; its answer is paid for all the same.
        }

        if (request.Pace.WasSlow) logger.AnswerNotTaken(request.Id);

        if (request.IsJudged) await judge.JudgeAsync(request, attempt, asked, vendors, answered.Translated is { } whole ? (whole, translated!.Losses!) : null);
    }

    /// <summary>A stream: committed with its first meaningful content, settled at its end.</summary>
    private async Task AnswerAsync(GatewayRequest request, Attempt attempt, OpenStream stream, Task<AnswerDemand?>? demand)
    {
        var context = request.Http;
        var sentence = DecisionSentence.ForAnswer(request.Plan, attempt.Choice, request.Failed);
        ClientAnswer.WriteDecisionHeaders(context, request, attempt, sentence, stream.Response);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["x-accel-buffering"] = "no"; // nginx would hold a stream back
        ClientAnswer.Commit(context, 200, "text/event-stream", null);

        var client = context.Response.BodyWriter;
        var ending = await StreamForwarder.ForwardAsync(stream, attempt, client, request.Pace, time, context.RequestAborted);
        stream.Timer.Stop();
        if (ending.IsClientGone)
        {
            await AbandonAsync(request, attempt, 200);
            return;
        }

        if (ending.Broken is { } broken)
        {
            settlement.End(request, attempt, broken.Class, Detail(request, broken));
            if (await continuation.GoOnAsync(request, attempt, stream, broken) is { } left) await BreakAsync(request, left);
            return;
        }

        settlement.End(request, attempt, FailureClass.None, null);
        var settled = settlement.End(request, RequestOutcome.Answered, 200, FailureClass.None, sentence);
        if (request.IsStrict) await settled;
        if (stream.Translated is { } translated)
        {
            translated.Output = stream.Held;
            translated.End(stream.Observer.Finish, attempt.ReportedUsage, attempt.Charge.Usage);
            if (translated.Lost.Count > 0) attempt.Losses = [.. attempt.Losses, .. translated.Lost];
        }

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
        if (demand is null || stream.Heard is not { } heard) return;
        heard.Finish = stream.Observer.Finish.Reason;
        heard.IsIncomplete |= stream.Observer.ListenerMissedSome;
        await judge.JudgeAsync(request, attempt, demand, heard);
    }

    /// <summary>A committed answer broke: error event in the client's dialect, flush, abort. Never a clean end.</summary>
    private async Task BreakAsync(GatewayRequest request, UpstreamFailure broken)
    {
        var context = request.Http;
        var settled = settlement.End(request, RequestOutcome.Failed, 200, broken.Class, DecisionSentence.ForFailure(request.Plan, request.Failed, UnansweredCause.BrokenOff));
        if (request.IsStrict) await settled;
        request.Call.Dialect.WriteErrorEvent(context.Response.BodyWriter, Error(request.Id, FailureTable.Of(broken.Class), broken, request.Snapshot.Providers.Values));
        try
        {
            await request.Pace.WaitAsync(context.Response.BodyWriter.FlushAsync(context.RequestAborted));
        }
        catch (OperationCanceledException)
        {
            // The client is gone too; the request failed before it went.
        }

        throw new AnswerBrokenException(broken.Class);
    }

    private async Task AbandonAsync(GatewayRequest request, Attempt attempt, int status)
    {
        request.Pace.End(settlement, request, attempt);
        var settled = settlement.End(
            request, RequestOutcome.ClientGone, status, request.Pace.Failure, DecisionSentence.ForAnswer(request.Plan, attempt.Choice, request.Failed));
        if (request.IsStrict) await settled;
    }

    /// <summary>The client left between two attempts, or before the first.</summary>
    private async Task LeaveAsync(GatewayRequest request)
    {
        var settled = settlement.End(request, RequestOutcome.ClientGone, 0, FailureClass.ClientGone, DecisionSentence.ForFailure(request.Plan, request.Failed, UnansweredCause.ClientLeft));
        if (request.IsStrict) await settled;
    }

    /// <summary>Nothing answered: the client hears one error, and need not multiply our failover by its own.</summary>
    private async Task FailAsync(GatewayRequest request, UpstreamFailure? last, TranslationRefusal? refused, IReadOnlyList<Obstacle>? obstacles, UnansweredCause cause)
    {
        var retryAfter = request.RetryAfter;
        var failure = last ?? Untranslated(refused);
        var row = failure is null ? NoCandidate.RowOf(request.Plan) : FailureTable.Of(failure.Class);
        // A pause that a vendor asked for is none of its breaker's, and known to end.
        if (failure is null && row.Class == FailureClass.VendorOutage && obstacles?.Any(one => one.Failure == FailureClass.Overloaded) == true) row = FailureTable.Of(FailureClass.Overloaded);
        var hindered = failure is null ? Weakest(obstacles?.Where(one => one.Failure == row.Class)) : null;
        if (hindered is { } obstacle)
        {
            if (!request.Facts.Caller.Permissions.IsMinimal) row = row with { Message = obstacle.Message };
            retryAfter = obstacle.Wait;
        }

        if (failure is null && row.Class == FailureClass.VendorOutage) retryAfter ??= starter.WaitOf(request.Plan);

        failure ??= new UpstreamFailure(row.Class);
        var isLate = request.Attempts is [.., { Clock: AttemptClock.Deadline }] || (last is not null && time.GetTimestamp() >= request.DeadlineAt);
        var sentence = DecisionSentence.ForFailure(request.Plan, request.Failed, isLate ? UnansweredCause.Deadline : cause);
        var settled = settlement.End(request, RequestOutcome.Failed, row.Status, failure.Class, sentence);
        if (request.IsStrict) await settled;

        ClientAnswer.WriteFailureHeaders(request, sentence);
        await ClientAnswer.WriteErrorAsync(request.Http, request.Call.Dialect, Error(request.Id, row, failure, request.Snapshot.Providers.Values), retryAfter, isExhausted: !row.IsClientFault && row.Class != FailureClass.GatewayStopping && !(last is null && EndsSoon(row.Class, hindered?.Wait)));
    }

    /// <summary>Whether nothing was sent because of a limit that ends soon: then the client may ask once more, as it would after a limit of its own.</summary>
    private static bool EndsSoon(FailureClass failure, TimeSpan? wait) => failure is FailureClass.RateLimited or FailureClass.Overloaded && wait <= LongestLimit;

    /// <summary>The one that stands in the way least; null for none.</summary>
    private static Obstacle? Weakest(IEnumerable<Obstacle>? obstacles) => obstacles?.Aggregate((Obstacle?)null, Weaker);

    /// <summary>What of two the client is told: what there will be room for again soonest, else what a budget needs least for, else what came first.</summary>
    private static Obstacle Weaker(Obstacle? one, Obstacle other)
    {
        if (one is null || one.Cause == RejectionCause.CannotCarry) return other;
        if (one.Needed is { } needed && other.Needed is { } less && less.NanoDollars < needed.NanoDollars) return other;
        if (other.Wait is not { } wait) return one;
        return one.Wait is not { } first || wait < first ? other : one;
    }

    /// <summary>What a client hears whose request no target can carry; null where that is not why.</summary>
    private static UpstreamFailure? Untranslated(TranslationRefusal? refused) => refused is null ? null : new UpstreamFailure(FailureClass.BadRequest)
    {
        Code = refused.Code,
        Param = refused.Member,
        Detail = refused.Reason,
        Message = refused.Message ?? $"The targets that may answer {refused.Reason}: their dialect has no word for it. Leave it out, or name a target that speaks this endpoint's own dialect.",
    };

    /// <summary>A few words on a failure for the sentence, the record and the log: ours, or the vendor's code, scrubbed.</summary>
    internal static string? Detail(GatewayRequest request, UpstreamFailure failure) => failure.Detail ?? (failure.Code is { } code ? VendorWords.Scrub(code, request.Snapshot.Providers.Values) : null);

    /// <summary>The vendor's words reach the client, scrubbed, only for the client's own fault, be it that what is not there is something that it named.</summary>
    internal static ClientError Error(string requestId, FailureRow row, UpstreamFailure failure, IEnumerable<Provider> providers)
    {
        var isTheirs = (row.IsClientFault || failure is { Class: FailureClass.ModelGone, IsAboutRequest: true }) && failure.Message is { Length: > 0 };
        return new ClientError(
            row.Status, null, row.IsClientFault && row.Class == FailureClass.BadRequest && failure.Code is { Length: > 0 } code ? VendorWords.Scrub(code, providers) : row.Code,
            isTheirs ? VendorWords.Scrub(failure.Message!, providers) : row.Message, row.IsClientFault && failure.Param is { } param ? VendorWords.WithoutKeys(param, providers) : null, requestId, row.IsRetryable);
    }

    private async Task RefuseAsync(HttpContext context, IDialect dialect, string requestId, Refusal refusal)
    {
        metrics.Refused(refusal.Code);
        logger.Refused(requestId, refusal.Status, refusal.Code);
        if (refusal.Limit is { } full) LimitHeaders.Write(context.Response.Headers, dialect.Name, full, time.GetUtcNow());
        await ClientAnswer.WriteErrorAsync(context, dialect, Errors.Of(refusal, requestId), refusal.RetryAfter, isExhausted: false);
    }

    /// <summary>A jittered moment before the same target is tried again, within the deadline.</summary>
    private async Task WaitAsync(GatewayRequest request, CancellationToken clientGone)
    {
        var wait = LongestRetryWait * jitter.NextDouble();
        if (wait >= time.GetElapsedTime(time.GetTimestamp(), request.DeadlineAt)) return;
        await Task.Delay(wait, time, clientGone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // that the client is gone is seen in the next round
    }

    private static readonly Refusal LedgerIsFull = new(RefusalTable.DependencyDown, "The ledger cannot be written; no request is taken until it can.");
}
