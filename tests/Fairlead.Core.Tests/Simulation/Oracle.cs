namespace Fairlead.Core.Tests.Simulation;

/// <summary>
/// Judges a run by what clients and vendors saw of it. It has a log of its own and knows no type of what it judges: names and numbers are all
/// that it is told. The first thing that may not be ends the run.
/// </summary>
internal sealed class Oracle(World world, VirtualTime time)
{
    /// <summary>The most sends of one request, whatever its plan.</summary>
    private const int MostSends = 6;

    /// <summary>How far back a breaker may look, counted in its slices.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(41);

    /// <summary>How far back a minute's spending may look, counted in its slices.</summary>
    private static readonly TimeSpan MinuteAtMost = TimeSpan.FromSeconds(71);

    /// <summary>How far back it looks at least.</summary>
    private static readonly TimeSpan MinuteAtLeast = TimeSpan.FromSeconds(50);

    /// <summary>A probe that says nothing for so long keeps no further one away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Classes that say something against a target.</summary>
    private static readonly HashSet<string> Blamed = ["connect_failed", "connection_reset", "timeout", "server_error", "overloaded", "model_gone", "malformed_response", "truncated"];

    /// <summary>Classes after which a vendor is known to have done nothing.</summary>
    private static readonly HashSet<string> Unprocessed = ["connect_failed", "rate_limited", "quota_exhausted", "credentials_invalid", "model_gone", "bad_request", "policy_rejected"];

    private readonly Dictionary<int, RequestLog> _requests = [];
    private readonly Dictionary<int, SendLog> _sends = [];
    private readonly Dictionary<string, TargetLog> _targets = world.Targets.ToDictionary(target => target.Name, target => new TargetLog(target));
    private readonly Dictionary<string, RouteLog> _routes = world.Routes.ToDictionary(route => route.Name, route => new RouteLog(route));
    private ulong _trace = 14695981039346656037;

    /// <summary>What everything that happened comes to: the same for the same run.</summary>
    public ulong Trace => _trace;

    /// <summary>What it all comes to.</summary>
    public Tally Tally { get; } = new();

    /// <summary>Every request, unless the world forgets.</summary>
    public IEnumerable<RequestLog> Requests => _requests.Values;

    /// <summary>Every send, in order, unless the world forgets.</summary>
    public IEnumerable<SendLog> Sends => _sends.Values.OrderBy(send => send.Number);

    /// <summary>What a target's breaker did: when, what it became, why, and the share of the requests that it then takes.</summary>
    public IReadOnlyList<(TimeSpan At, string State, string Cause, double Share)> TurnsOf(string target) => _targets[target].Turns;

    public void Accepted(Ask ask, string? route, TimeSpan deadline, IEnumerable<string> held)
    {
        var log = new RequestLog(ask, route, deadline);
        foreach (var target in held) log.Passed.Add(target);
        _requests.Add(ask.Number, log);
        Tally.Requests++;
        Mark(1, ask.Number, 0);
    }

    /// <summary>A target was not sent to for a reason of its own.</summary>
    public void NotSent(Ask ask, string target, bool isForBudget)
    {
        _requests[ask.Number].Passed.Add(target);
        _requests[ask.Number].MetBudget |= isForBudget;
    }

    /// <summary>The client has the beginning of a stream, or all of another answer.</summary>
    public void Committed(Ask ask)
    {
        var request = _requests[ask.Number];
        Demand(request.AnsweredAfter is null, request, "answered twice");
        request.AnsweredAfter = time.Now - ask.At;
        Tally.AnsweredAfterMs.Add((float)request.AnsweredAfter.Value.TotalMilliseconds);
    }

    /// <summary>A vendor was sent a request.</summary>
    /// <param name="ask">The request.</param>
    /// <param name="target">Where.</param>
    /// <param name="state">How its breaker stood.</param>
    /// <param name="isProbe">Whether it finds out whether the target answers again.</param>
    /// <param name="isPanic">Whether it was sent though the target is out, for nothing else was left.</param>
    /// <param name="isHedge">Whether another send of the request runs.</param>
    /// <param name="isRetry">Whether the target was just tried with the same key.</param>
    /// <returns>Its number.</returns>
    public int Sent(Ask ask, string target, string state, bool isProbe, bool isPanic, bool isHedge, bool isRetry)
    {
        var request = _requests[ask.Number];
        var log = _targets[target];
        var now = time.Now;
        var send = new SendLog(Tally.Sends, request, log, now, isProbe, isHedge, isRetry);
        Mark(2, ask.Number, Array.IndexOf(world.Targets, log.Target));
        var tiers = request.Route is { } name ? _routes[name].Route.Tiers : [new VirtualTier([ask.Model], null, "order")];
        Demand(request.Outcome is null, send, "sent after the request had ended");
        Demand(now < request.Deadline, send, "sent after the deadline");
        Demand(tiers.Any(tier => tier.Targets.Contains(target)), send, "sent to a target that its route does not have");
        Demand(world.IsAllowed(ask, log.Target), send, "sent where policy forbids");
        Demand(request.Sends.Count < Math.Min(MostSends, tiers.Length + 2), send, $"the send number {request.Sends.Count + 1} of a route with {tiers.Length} tiers");
        Demand(!ask.HasEffects || request.Sends.TrueForAll(before => before.Failure is { } failure && Unprocessed.Contains(failure)), send, "sent again though it may have been processed");
        Demand(request.Sends.Count(before => before.Failure is null) <= (isHedge ? 1 : 0), send, "sent while another send runs");
        Demand(!isProbe || ((log.Probes == 0 || now - log.ProbedAt >= Patience) && !ask.HasEffects), send, isProbe && ask.HasEffects ? "a request with effects is a probe" : "two probes at the same time");
        if (!isProbe && state is "open" or "half_open")
        {
            Demand(isPanic, send, $"sent though its breaker is {state}");
            if (state == "open")
            {
                var panic = request.Route ?? target;
                Demand(!log.Panics.TryGetValue(panic, out var before) || now - before >= TimeSpan.FromSeconds(1), send, "a second send within a second to what is out");
                log.Panics[panic] = now;
                foreach (var other in tiers[0].Targets.Where(other => other != target && world.IsAllowed(ask, _targets[other].Target)))
                {
                    Demand(request.Passed.Contains(other) || request.Sends.Exists(one => one.Target.Name == other || one.IsRetry), send, $"sent though {other} was left");
                }
            }
        }

        Demand(log.Turns is [] || log.Turns[^1] is not { State: "open", Cause: "cost" } || now - log.Turns[^1].At >= TimeSpan.FromMinutes(1), send, "sent within a minute after too much was spent there");
        Demand(!log.MustOpen, send, "sent though its breaker had to open for its cost, or for slow answers");
        if (request.Route is { } route && !ask.HasEffects)
        {
            if (request.Sends.Count == 0) _routes[route].Asked++;
            if (isHedge) Demand(++_routes[route].Hedges <= (_routes[route].Route.HedgedAtMost * _routes[route].Asked) + 1, send, $"hedge {_routes[route].Hedges} of {_routes[route].Asked} requests");
        }

        if (isProbe)
        {
            log.Probes++;
            log.ProbedAt = now;
        }

        if (isRetry) Demand(++log.Retries <= 10 + (3 * now.TotalSeconds) + (0.1 * log.Sent), send, "more retries than a tenth and three a second");
        else log.Sent++;
        log.Running++;
        request.Sends.Add(send);
        _sends.Add(send.Number, send);
        Tally.Sends++;
        if (isHedge) Tally.Hedges++;
        return send.Number;
    }

    /// <summary>A send has ended.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="failure">The class; <c>none</c> where it answered.</param>
    /// <param name="isBlamed">Whether its target had all the time that it may have.</param>
    /// <param name="cost">What is counted for it, in nano-dollars.</param>
    public void SendEnded(int number, string failure, bool isBlamed, long cost)
    {
        var send = _sends[number];
        Demand(send.Failure is null, send, "ended twice");
        (send.Failure, send.EndedAt, send.Cost) = (failure, time.Now, cost);
        var target = send.Target;
        target.Running--;
        if (send.IsProbe) target.Probes--;
        if (failure == "none")
        {
            target.InRow = 0;
            Demand(cost == (send.Request.Ask.PromptTokens * target.Target.InputPrice) + (send.Request.Ask.OutputTokens * target.Target.OutputPrice), send, $"counted at {cost}");
        }
        else if (isBlamed && Blamed.Contains(failure))
        {
            if (target.Failures.Count >= 2000) target.Failures.RemoveRange(0, 1000);
            target.Failures.Add((time.Now, failure));
            target.InRow++;
        }

        target.Spent += cost;
        Count(target, send, failure == "none");
        Mark(3, number, failure.Length);
    }

    /// <summary>Counts what a breaker for slow answers, or for what is spent, has to see.</summary>
    private void Count(TargetLog target, SendLog send, bool isAnswered)
    {
        var now = time.Now;
        var isSlow = isAnswered && target.Target.Slow is { } slow && send.Request.Ask.At + send.Request.AnsweredAfter!.Value - send.At > slow;
        if (target.Target is { Slow: null, CostPerMinute: null }) return;
        target.Ends.RemoveAll(end => now - end.At > MinuteAtMost);
        target.Ends.Add((now, send.At, send.Cost, isSlow));
        if (target.Turns is not [] && target.Turns[^1].State is "open" or "half_open" or "recovering") return; // what ends now may have begun before that
        var lately = target.Ends.Where(end => now - end.At <= Lately).ToArray();
        target.MustOpen |= lately.Length >= 10 && Array.TrueForAll(lately, end => end.IsSlow && (target.Turns is [] || end.Began > target.Turns[^1].At));
        target.MustOpen |= target.Target.CostPerMinute is { } most && target.Ends.Where(end => now - end.At <= MinuteAtLeast).Sum(end => end.Cost) > most;
    }

    /// <summary>A request has ended.</summary>
    public void Ended(Ask ask, string outcome, string failure, int attempts)
    {
        var request = _requests[ask.Number];
        Demand(request.Outcome is null, request, $"ended twice: {request.Outcome}, {outcome}");
        Demand(time.Now <= request.Deadline, request, $"ended {time.Now - request.Deadline} after its deadline");
        Demand(request.Sends.TrueForAll(send => send.Failure is not null), request, "ended while a send runs");
        Demand(attempts >= request.Sends.Count, request, "has fewer attempts than sends");
        Demand(request.Sends.Count(send => send.Failure == "none") == (outcome == "answered" ? 1 : 0), request, $"{outcome}, with {request.Sends.Count(send => send.Failure == "none")} answers");
        (request.Outcome, request.Failure, request.EndedAt) = (outcome, failure, time.Now);
        if (outcome == "failed" && !request.IsClientsFault) JudgeFailure(request);
        Count(request);
        Mark(4, ask.Number, outcome.Length + failure.Length);
    }

    private void Count(RequestLog request)
    {
        switch (request.Outcome)
        {
            case "answered":
                Tally.Answered++;
                break;
            case "left":
                Tally.Left++;
                break;
            case "broken":
                Tally.Broken++;
                break;
            default:
                if (request.IsClientsFault) Tally.ClientsFault++;
                else Tally.Failed++;
                if (!request.IsClientsFault && WasSomeoneUp(request))
                {
                    Tally.GatewayCaused++;
                    if (Tally.Examples.Count < 20) Tally.Examples.Add(Describe(request));
                }

                break;
        }

        foreach (var send in request.Sends)
        {
            Tally.Spent += send.Cost;
            if (send.Failure != "none" && send.Cost > 0) Tally.ForResilience += send.Cost;
            if (send.Failure == "hedge_lost") Tally.LostAtMost += (request.Ask.PromptTokens * send.Target.Target.InputPrice) + (request.Ask.OutputTokens * send.Target.Target.OutputPrice);
            if (world.Forgets) _sends.Remove(send.Number);
        }

        if (world.Forgets) _requests.Remove(request.Ask.Number);
    }

    /// <summary>Whether some target that the request could have been sent to was up from its beginning to its end.</summary>
    private bool WasSomeoneUp(RequestLog request)
    {
        if (request.Route is not { } name) return false;
        foreach (var tier in _routes[name].Route.Tiers)
        {
            foreach (var target in tier.Targets)
            {
                var vendor = _targets[target].Target;
                if (world.IsAllowed(request.Ask, vendor) && vendor.Outages?.Between(request.Ask.At, request.EndedAt + TimeSpan.FromTicks(1)).Any() != true) return true;
            }
        }

        return false;
    }

    /// <summary>A breaker stands otherwise.</summary>
    public void Turned(string name, bool isScope, string state, string cause, double share)
    {
        Mark(5, isScope ? 1 : 0, state.Length + cause.Length + (int)(share * 100));
        if (isScope)
        {
            ScopesOut += state == "open" ? 1 : 0;
            return;
        }

        var log = _targets[name];
        var before = log.Turns.Count == 0 ? "closed" : log.Turns[^1].State;
        log.Turns.Add((time.Now, state, cause, share));
        log.MustOpen = false;
        if (state == "open") Tally.Opened[cause] = Tally.Opened.GetValueOrDefault(cause) + 1;
        switch (state, cause)
        {
            case ("open", "cost"):
                Demand(log.Ends.Where(end => time.Now - end.At <= MinuteAtMost).Sum(end => end.Cost) > log.Target.CostPerMinute, $"breaker of {name} opened for its cost, with too little spent");
                return;
            case ("open", "latency"):
                var slow = log.Ends.Count(end => time.Now - end.At <= Lately && end.IsSlow);
                Demand(slow >= (before is "closed" or "recovering" ? 5 : 1), $"breaker of {name} opened from {before} for its latency, with {slow} slow answers");
                return;
            case not ("open", "failures" or "model_gone"):
                return;
        }

        // What stands against it must be more than what a client or a limit can do.
        var lately = Math.Max(log.InRow, log.Failures.Count(failure => failure.At >= time.Now - Lately));
        var least = cause == "model_gone" ? 2 : before switch
        {
            "closed" => 5,
            "recovering" => 3,
            _ => 1,
        };
        Demand(lately >= least, $"breaker of {name} opened from {before} for {cause}, with {lately} failures of its own");
    }

    /// <summary>How often it was seen that targets are out together.</summary>
    public int ScopesOut { get; private set; }

    /// <summary>A budget at the moment.</summary>
    public void Budget((long Spent, long Reserved, long Unwritten) now) => Demand(now.Spent + now.Reserved <= world.Budget!.Value, $"a budget of {world.Budget} has {now.Spent} spent and {now.Reserved} held");

    /// <summary>The moment from which on every target that is well takes everything again.</summary>
    /// <param name="standings">Those that do not, and why.</param>
    public void Whole(Dictionary<string, string> standings)
    {
        if (_requests.Values.Any(request => request.MetBudget)) return; // then little is sent that could show it
        foreach (var (name, reason) in standings)
        {
            var target = _targets[name];
            var isReached = Array.TrueForAll(target.Target.Provider.Keys, key => key is { PerMinute: null, DeadUntil.Ticks: 0, WithoutCreditUntil.Ticks: 0 });
            if (target.Failures.Count > 0 && time.Now - target.Failures[^1].At < TimeSpan.FromMinutes(1)) continue; // something sent before has hung until then
            if (target.Turns[^1] is { State: "open", Cause: "cost" or "latency" }) continue; // what it is asked now may cost too much, and chance may make a few answers slow
            var wasGone = target.Failures.Exists(failure => failure.Class == "model_gone");
            Demand(!isReached || wasGone, $"{name} is not back a minute after it is well: {reason}; {string.Join(", ", target.Turns.TakeLast(8).Select(turn => $"{turn.At.TotalSeconds:0.0} {turn.State} {turn.Share}"))}; failures: {string.Join(", ", target.Failures.TakeLast(5).Select(failure => $"{failure.At.TotalSeconds:0.0} {failure.Class}"))}");
        }
    }

    /// <summary>Nothing is left to happen.</summary>
    public void AtEnd(Func<string, int> runningOf, Func<string, int> keysOf, (long Spent, long Reserved, long Unwritten) budget)
    {
        foreach (var request in _requests.Values) Demand(request.Outcome is not null, request, "has not ended");
        foreach (var (name, target) in _targets)
        {
            Demand(target is { Running: 0, Probes: 0 }, $"{target.Running} sends and {target.Probes} probes run at {name}");
            Demand(runningOf(name) == 0, $"{runningOf(name)} places are taken at {name}");
            Demand(keysOf(name) == 0, $"{keysOf(name)} sends run with keys of {name}");
        }

        if (world.Budget is null) return;
        var spent = _targets.Values.Sum(target => target.Spent);
        Demand(budget == (spent, 0, 0), $"the budget has {budget}, and {spent} was spent");
    }

    /// <summary>
    /// A request failed: was that the gateway's own doing? A tier that is always well, that may always be entered, and that the request may
    /// use, answers; whatever becomes of the others.
    /// </summary>
    private void JudgeFailure(RequestLog request)
    {
        if (request.MetBudget || request.Failure == "budget_exceeded") return;
        if (request.Ask.Timeout is not null || time.Now + TimeSpan.FromSeconds(2) >= request.Deadline) return; // there was no time for it
        if (request.Ask.HasEffects && request.Sends.Exists(send => !Unprocessed.Contains(send.Failure!))) return;
        if (request.Route is not { } name) return;
        foreach (var tier in _routes[name].Route.Tiers)
        {
            if (tier.After is not null && !ReferenceEquals(tier, _routes[name].Route.Tiers[0])) continue;
            var allowed = tier.Targets.Where(target => world.IsAllowed(request.Ask, _targets[target].Target)).ToArray();
            if (allowed.Length == 0 || !Array.TrueForAll(allowed, target => _targets[target].Target.IsSteady)) continue;
            Demand(false, request, $"failed with {request.Failure} though {allowed[0]} is well");
        }
    }

    private void Mark(int kind, int one, int other)
    {
        Add(kind);
        Add(one);
        Add(other);
        Add(time.Now.Ticks);

        void Add(long value) => _trace = (_trace ^ (ulong)value) * 1099511628211;
    }

    private void Demand(bool holds, SendLog send, string what)
    {
        if (!holds) Demand(false, send.Request, $"send {send.Request.Sends.Count + (send.Request.Sends.Contains(send) ? 0 : 1)} to {send.Target.Name}: {what}");
    }

    private void Demand(bool holds, RequestLog request, string what)
    {
        if (!holds) Demand(false, $"{what}: {Describe(request)}");
    }

    private static string Describe(RequestLog request)
    {
        var sends = string.Join(", ", request.Sends.Select(send => $"{send.At.TotalSeconds:0.000} {send.Target.Name}{(send.IsProbe ? " (probe)" : "")} {send.Failure ?? "running"}"));
        return $"request {request.Ask.Number} to {request.Ask.Model}{(request.Ask.IsStream ? ", a stream" : "")}, {request.Failure} at {request.EndedAt.TotalSeconds:0.000}; its sends: {sends}; passed over: {string.Join(", ", request.Passed)}";
    }

    private void Demand(bool holds, string what)
    {
        if (!holds) throw new OracleException($"Seed {world.Seed}, {time.Now.TotalSeconds:0.000} s: {what}");
    }

    /// <summary>What the oracle knows of a request.</summary>
    internal sealed class RequestLog(Ask ask, string? route, TimeSpan deadline)
    {
        public Ask Ask => ask;

        public string? Route => route;

        public TimeSpan Deadline => deadline;

        public List<SendLog> Sends { get; } = [];

        /// <summary>Targets that it was not sent to for a reason of theirs.</summary>
        public HashSet<string> Passed { get; } = [];

        public bool MetBudget { get; set; }

        public string? Outcome { get; set; }

        public string? Failure { get; set; }

        public TimeSpan EndedAt { get; set; }

        public bool IsClientsFault => Failure is "bad_request" or "policy_rejected" or "client_gone";

        /// <summary>When the client had the beginning of a stream, or all of another answer.</summary>
        public TimeSpan? AnsweredAfter { get; set; }
    }

    /// <summary>What the oracle knows of a send.</summary>
    internal sealed class SendLog(int number, RequestLog request, TargetLog target, TimeSpan at, bool isProbe, bool isHedge, bool isRetry)
    {
        public int Number => number;

        public RequestLog Request => request;

        public TargetLog Target => target;

        public TimeSpan At => at;

        public bool IsProbe => isProbe;

        public bool IsHedge => isHedge;

        public bool IsRetry => isRetry;

        public string? Failure { get; set; }

        public TimeSpan EndedAt { get; set; }

        public long Cost { get; set; }
    }

    /// <summary>What the oracle knows of a target.</summary>
    internal sealed class TargetLog(VirtualTarget target)
    {
        public VirtualTarget Target => target;

        public string Name => target.Name;

        public int Running { get; set; }

        public int Probes { get; set; }

        public TimeSpan ProbedAt { get; set; }

        public int Sent { get; set; }

        public int Retries { get; set; }

        public long Spent { get; set; }

        /// <summary>When each route last tried it though it was out.</summary>
        public Dictionary<string, TimeSpan> Panics { get; } = [];

        /// <summary>Failures of its own since it last answered.</summary>
        public int InRow { get; set; }

        public List<(TimeSpan At, string Class)> Failures { get; } = [];

        /// <summary>What ended in the last minute, where slow answers or what is spent open its breaker.</summary>
        public List<(TimeSpan At, TimeSpan Began, long Cost, bool IsSlow)> Ends { get; } = [];

        /// <summary>Whether its breaker has to open before anything more is sent.</summary>
        public bool MustOpen { get; set; }

        public List<(TimeSpan At, string State, string Cause, double Share)> Turns { get; } = [];
    }

    private sealed class RouteLog(VirtualRoute route)
    {
        public VirtualRoute Route => route;

        public int Asked { get; set; }

        public int Hedges { get; set; }
    }
}

/// <summary>Figures of a run. Amounts are in nano-dollars.</summary>
internal sealed class Tally
{
    public int Requests { get; set; }

    public int Sends { get; set; }

    public int Hedges { get; set; }

    public int Answered { get; set; }

    /// <summary>Requests that ended with an error that is not the client's own.</summary>
    public int Failed { get; set; }

    /// <summary>Those of them that could have been answered: some target of their route was up all the time.</summary>
    public int GatewayCaused { get; set; }

    /// <summary>Streams that broke off after the client had some of them.</summary>
    public int Broken { get; set; }

    public int Left { get; set; }

    public int ClientsFault { get; set; }

    /// <summary>How often breakers opened, by what for.</summary>
    public Dictionary<string, int> Opened { get; } = [];

    /// <summary>What all sends cost.</summary>
    public long Spent { get; set; }

    /// <summary>What those cost that did not answer their client.</summary>
    public long ForResilience { get; set; }

    /// <summary>What sends that lost against a second one would cost if their vendors billed them in full.</summary>
    public long LostAtMost { get; set; }

    /// <summary>Times to the answer, in milliseconds, in the order of the answers.</summary>
    public List<float> AnsweredAfterMs { get; } = [];

    /// <summary>A few of the failures that the gateway caused.</summary>
    public List<string> Examples { get; } = [];

    /// <summary>A percentile of the times to the answer.</summary>
    public double Percentile(double share)
    {
        var sorted = AnsweredAfterMs.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }
}

/// <summary>Something was seen that may not be.</summary>
internal sealed class OracleException(string message) : Exception(message);
