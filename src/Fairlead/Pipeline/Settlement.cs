using Fairlead.Alerting;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Routing;
using Fairlead.Storage;
using Fairlead.Telemetry;

namespace Fairlead.Pipeline;

/// <summary>Usage → charge → ledger, health, promises, metrics, log: the end of every accepted request, however it ended.</summary>
internal sealed class Settlement(
    ILedger ledger, UserPseudonyms pseudonyms, GatewayMetrics metrics, Spender spender, HealthBoard health, KeyBoard keys, FallbackBoard fallbacks, PromiseTracker promises, OwnStalls stalls, AlertWatch alerts, TimeProvider time,
    ILogger<Settlement> logger)
{
    /// <summary>Whether no record could be kept: no request is accepted then.</summary>
    public bool IsFull => ledger.IsFull;

    /// <summary>Writes the intent: the first attempt starts now.</summary>
    public void Begin(GatewayRequest request)
    {
        request.Intent = Intent(request);
        ledger.Begin(request.Intent);
    }

    /// <summary>Ends an attempt: its time, its outcome, its charge.</summary>
    public void End(GatewayRequest request, Attempt attempt, FailureClass failure, string? detail)
    {
        attempt.EndedAt = time.GetTimestamp();
        attempt.Failure = failure;
        attempt.Detail = detail ?? (failure == FailureClass.None ? attempt.Notes.Text : null);
        try
        {
            attempt.Charge = Charge.Of(attempt, request.Facts.PromptTokensBound + attempt.BegunBytes, request.Plan.WorstPrice);
            Spender.Settle(request, attempt);
            Measure(request, attempt);
        }
        finally
        {
            attempt.Permit.Exit(); // whatever is wrong with the rest: a place that is not given back is lost for ever
            keys.Exit(attempt.Choice.Target, attempt.Choice.KeyIndex, failure, attempt.RetryAfter, attempt.QuotaLeft, attempt.IsAboutRequest, attempt.IsOfModel);
        }

        if (failure is not (FailureClass.None or FailureClass.ClientGone or FailureClass.ClientSlow)) Add(request.Failed, new FailedAttempt(attempt.Choice.Target.Name, failure, detail) { HadBegun = attempt.FirstTokenAt != 0 && failure != FailureClass.HedgeLost, IsHedge = attempt.Choice.IsHedge, Number = attempt.Number });
        if (failure == FailureClass.None) fallbacks.Answered(attempt.Choice.Target, time.GetUtcNow(), request.Facts.Caller.IsProber);
        if (failure != FailureClass.None || !attempt.Notes.IsEmpty) alerts.AttemptEnded(attempt.Choice.Target, attempt.IsAboutRequest ? FailureClass.None : failure, attempt.Notes);
        metrics.AttemptEnded(
            attempt, Elapsed(attempt.StartedAt, attempt.EndedAt), attempt.FirstTokenAt == 0 ? null : Elapsed(attempt.StartedAt, attempt.FirstTokenAt));
        if (failure != FailureClass.None)
        {
            logger.AttemptFailed(request.Id, attempt.Number, attempt.Choice.Target.Name, FailureTable.NameOf(failure), attempt.UpstreamStatus, detail);
        }
    }

    /// <summary>In the order in which they began, as the record has them: of two that run side by side the second may end first.</summary>
    private static void Add(List<FailedAttempt> failed, in FailedAttempt attempt)
    {
        var at = failed.Count;
        while (at > 0 && failed[at - 1].Number > attempt.Number) at--;
        failed.Insert(at, attempt);
    }

    /// <summary>Ends the request. The task completes when the settlement is durable.</summary>
    public ValueTask End(GatewayRequest request, RequestOutcome outcome, int status, FailureClass failure, string sentence)
    {
        if (request.IsSettled) throw new InvalidOperationException("A request ends once.");
        request.IsSettled = true;
        request.Lease?.Dispose(); // before the client has the end of its answer: it may ask again the moment that it has
        var now = time.GetTimestamp();
        var last = request.Answered ?? (request.Attempts.Count > 0 ? request.Attempts[^1] : null);
        var record = new RequestRecord
        {
            Intent = request.Intent ?? Intent(request),
            EndedAt = request.Facts.AcceptedAt + Elapsed(request.AcceptedAtTimestamp, now),
            Outcome = outcome,
            Status = status,
            Failure = failure,
            Tier = last?.Choice.Tier.Name,
            Target = last?.Choice.Target.Name,
            Provider = last?.Choice.Target.Provider.Name,
            AnsweredModel = last?.AnsweredModel,
            BodyMode = status == 200 ? last?.AnswerBodyMode : null,
            Sentence = sentence,
            FirstToken = (request.BrokenOff ?? last) is { FirstTokenAt: not 0 and var firstTokenAt } ? Elapsed(request.AcceptedAtTimestamp, firstTokenAt) : null,
            Duration = Elapsed(request.AcceptedAtTimestamp, now),
            RequestBytes = request.Facts.BodyBytes,
            DearestCost = outcome == RequestOutcome.Answered ? last?.Charge.AtDearestOf(request.Plan) : null,
            Attempts = Attempts(request),
        };
        metrics.RequestEnded(request, record);
        alerts.RequestEnded(request, outcome);
        if (request.Plan.Route is { } route && !IsCutByClient(request, last, outcome, now))
        {
            promises.Ended(route.Name, outcome, failure, record.FirstToken ?? (outcome == RequestOutcome.Answered ? record.Duration : null));
        }

        if (outcome == RequestOutcome.Answered && request.Failed.Count == 0) logger.Answered(request.Id, sentence);
        else if (outcome == RequestOutcome.Answered) logger.AnsweredAfterFailover(request.Id, sentence);
        else if (outcome == RequestOutcome.ClientGone) logger.ClientGone(request.Id, sentence);
        else if (failure == FailureClass.BudgetExceeded && request.Attempts.Count == 0) logger.Refused(request.Id, status, FailureTable.NameOf(failure)); // whoever has spent all may ask often
        else logger.NotAnswered(request.Id, status, FailureTable.NameOf(failure), sentence);
        var written = ledger.Settle(record);
        spender.Written(request);
        return written;
    }

    /// <summary>Takes whether an answer has the form that was asked for; null where nothing was asked for, or it cannot be told.</summary>
    public void Judged(Attempt attempt, bool? schema, bool? tools)
    {
        health.Judge(attempt.Choice.Target.Name, schema, tools);
        metrics.AnswerJudged(attempt, schema, tools);
    }

    /// <summary>Ends a request that an error of our own cut off, so that what was sent is not forgotten.</summary>
    public void EndUnexpectedly(GatewayRequest request)
    {
        foreach (var running in request.Attempts)
        {
            if (running.EndedAt == 0) End(request, running, FailureClass.DependencyDown, "an error of Fairlead's own");
        }

        End(request, RequestOutcome.Failed, 500, FailureClass.DependencyDown, DecisionSentence.ForFailure(request.Plan, request.Failed, UnansweredCause.OwnError)).AsTask();
    }

    /// <summary>What the attempt says of its target; nothing where the gateway itself stood still meanwhile, no times where it was late.</summary>
    private void Measure(GatewayRequest request, Attempt attempt)
    {
        var answeredAt = attempt.FirstTokenAt != 0 ? attempt.FirstTokenAt : attempt.Failure == FailureClass.None ? attempt.EndedAt : 0;
        var measuredTo = attempt.Failure == FailureClass.None ? answeredAt : attempt.EndedAt;
        if (stalls.Touches(attempt.StartedAt, measuredTo)) return;
        var wasLate = stalls.WasLate(attempt.StartedAt, measuredTo);
        // One that lost against a second send took at least so long: without it what is slow would look faster the more of it is hedged.
        if (attempt is { Failure: FailureClass.HedgeLost, Choice.IsHedge: false } && answeredAt == 0) answeredAt = attempt.EndedAt;
        if (attempt.Failure == FailureClass.TooSlow && answeredAt == 0) answeredAt = attempt.EndedAt;
        // A deadline says nothing of a target that had little of it, be it that the client gave little or that others had used it up; nor of
        // one whose stream was coming at its pace, and is long.
        var hadLittle = WasComing(attempt) || request.HasClientsDeadline || Elapsed(attempt.StartedAt, request.DeadlineAt) < request.Timeouts.Deadline / 2;
        health.Record(new AttemptSample(attempt.Choice.Target.Name, attempt.Failure, answeredAt == 0 || wasLate ? null : Elapsed(attempt.StartedAt, answeredAt))
        {
            BeganAt = attempt.StartedAt,
            IsRetry = attempt.Choice.IsRetry,
            IsExcused = attempt.WasHeldByClient || attempt.IsAboutRequest || (wasLate && attempt.Clock != AttemptClock.None) || (attempt.Clock == AttemptClock.Deadline && hadLittle),
            PromptTokens = request.Facts.PromptTokensBound,
            QuotaLeft = attempt.QuotaLeft,
            Cost = attempt.Charge.Cost,
            AnswerTokens = attempt.FirstTokenAt == 0 ? attempt.Charge.Usage.Output : null,
            RetryAfter = attempt.RetryAfter,
            IsDeadline = attempt.Clock == AttemptClock.Deadline,
            IsRefusal = attempt.Notes.Has(FailureClass.Refused) || attempt.Notes.Has(FailureClass.OutputFiltered),
        }, attempt.Permit);
    }

    /// <summary>Whether a stream was coming when it was cut off: it was not slower than the floor, and not silent for half of the time since it began.</summary>
    private bool WasComing(Attempt attempt) =>
        attempt.FirstTokenAt != 0 && !attempt.Notes.Has(FailureClass.TooSlow) && attempt.Silence < Elapsed(attempt.FirstTokenAt, attempt.EndedAt) / 2;

    /// <summary>Whether a request failed at a deadline that its client had shortened: no fault of the route's.</summary>
    private static bool IsCutByClient(GatewayRequest request, Attempt? last, RequestOutcome outcome, long now) =>
        outcome == RequestOutcome.Failed && request.HasClientsDeadline && (last?.Clock == AttemptClock.Deadline || now >= request.DeadlineAt);

    private AttemptRecord[] Attempts(GatewayRequest request)
    {
        var records = new AttemptRecord[request.Attempts.Count];
        for (var i = 0; i < records.Length; i++)
        {
            var attempt = request.Attempts[i];
            records[i] = new AttemptRecord
            {
                Number = attempt.Number,
                Tier = attempt.Choice.Tier.Name,
                Target = attempt.Choice.Target.Name,
                Provider = attempt.Choice.Target.Provider.Name,
                Model = attempt.Choice.Target.WireModel,
                KeyIndex = attempt.Choice.KeyIndex < 0 ? null : attempt.Choice.KeyIndex,
                StartedAt = attempt.StartedAtTime,
                Headers = attempt.HeadersAt == 0 ? null : Elapsed(attempt.StartedAt, attempt.HeadersAt),
                FirstToken = attempt.FirstTokenAt == 0 ? null : Elapsed(attempt.StartedAt, attempt.FirstTokenAt),
                Duration = Elapsed(attempt.StartedAt, attempt.EndedAt),
                Failure = attempt.Failure,
                Clock = attempt.Clock,
                UpstreamStatus = attempt.UpstreamStatus,
                UpstreamId = attempt.UpstreamId,
                Detail = attempt.Detail,
                Usage = attempt.Charge.Usage,
                UsageSource = attempt.Charge.Source,
                Cost = attempt.Charge.Cost,
                OutputCost = attempt.Charge.OutputCost,
                CostBasis = attempt.Charge.Basis,
                PriceVersion = attempt.Charge.PriceVersion,
            };
        }

        return records;
    }

    private RequestIntent Intent(GatewayRequest request)
    {
        var facts = request.Facts;
        return new RequestIntent
        {
            Id = facts.RequestId,
            AcceptedAt = facts.AcceptedAt,
            Tenant = facts.Caller.Tenant,
            Key = facts.Caller.Key,
            Team = facts.Caller.Team,
            Feature = facts.Caller.Feature,
            User = facts.Caller.User is { } user ? pseudonyms.Of(facts.Caller.Tenant, user) : null,
            UserTier = facts.Caller.UserTier,
            Environment = facts.Caller.Environment,
            Journey = facts.Caller.Journey,
            Workload = DecisionJson.WorkloadOf(facts),
            Sensitivity = DecisionJson.SensitivityOf(facts),
            Tags = facts.Caller.Tags?.Json,
            Operation = facts.Operation,
            Dialect = facts.Dialect,
            RequestedModel = facts.Model,
            IsStream = facts.IsStream,
            Route = request.Plan.Route?.Name,
            Revision = request.Snapshot.Revision,
            MaxOutputTokens = facts.MaxOutputTokens,
            Choices = facts.Choices,
            HasTools = facts.HasTools,
            HasSchema = facts.HasSchema,
            PromptTokensBound = facts.PromptTokensBound,
            DecisionJson = DecisionJson.Of(request.Plan),
            Inputs = RecordedInputs.Of(request.Inputs, request.Snapshot),
        };
    }

    private TimeSpan Elapsed(long from, long to) => time.GetElapsedTime(from, to);
}
