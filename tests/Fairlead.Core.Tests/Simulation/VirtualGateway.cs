using Fairlead.Core.Budgets;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Core.Tests.Simulation;

/// <summary>
/// Drives planning, attempts, health, breakers and budgets as the pipeline does, in the same order, on virtual time and virtual vendors. What it
/// decides by itself is only what the pipeline decides by itself. One thread.
/// </summary>
internal sealed class VirtualGateway
{
    /// <summary>As the pipeline has it: the longest wait before the same target is tried once more.</summary>
    private static readonly TimeSpan LongestRetryWait = TimeSpan.FromMilliseconds(200);

    /// <summary>As the pipeline has it: from this share of a budget on nothing is hedged.</summary>
    private const double NearEnd = 0.8;

    private readonly World _world;
    private readonly VirtualTime _time;
    private readonly Oracle _oracle;
    private readonly GatewaySnapshot _snapshot;
    private readonly HealthBoard _health;
    private readonly KeyBoard _keys;
    private readonly SendGate _gate;
    private readonly HedgeBudget _hedges = new();
    private readonly BudgetBoard _budgets = new();
    private readonly Random _jitter;
    private readonly Dictionary<string, (VirtualTarget Target, Random Chance)> _vendors;

    public VirtualGateway(World world, VirtualTime time, Oracle oracle)
    {
        (_world, _time, _oracle) = (world, time, oracle);
        _snapshot = world.Snapshot();
        _jitter = new Random(world.Seed);
        _health = new HealthBoard(time, _jitter);
        _keys = new KeyBoard(time, _jitter);
        _gate = new SendGate(_health, _keys);
        _budgets.Apply(_snapshot.Budgets);
        _health.Changed += change => oracle.Turned(change.Name, change.IsScope, BreakerNames.Of(change.Standing.State), BreakerNames.Of(change.Standing.Cause), change.Standing.Share);
        _vendors = world.Targets.Select((target, at) => (target, at)).ToDictionary(one => one.target.Name, one => (one.target, new Random((world.Seed * 31) + one.at + 1)));
        Next(world.Asks.GetEnumerator());
        if (world.WholeFrom is { } whole) time.At(whole, () => oracle.Whole(_health.View.Standings.ToDictionary(one => one.Key, one => one.Value.Reason)));
    }

    /// <summary>Runs a world to its end.</summary>
    public static Oracle Run(World world)
    {
        var time = new VirtualTime();
        var oracle = new Oracle(world, time);
        var gateway = new VirtualGateway(world, time, oracle);
        time.Run();
        oracle.AtEnd(target => gateway._health.LoadOf(target)?.Running ?? 0, target => gateway._keys.StandingOf(gateway._snapshot.Targets[target].Provider).Sum(key => key.Running), gateway.BudgetNow());
        return oracle;
    }

    /// <summary>Plans the next request; each plans the one behind it.</summary>
    private void Next(IEnumerator<Ask> asks)
    {
        if (!asks.MoveNext()) return;
        var ask = asks.Current;
        _time.At(ask.At, () =>
        {
            Next(asks);
            Watch(HandleAsync(ask));
        });
    }

    private async void Watch(Task handling)
    {
        try
        {
            await handling;
        }
        catch (Exception exception)
        {
            _time.Break(exception);
        }
    }

    private async Task HandleAsync(Ask ask)
    {
        var facts = new RequestFacts
        {
            RequestId = $"req_{ask.Number:D26}",
            AcceptedAt = _time.GetUtcNow(),
            Caller = Caller.Anonymous with { Feature = ask.IsSealed ? "sealed" : null },
            Operation = "chat",
            Dialect = "openai-chat",
            Model = ask.Model,
            IsStream = ask.IsStream,
            MaxOutputTokens = ask.OutputTokens,
            HasEffects = ask.HasEffects,
            PromptTokensBound = ask.PromptTokens * 4,
            BodyBytes = ask.PromptTokens * 4,
            Content = NoContent.Instance,
        };
        var errors = new RuleErrors();
        var inputs = new RequestInputs(facts, _snapshot.Signals, ViewOf(facts));
        Classifier.Classify(inputs, _snapshot.Workloads, _snapshot.Sensitivity, errors, RoutePlanner.ReadsOf(_snapshot).Workload);
        var plan = ((Planning.Planned)RoutePlanner.Plan(inputs, _snapshot, _health.View, errors)).Plan;
        var hasClientsDeadline = ask.Timeout < plan.Timeouts.Deadline;
        var deadline = hasClientsDeadline ? ask.Timeout!.Value : plan.Timeouts.Deadline;
        var gone = new TaskCompletionSource();
        var request = new VirtualRequest
        {
            Ask = ask,
            Facts = inputs.Facts,
            Plan = plan,
            AcceptedAt = _time.GetTimestamp(),
            DeadlineAt = _time.GetTimestamp() + deadline.Ticks,
            HasClientsDeadline = hasClientsDeadline,
            Gone = gone.Task,
        };
        var leaving = ask.Leaves is { } leaves ? _time.At(_time.Now + leaves, () => { if (!request.HasEnded) gone.TrySetResult(); }) : null;
        _oracle.Accepted(ask, plan.Route?.Name, _time.Now + deadline, plan.Rejected.Select(one => one.Target));
        await ExecuteAsync(request);
        leaving?.Cancel();
    }

    /// <summary>As the pipeline: attempts until one answers or none is left.</summary>
    private async Task ExecuteAsync(VirtualRequest request)
    {
        var whole = request.Plan;
        var sequence = new AttemptSequence(whole, _snapshot.Retries, _gate, !request.Facts.HasEffects);
        FailureClass? last = null;
        Hindrance? hindered = null;
        var mayWait = true;
        for (var choice = sequence.First(); ;)
        {
            if (choice is not { } next)
            {
                if (!mayWait || sequence.IsOver || WaitFor(request, last, hindered) is not { } wait) break;
                mayWait = false;
                await _time.DelayAsync(wait, request.Gone);
                request.Plan = whole;
                hindered = null;
                choice = sequence.Again();
                continue;
            }

            if (_time.GetTimestamp() >= request.DeadlineAt)
            {
                last = FailureClass.Timeout;
                break;
            }

            if (next.IsLastResort) request.Plan = request.Plan.Resorting(next.Tier);
            if (TryBegin(request, next, out var attempt) is { } obstacle)
            {
                hindered = Weaker(hindered, obstacle);
                request.Plan = request.Plan.Without(next.Tier, next.Target, obstacle.Reason, obstacle.Cause, obstacle.Cause == RejectionCause.HeldBack ? obstacle.Failure : FailureClass.None);
                choice = sequence.InsteadOfLast(obstacle.Cause == RejectionCause.HeldBack ? obstacle.Failure : FailureClass.None, obstacle.LastResort, obstacle.Reason);
                continue;
            }

            (attempt, var outcome) = await RaceAsync(request, attempt!, sequence);
            switch (outcome.Kind)
            {
                case EndKind.Answered when !request.Ask.IsStream:
                    _oracle.Committed(request.Ask);
                    End(request, attempt, FailureClass.None);
                    End(request, "answered", FailureClass.None);
                    return;
                case EndKind.Answered:
                    _oracle.Committed(request.Ask);
                    await ForwardAsync(request, attempt);
                    return;
                case EndKind.Abandoned:
                    End(request, attempt, FailureClass.ClientGone);
                    End(request, "left", FailureClass.ClientGone);
                    return;
                default:
                    last = outcome.Failure;
                    Fail(request, attempt, outcome);
                    choice = attempt.Clock == AttemptClock.Deadline ? null : sequence.After(outcome.Failure, isHedge: attempt.Choice.IsHedge);
                    if (choice is { IsRetry: true } && last == FailureClass.ServerError) await WaitBeforeRetryAsync(request);
                    break;
            }
        }

        End(request, "failed", last ?? hindered?.Failure ?? FailureClass.NoCandidate);
    }

    private async Task WaitBeforeRetryAsync(VirtualRequest request)
    {
        var wait = LongestRetryWait * _jitter.NextDouble();
        if (wait.Ticks >= request.DeadlineAt - _time.GetTimestamp()) return;
        await _time.DelayAsync(wait, request.Gone);
    }

    private TimeSpan? WaitFor(VirtualRequest request, FailureClass? last, Hindrance? hindered)
    {
        if (last is null ? hindered?.Failure != FailureClass.RateLimited : last != FailureClass.RateLimited) return null;
        var asked = request.RetryAfter is { } hint && (hindered?.Wait is not { } room || hint < room) ? hint : hindered?.Wait;
        if (asked is not { } wait || wait > _snapshot.RetryWait) return null;
        wait = KeyBoard.HoldAtMost(wait) + (LongestRetryWait * _jitter.NextDouble());
        return wait.Ticks < (request.DeadlineAt - _time.GetTimestamp()) / 2 ? wait : null;
    }

    private static Hindrance Weaker(Hindrance? one, Hindrance other)
    {
        if (one is null) return other;
        if (other.Wait is not { } wait) return one;
        return one.Wait is not { } first || wait < first ? other : one;
    }

    /// <summary>As the pipeline's starter.</summary>
    private Hindrance? TryBegin(VirtualRequest request, in AttemptChoice choice, out VirtualAttempt? attempt)
    {
        attempt = null;
        var obstacle = Obstructs(request, choice, out var permit, out var reservation);
        if (obstacle is not null)
        {
            _oracle.NotSent(request.Ask, choice.Target.Name, obstacle.Cause == RejectionCause.OverBudget);
            return obstacle;
        }

        permit.Sent(choice.IsRetry);
        _keys.Enter(choice.Target, choice.KeyIndex);
        attempt = new VirtualAttempt
        {
            Choice = choice,
            Permit = permit,
            Reservation = reservation,
            StartedAt = _time.GetTimestamp(),
            Timeouts = request.Plan.Timeouts.After(choice.TimeoutsBefore + (permit is { IsProbe: true, UsualTime: not null } ? 1 : 0), permit.UsualTime),
        };
        request.Attempts.Add(attempt);
        return null;
    }

    private Hindrance? Obstructs(VirtualRequest request, in AttemptChoice choice, out SendPermit permit, out BudgetReservation? reservation)
    {
        (permit, reservation) = (default, null);
        if (choice.Refusal is { } noKey) return Hindrance.Of(noKey);
        var target = choice.Target;
        if (request.Attempts.Count > 0 && _health.View.Find(target.Name)?.P50Ms is { } median && _time.GetElapsedTime(_time.GetTimestamp(), request.DeadlineAt).TotalMilliseconds < median) return Hindrance.TooLate;
        if (_health.Enter(target, !request.Facts.HasEffects, out permit, choice.Resort) is { } refusal) return Hindrance.Of(refusal);
        if (_budgets.IsEmpty) return null;
        var facts = request.Facts;
        var most = PriceArithmetic.Most(target.Price!, facts.PromptTokensBound + target.PromptOverhead(facts.HasTools, facts.HasSchema), facts.MaxOutputTokens!.Value, writesCache: false);
        if (_budgets.Reserve(SubjectOf(request, target), facts.AcceptedAt, most, most, out reservation) is null)
        {
            _oracle.Budget(BudgetNow());
            return null;
        }

        permit.Exit();
        return new Hindrance(RejectionCause.OverBudget, "", FailureClass.BudgetExceeded, null);
    }

    /// <summary>As the pipeline's race: a second attempt beside one that takes long.</summary>
    private async Task<(VirtualAttempt Attempt, Ending Outcome)> RaceAsync(VirtualRequest request, VirtualAttempt first, AttemptSequence sequence)
    {
        var running = Send(request, first);
        if (request.Plan.Route?.Hedge is not { } settings || request.Facts.HasEffects) return (first, await running);
        var route = request.Plan.Route.Name;
        if (request.Attempts.Count == 1) _hedges.Asked(route, settings);
        if (HedgeBudget.DelayOf(settings, first.Choice.Target, _health.View) is not { } delay) return (first, await running);
        await _time.DelayAsync(delay, running);
        if (running.IsCompleted || !_hedges.TryTake(route)) return (first, await running);
        if ((!_budgets.IsEmpty && ViewOf(request.Facts).Used >= NearEnd) || BeginSecond(request, sequence) is not { } second)
        {
            _hedges.GiveBack(route);
            return (first, await running);
        }

        var other = Send(request, second);
        var isFirst = await Task.WhenAny(running, other) == running;
        var outcome = await (isFirst ? running : other);
        var (ended, left) = isFirst ? (first, second) : (second, first);
        if (outcome.Kind == EndKind.Failed)
        {
            Fail(request, ended, outcome);
            sequence.FailedBeside(outcome.Failure);
            return (left, await (isFirst ? other : running));
        }

        left.Cancel?.Invoke();
        await (isFirst ? other : running);
        End(request, left, outcome.Kind == EndKind.Abandoned ? FailureClass.ClientGone : FailureClass.HedgeLost);
        return (ended, outcome);
    }

    private VirtualAttempt? BeginSecond(VirtualRequest request, AttemptSequence sequence)
    {
        if (sequence.Hedge() is not { } choice) return null;
        if (_health.View.StandingOf(choice.Target.Name) is null && TryBegin(request, choice, out var second) is null) return second;
        sequence.WithdrawHedge();
        return null;
    }

    /// <summary>Sends, under the clocks of an attempt, up to the commit point.</summary>
    private Task<Ending> Send(VirtualRequest request, VirtualAttempt attempt)
    {
        if (request.Gone.IsCompleted) return Task.FromResult(new Ending(EndKind.Abandoned, FailureClass.ClientGone, null)); // nothing is sent for who has left
        var (vendor, chance) = _vendors[attempt.Choice.Target.Name];
        var standing = _health.View.StandingOf(vendor.Name);
        attempt.Number = _oracle.Sent(request.Ask, vendor.Name, standing is null || standing.Cause == BreakerCause.Outage ? "closed" : BreakerNames.Of(standing.State), attempt.Permit.IsProbe, attempt.Choice.IsPanic, attempt.Choice.IsHedge, attempt.Choice.IsRetry);
        var served = vendor.Serve(_time.Now, attempt.Choice.KeyIndex, request.Ask, chance);
        attempt.Served = served;
        attempt.WasSent = served.Reply is not (VendorReply.RefusesConnection or VendorReply.NeverConnects);
        var over = new TaskCompletionSource<Ending>();
        VirtualTime.Planned? planned = null;
        attempt.Cancel = () =>
        {
            planned!.Cancel();
            over.TrySetResult(new Ending(EndKind.Abandoned, FailureClass.HedgeLost, null));
        };

        // What comes first of the vendor's reply, the clocks of the attempt, the deadline.
        var now = _time.GetTimestamp();
        var deadline = request.DeadlineAt - now;
        var (clock, fires) = served.Reply switch
        {
            VendorReply.NeverConnects => (AttemptClock.Connect, attempt.Timeouts.Connect.Ticks),
            VendorReply.Silent when request.Ask.IsStream => (AttemptClock.Headers, Math.Min(attempt.Timeouts.Headers.Ticks, attempt.Timeouts.FirstToken.Ticks)),
            _ when request.Ask.IsStream => (AttemptClock.FirstToken, attempt.Timeouts.FirstToken.Ticks),
            _ => (AttemptClock.Answer, attempt.Timeouts.Answer?.Ticks ?? long.MaxValue),
        };
        if (deadline <= fires) (clock, fires) = (AttemptClock.Deadline, deadline);
        if (served.Reply is VendorReply.Silent or VendorReply.NeverConnects || served.After.Ticks >= fires)
        {
            planned = _time.At(_time.Now + new TimeSpan(Math.Max(0, fires)), () =>
            {
                attempt.Clock = clock;
                over.TrySetResult(new Ending(EndKind.Failed, clock == AttemptClock.Connect ? FailureClass.ConnectFailed : FailureClass.Timeout, null));
            });
        }
        else
        {
            planned = _time.At(_time.Now + served.After, () => over.TrySetResult(EndingOf(served)));
        }

        if (!request.Ask.Leaves.HasValue) return over.Task;
        request.Gone.ContinueWith(
            _ =>
            {
                planned.Cancel();
                over.TrySetResult(new Ending(EndKind.Abandoned, FailureClass.ClientGone, null));
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return over.Task;
    }

    /// <summary>A stream after the commit point: it ends, breaks off, is too late, or its client leaves.</summary>
    private async Task ForwardAsync(VirtualRequest request, VirtualAttempt attempt)
    {
        attempt.FirstTokenAt = _time.GetTimestamp();
        var left = new TimeSpan(Math.Max(0, request.DeadlineAt - attempt.FirstTokenAt));
        var isLate = attempt.Served.Rest >= left;
        await _time.DelayAsync(isLate ? left : attempt.Served.Rest, request.Gone);
        if (request.Gone.IsCompleted)
        {
            End(request, attempt, FailureClass.ClientGone);
            End(request, "left", FailureClass.ClientGone);
            return;
        }

        if (isLate) attempt.Clock = AttemptClock.Deadline;
        var failure = isLate ? FailureClass.Timeout : attempt.Served.Reply == VendorReply.BreaksOff ? FailureClass.Truncated : FailureClass.None;
        End(request, attempt, failure);
        End(request, failure == FailureClass.None ? "answered" : "broken", failure);
    }

    private static Ending EndingOf(in Served served) => served.Reply switch
    {
        VendorReply.Answers or VendorReply.BreaksOff => new Ending(EndKind.Answered, FailureClass.None, null),
        _ => new Ending(EndKind.Failed, ClassOf(served.Reply), served.RetryAfter),
    };

    private static FailureClass ClassOf(VendorReply reply) => reply switch
    {
        VendorReply.ServerError => FailureClass.ServerError,
        VendorReply.Overloaded => FailureClass.Overloaded,
        VendorReply.Limits => FailureClass.RateLimited,
        VendorReply.NoCredit => FailureClass.QuotaExhausted,
        VendorReply.RejectsKey => FailureClass.CredentialsInvalid,
        VendorReply.ModelGone => FailureClass.ModelGone,
        VendorReply.BadRequest => FailureClass.BadRequest,
        VendorReply.RejectsPrompt => FailureClass.PolicyRejected,
        VendorReply.RefusesConnection or VendorReply.NeverConnects => FailureClass.ConnectFailed,
        VendorReply.Resets => FailureClass.ConnectionReset,
        VendorReply.Garbage => FailureClass.MalformedResponse,
        _ => FailureClass.Timeout,
    };

    private void Fail(VirtualRequest request, VirtualAttempt attempt, Ending outcome)
    {
        attempt.RetryAfter = outcome.RetryAfter;
        if (outcome.RetryAfter is { } hint && (request.RetryAfter is null || hint < request.RetryAfter)) request.RetryAfter = hint;
        End(request, attempt, outcome.Failure);
    }

    /// <summary>As the settlement ends an attempt: its charge, its health, its key.</summary>
    private void End(VirtualRequest request, VirtualAttempt attempt, FailureClass failure)
    {
        var target = attempt.Choice.Target;
        var now = _time.GetTimestamp();
        var isAnswered = failure == FailureClass.None;
        var isPaid = isAnswered || (attempt.WasSent && (failure is FailureClass.HedgeLost or FailureClass.ClientGone || FailureTable.Of(failure).Billing == FailureBilling.Estimate));
        var cost = !isPaid ? Usd.Zero : PriceArithmetic.Cost(target.Price!, new TokenUsage(request.Ask.PromptTokens, 0, 0, isAnswered || attempt.FirstTokenAt != 0 ? request.Ask.OutputTokens : 0, 0));
        attempt.Reservation?.Settle(cost);
        var answeredAt = attempt.FirstTokenAt != 0 ? attempt.FirstTokenAt : isAnswered ? now : 0;
        if (failure == FailureClass.HedgeLost && !attempt.Choice.IsHedge && answeredAt == 0) answeredAt = now;
        var hadLittle = attempt.FirstTokenAt != 0 || request.HasClientsDeadline || request.DeadlineAt - attempt.StartedAt < request.Plan.Timeouts.Deadline.Ticks / 2;
        _health.Record(new AttemptSample(target.Name, failure, answeredAt == 0 ? null : _time.GetElapsedTime(attempt.StartedAt, answeredAt))
        {
            BeganAt = attempt.StartedAt,
            IsRetry = attempt.Choice.IsRetry,
            IsExcused = attempt.Clock == AttemptClock.Deadline && hadLittle,
            Cost = cost,
            AnswerTokens = attempt.FirstTokenAt == 0 ? request.Ask.OutputTokens : null,
            PromptTokens = request.Ask.PromptTokens,
            RetryAfter = attempt.RetryAfter,
        }, attempt.Permit);
        attempt.Permit.Exit();
        _keys.Exit(target, attempt.Choice.KeyIndex, failure, attempt.RetryAfter, null);
        if (attempt.Number >= 0) _oracle.SendEnded(attempt.Number, FailureTable.NameOf(failure), isBlamed: attempt.Clock != AttemptClock.Deadline || !hadLittle, cost.NanoDollars);
        _ = _health.View;
    }

    private void End(VirtualRequest request, string outcome, FailureClass failure)
    {
        request.HasEnded = true;
        foreach (var attempt in request.Attempts) attempt.Reservation?.Written();
        _oracle.Ended(request.Ask, outcome, FailureTable.NameOf(failure), request.Attempts.Count);
        if (!_budgets.IsEmpty) _oracle.Budget(BudgetNow());
    }

    private BudgetView ViewOf(RequestFacts facts) => _budgets.IsEmpty ? BudgetView.None : _budgets.ViewOf(new BudgetSubject(facts.Caller), facts.AcceptedAt);

    private static BudgetSubject SubjectOf(VirtualRequest request, Target target) =>
        new(request.Facts.Caller) { Workload = request.Facts.Workload.Name, Route = request.Plan.Route?.Name, Provider = target.Provider.Name, Target = target.Name };

    private (long Spent, long Reserved, long Unwritten) BudgetNow()
    {
        foreach (var standing in _budgets.Standings(_time.GetUtcNow())) return (standing.Spent.NanoDollars, standing.Reserved.NanoDollars, standing.Unwritten.NanoDollars);
        return default;
    }
}

/// <summary>A request under way.</summary>
internal sealed class VirtualRequest
{
    public required Ask Ask { get; init; }

    public required RequestFacts Facts { get; init; }

    public required RoutePlan Plan { get; set; }

    public required long AcceptedAt { get; init; }

    public required long DeadlineAt { get; init; }

    public required bool HasClientsDeadline { get; init; }

    /// <summary>Ends when its client leaves.</summary>
    public required Task Gone { get; init; }

    public List<VirtualAttempt> Attempts { get; } = [];

    public TimeSpan? RetryAfter { get; set; }

    public bool HasEnded { get; set; }
}

/// <summary>An attempt under way.</summary>
internal sealed class VirtualAttempt
{
    public required AttemptChoice Choice { get; init; }

    public required SendPermit Permit { get; init; }

    public required BudgetReservation? Reservation { get; init; }

    public required long StartedAt { get; init; }

    public required Timeouts Timeouts { get; init; }

    /// <summary>Its number among all sends; -1 for one that never left.</summary>
    public int Number { get; set; } = -1;

    public Served Served { get; set; }

    public bool WasSent { get; set; }

    public long FirstTokenAt { get; set; }

    public AttemptClock Clock { get; set; }

    public TimeSpan? RetryAfter { get; set; }

    public Action? Cancel { get; set; }
}

/// <summary>How an attempt ended, up to the commit point.</summary>
internal enum EndKind
{
    Answered = 0,
    Failed,
    Abandoned,
}

/// <summary>How an attempt ended, up to the commit point.</summary>
internal readonly record struct Ending(EndKind Kind, FailureClass Failure, TimeSpan? RetryAfter);

/// <summary>Why an attempt is not made.</summary>
internal sealed record Hindrance(RejectionCause Cause, string Reason, FailureClass Failure, TimeSpan? Wait)
{
    public LastResort LastResort { get; init; }

    public static Hindrance TooLate { get; } = new(RejectionCause.HeldBack, "too slow for what is left of the deadline", FailureClass.Timeout, null);

    public static Hindrance Of(SendRefusal refusal) => new(RejectionCause.HeldBack, refusal.Reason, refusal.Failure, refusal.Wait) { LastResort = refusal.LastResort };
}
