using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fairlead.Core.Budgets;

namespace Fairlead.Core.Limits;

/// <summary>
/// What has been taken of limits, over reloads, by the names of their holders. Taking is an atomic step for each limit and never waits. Safe for any number
/// of threads.
/// </summary>
/// <param name="time">Its monotonic clock drives the rates: a wall clock that is set changes nothing.</param>
public sealed class LimitBoard(TimeProvider time)
{
    /// <summary>Names may be claimed by callers: what comes beyond shares one state.</summary>
    private const int MostStates = 200_000;

    private static readonly TimeSpan ConcurrentWait = TimeSpan.FromSeconds(1);

    private static readonly long SweepsApart = TimeSpan.FromSeconds(10).Ticks * 100;

    private readonly ConcurrentDictionary<StateKey, LimitState> _states = new();
    private readonly long _started = time.GetTimestamp();
    private long _sweptAt = long.MinValue;

    /// <summary>Nanoseconds since this board was made.</summary>
    internal long Now => time.GetElapsedTime(_started).Ticks * 100;

    /// <summary>How many holders are known.</summary>
    internal int States => _states.Count;

    /// <summary>Takes what a request needs of every limit that applies, or of none.</summary>
    /// <param name="subject">The request.</param>
    /// <param name="rules">Limits that each caller has.</param>
    /// <param name="ofKey">The key's own; null where it has none.</param>
    /// <param name="ofRoute">The route's own; null where it has none.</param>
    /// <param name="tokens">What it may need at most, as far as that is known.</param>
    /// <param name="lease">What was taken; null where no limit applies.</param>
    /// <returns>A limit that is reached; null when all was taken.</returns>
    public LimitRefusal? Enter(in BudgetSubject subject, ImmutableArray<LimitRule> rules, RateLimits? ofKey, RateLimits? ofRoute, long tokens, out LimitLease? lease)
    {
        lease = null;
        if (rules.IsEmpty && ofKey is null && ofRoute is null) return null;
        var held = new Holder[rules.Length + 2];
        var count = 0;
        if (ofKey is not null && subject.Caller.Key is { } key) held[count++] = new Holder(StateOf(HolderKind.Key, "", key), ofKey, "key", key);
        foreach (var rule in rules)
        {
            var value = subject.Of(rule.Each) ?? "";
            held[count++] = new Holder(StateOf(HolderKind.Each, rule.Name, subject.HolderOf(rule.Each)), rule.Of(value), NameOf(rule.Each), value);
        }

        if (ofRoute is not null && subject.Route is { } route) held[count++] = new Holder(StateOf(HolderKind.Route, "", route), ofRoute, "route", route);
        return Take(held.AsSpan(0, count), tokens, out lease);
    }

    /// <summary>Takes what an attempt needs of its target's limits.</summary>
    /// <param name="target">The target's name.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="tokens">What it may need at most.</param>
    /// <param name="lease">What was taken; null when it was refused.</param>
    public LimitRefusal? EnterTarget(string target, RateLimits limits, long tokens, out LimitLease? lease) =>
        Take([new Holder(StateOf(HolderKind.Target, "", target), limits, "target", target)], tokens, out lease);

    /// <summary>The word for a dimension, as in the configuration.</summary>
    public static string NameOf(BudgetDimension dimension) => dimension.ToString().ToLowerInvariant();

    private LimitRefusal? Take(ReadOnlySpan<Holder> held, long tokens, out LimitLease? lease)
    {
        lease = null;
        var now = Now;
        LimitRefusal? refusal = null;
        var taken = 0;
        for (; taken < held.Length; taken++)
        {
            if (TakeOne(held[taken], tokens, now) is not { } full) continue;
            refusal = full;
            break;
        }

        if (refusal is null)
        {
            lease = new LimitLease(this, [.. Pairs(held)], tokens);
            return null;
        }

        for (var i = 0; i < taken; i++) GiveBack(held[i], tokens, now);
        return refusal;
    }

    private static (LimitState State, RateLimits Limits)[] Pairs(ReadOnlySpan<Holder> held)
    {
        var pairs = new (LimitState, RateLimits)[held.Length];
        for (var i = 0; i < pairs.Length; i++) pairs[i] = (held[i].State, held[i].Limits);
        return pairs;
    }

    private static LimitRefusal? TakeOne(in Holder holder, long tokens, long now)
    {
        var (state, limits) = (holder.State, holder.Limits);
        if (limits.Concurrent is { } concurrent && !state.TryBegin(concurrent)) return new LimitRefusal(LimitKind.Concurrent, holder.Shown, concurrent, ConcurrentWait);
        if (limits.RequestsPerMinute is { } requests && !state.Requests.TryTake(1, requests, now, out var wait))
        {
            if (limits.Concurrent is not null) state.End();
            return new LimitRefusal(LimitKind.Requests, holder.Shown, requests, wait);
        }

        if (limits.TokensPerMinute is { } perMinute && !state.Tokens.TryTake(Math.Min(tokens, perMinute), perMinute, now, out var tokenWait))
        {
            if (limits.Concurrent is not null) state.End();
            if (limits.RequestsPerMinute is { } given) state.Requests.Adjust(-1, given, now);
            return new LimitRefusal(LimitKind.Tokens, holder.Shown, perMinute, tokenWait);
        }

        return null;
    }

    private static void GiveBack(in Holder holder, long tokens, long now)
    {
        var (state, limits) = (holder.State, holder.Limits);
        if (limits.Concurrent is not null) state.End();
        if (limits.RequestsPerMinute is { } requests) state.Requests.Adjust(-1, requests, now);
        if (limits.TokensPerMinute is { } perMinute) state.Tokens.Adjust(-Math.Min(tokens, perMinute), perMinute, now);
    }

    private LimitState StateOf(HolderKind kind, string rule, string name)
    {
        if (_states.TryGetValue(new StateKey(kind, rule, name), out var state)) return state;
        if (_states.Count >= MostStates && !Sweep()) name = BudgetMeter.Others;
        return _states.GetOrAdd(new StateKey(kind, rule, name), static _ => new LimitState());
    }

    /// <summary>Forgets holders that have everything that they could have: a new state is the same. False when nothing is to be had by it.</summary>
    private bool Sweep()
    {
        var now = Now;
        var sweptAt = Volatile.Read(ref _sweptAt);
        if (now < sweptAt || Interlocked.CompareExchange(ref _sweptAt, now + SweepsApart, sweptAt) != sweptAt) return false;
        foreach (var (key, state) in _states)
        {
            if (state.IsFull(now)) _states.TryRemove(key, out _);
        }

        return _states.Count < MostStates;
    }

    private enum HolderKind
    {
        Key,
        Each,
        Route,
        Target,
    }

    private readonly record struct StateKey(HolderKind Kind, string Rule, string Name);

    private readonly record struct Holder(LimitState State, RateLimits Limits, string Kind, string Name)
    {
        public string Shown => Name.Length == 0 ? $"requests without a {Kind}" : $"{Kind} {Name}";
    }
}
