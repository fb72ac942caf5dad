using System.Collections.Concurrent;
using System.Collections.Frozen;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Health;

/// <summary>
/// What is measured of every target, and whether it may be sent to: attempts are entered and recorded from any number of threads, and
/// planning reads an immutable view. State in memory, kept by the target's name over reloads; a restart starts with nothing.
/// </summary>
/// <remarks>
/// A view is made anew at most every <see cref="ViewAge"/>, by the first reader that comes after that, and only where something was
/// recorded or has left the window, or at once when a breaker opens or closes. Other readers do not wait for it: they get the one before. A target without a sample in the window
/// whose breaker is closed is forgotten, so that those gone from the configuration do not stay; one sample may be lost that comes in that very moment.
/// </remarks>
public sealed class HealthBoard
{
    /// <summary>Samples that a figure needs: with fewer, a 95th percentile is the slowest sample there is.</summary>
    public const int LeastSamples = 20;

    /// <summary>
    /// Targets that clients name as <c>provider/model</c> and that are counted at a time: their names are clients' texts, and the memory is ours.
    /// </summary>
    public const int MostNamedByClients = 1000;

    /// <summary>How long the figures are looked back at.</summary>
    public static readonly TimeSpan Window = TargetWindow.SliceLength * TargetWindow.Slices;

    /// <summary>How old a view may be: fresh beside a window of minutes, and cheap at any rate of requests.</summary>
    public static readonly TimeSpan ViewAge = TimeSpan.FromMilliseconds(250);

    /// <summary>A route none of whose targets may be sent to tries one all the same, this often.</summary>
    public static readonly TimeSpan PanicPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Routes and pinned targets that panic within a second; clients may name some of them.</summary>
    private const int MostPanics = MostNamedByClients + 1000;

    private readonly TimeProvider _time;
    private readonly Random _jitter;
    private readonly long _startedAt;
    private readonly long _ticksPerSlice;
    private readonly long _ticksPerView;
    private readonly Func<string, double> _loads;
    private readonly ConcurrentDictionary<string, LiveTarget> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, OutageScope> _scopes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _panics = new(StringComparer.Ordinal);
    private readonly Lock _viewGate = new();
    private int _namedByClients;
    private HealthView _view = HealthView.Empty;
    private long _viewDueAt;
    private long _viewPeriod;

    /// <summary>A board without samples.</summary>
    /// <param name="time">Moves the window.</param>
    /// <param name="jitter">Spreads the ends of waits; safe for any number of threads.</param>
    public HealthBoard(TimeProvider time, Random jitter)
    {
        _time = time;
        _jitter = jitter;
        _startedAt = time.GetTimestamp();
        _ticksPerSlice = (long)(TargetWindow.SliceLength.TotalSeconds * time.TimestampFrequency);
        _ticksPerView = (long)(ViewAge.TotalSeconds * time.TimestampFrequency);
        _loads = name => _targets.TryGetValue(name, out var live) ? live.Load : 0;
    }

    /// <summary>
    /// A target's breaker opened or closed, or an outage began or ended: told once each, by whoever made the view, in order. A handler must be quick.
    /// </summary>
    public event Action<StandingChange>? Changed;

    /// <summary>
    /// Whether some rule reads what is left of a vendor's limit, or there is more than one key to choose from; while not, nobody need look
    /// for it in the headers of an answer. Set when a configuration is taken.
    /// </summary>
    public bool ReadsQuota { get; set; }

    /// <summary>What is measured, at most <see cref="ViewAge"/> old. Two views of one version are the same object.</summary>
    public HealthView View
    {
        get
        {
            var now = _time.GetTimestamp();
            if (now - Volatile.Read(ref _viewDueAt) >= 0) Renew(now);
            return Volatile.Read(ref _view);
        }
    }

    /// <summary>Enters a target for a send; or says why nothing may be sent there.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="mayProbe">Whether the request may be the one that finds out whether the target answers again: it must be safe to send twice.</param>
    /// <param name="permit">To be given back when the send has ended.</param>
    /// <param name="resort">Whether it is let in all the same, for nothing else is left: once a second whatever failed there, always where it only runs what it carries.</param>
    public SendRefusal? Enter(Target target, bool mayProbe, out SendPermit permit, LastResort resort = LastResort.Never)
    {
        permit = default;
        if (LiveOf(target) is not { } live) return null; // one of too many that clients thought up
        live.Follow(target);
        var now = _time.GetTimestamp();
        if (live.Breaker.Override != BreakerOverride.Closed && live.HeldFor(now) is { } wait) return new SendRefusal(FailureClass.Overloaded, "its vendor asked for a pause", wait);
        if (resort == LastResort.OnceASecond)
        {
            // What was planned with may be another thing by now.
            if (live.Breaker.StandingAt(now) is { IsOpen: true, MayBeTried: false } changed) return new SendRefusal(FailureClass.VendorOutage, changed.Reason, changed.Left);
            live.Concurrency.Enter();
            permit = new SendPermit(live, isProbe: false);
            return null;
        }

        if (!live.Breaker.TryEnter(now, mayProbe, out var isProbe))
        {
            var standing = live.Breaker.StandingAt(now);
            return standing.IsOpen
                ? new SendRefusal(FailureClass.VendorOutage, standing.Reason, standing.Left) { LastResort = standing.MayBeTried ? LastResort.OnceASecond : LastResort.Never }
                : new SendRefusal(FailureClass.VendorOutage, "tried by one request at a time until it answers again", PanicPeriod) { LastResort = LastResort.OnceASecond };
        }

        if (resort == LastResort.Always) live.Concurrency.Enter();
        else if (!live.Concurrency.TryEnter())
        {
            if (isProbe) live.Breaker.ProbeEnded();
            return new SendRefusal(FailureClass.Overloaded, $"runs the {live.Concurrency.Limit} requests that it carries at once", PanicPeriod) { LastResort = LastResort.Always };
        }

        permit = new SendPermit(live, isProbe);
        return null;
    }

    /// <summary>The same without entering.</summary>
    public SendRefusal? Look(Target target, bool mayProbe)
    {
        if (!_targets.TryGetValue(target.Name, out var live)) return null;
        if (Enter(target, mayProbe, out var permit) is { } refusal) return refusal;
        permit.Exit();
        return null;
    }

    /// <summary>Whether a target may be tried once more by a request that it has just failed.</summary>
    public bool TryRetry(Target target) => !_targets.TryGetValue(target.Name, out var live) || live.Retries.TryTake(_time.GetTimestamp());

    /// <summary>Whether a route none of whose targets may be sent to may try one now.</summary>
    /// <param name="route">Its name; of a pinned target, the target's.</param>
    public bool TryPanic(string route)
    {
        var now = _time.GetTimestamp();
        var next = now + (long)(PanicPeriod.TotalSeconds * _time.TimestampFrequency);
        if (_panics.TryGetValue(route, out var due)) return now >= due && _panics.TryUpdate(route, next, due);
        if (_panics.Count >= MostPanics) ForgetPanics(now);
        return _panics.Count < MostPanics && _panics.TryAdd(route, next);
    }

    /// <summary>Counts an ended attempt. Waits for no other thread while a target answers, and allocates nothing once the window has gone round.</summary>
    /// <param name="sample">What it says.</param>
    /// <param name="permit">What it was entered with: what it was sent to may be another thing by the same name since a reload.</param>
    public void Record(in AttemptSample sample, SendPermit permit = default)
    {
        if ((permit.Live ?? LiveOf(sample.Target)) is not { } live) return;
        var now = _time.GetTimestamp();
        if (live.Record(sample, PeriodAt(now), now)) Volatile.Write(ref _viewDueAt, now);
    }

    /// <summary>Counts what was found of an answer after it had ended.</summary>
    /// <param name="target">The target that answered.</param>
    /// <param name="isSchemaValid">Whether the answer meets the schema it was asked for; null: none was asked for, or it cannot be told.</param>
    /// <param name="toolsSucceeded">Whether its tool calls have the arguments that their tools ask for; null: there were none, or it cannot be told.</param>
    public void Judge(string target, bool? isSchemaValid, bool? toolsSucceeded)
    {
        if (_targets.TryGetValue(target, out var live)) live.Window.Judge(isSchemaValid, toolsSucceeded, PeriodAt(_time.GetTimestamp()));
    }

    /// <summary>Opens or closes a breaker by hand, or lets it do as it does by itself, with nothing that was measured before. Holds until it is taken back, or the process ends.</summary>
    /// <param name="target">A configured target.</param>
    /// <param name="set">What it is to be.</param>
    /// <returns>Whether that is another thing than before.</returns>
    public bool Set(Target target, BreakerOverride set)
    {
        var live = LiveOf(target)!;
        live.Follow(target);
        live.Release();
        bool isAnother;
        lock (_viewGate)
        {
            isAnother = live.Breaker.Set(set);
            if (set == BreakerOverride.None) isAnother |= live.BeginAnew(_time.GetTimestamp());
        }

        if (!isAnother) return false;
        Volatile.Write(ref _viewDueAt, _time.GetTimestamp());
        _ = View;
        return true;
    }

    /// <summary>The figures of several targets taken together; null when nothing is measured of any.</summary>
    public TargetHealth? Together(IReadOnlyCollection<string> targets)
    {
        var period = PeriodAt(_time.GetTimestamp());
        return TargetWindow.Read([.. targets.Select(name => _targets.GetValueOrDefault(name)?.Window).OfType<TargetWindow>()], period, LeastSamples);
    }

    /// <summary>Since when a provider is out; null while it is not.</summary>
    public DateTimeOffset? OutageOf(string provider) => _scopes.TryGetValue(provider, out var scope) ? scope.Out : null;

    /// <summary>What is kept of a target beside its figures; null when nothing is.</summary>
    public TargetLoad? LoadOf(string target) => _targets.TryGetValue(target, out var live)
        ? new TargetLoad(live.Breaker.Override, live.Breaker.Trips, live.Concurrency.Running, live.Concurrency.Limit, live.Retries.Balance, live.Load)
        : null;

    /// <summary>Configured names have no slash.</summary>
    internal static bool IsNamedByClient(string target) => target.Contains('/', StringComparison.Ordinal);

    private long PeriodAt(long timestamp) => Math.Max(0, timestamp - _startedAt) / _ticksPerSlice;

    /// <summary>What is kept of a target, with the scope that it may fail together with.</summary>
    private LiveTarget? LiveOf(Target target)
    {
        if (LiveOf(target.Name) is not { } live) return null;
        if (live.Identity is { } known && (!known.AsSpan(0, Math.Min(known.Length, target.Provider.Name.Length)).SequenceEqual(target.Provider.Name) || known.Length != target.Provider.Name.Length + 1 + target.WireModel.Length || !known.AsSpan(target.Provider.Name.Length + 1).SequenceEqual(target.WireModel)))
        {
            // The name means another one since a reload: what is known of the one before says nothing of it. What an operator has set is about the name.
            var other = new LiveTarget(target.Name, _time, _jitter);
            other.Breaker.SetAs(live.Breaker);
            if (_targets.TryUpdate(target.Name, other, live)) Leave(live);
            if (LiveOf(target.Name) is not { } now) return null;
            live = now;
        }

        if (live.Provider is not { } scope || !scope.IsWhere(target.Provider)) Join(live, target.Provider);
        live.Identity ??= $"{target.Provider.Name}/{target.WireModel}";
        return live;
    }

    /// <summary>Puts a target into the scope of its provider, and that where the configuration says that it is.</summary>
    private void Join(LiveTarget live, Provider provider)
    {
        lock (_viewGate)
        {
            // Vendors that only resemble one have nothing in common.
            var around = provider.CatalogName is { } vendor ? _scopes.GetOrAdd($"{vendor}/{provider.Region}", _ => new OutageScope(provider.Region is { } region ? $"{vendor} in {region}" : vendor, _time) { Place = (vendor, provider.Region) }) : null;
            var scope = live.Provider ?? _scopes.GetOrAdd(provider.Name, _ => new OutageScope(provider.Name, _time));
            scope.Move(around);
            if (live.Provider is not null) return;
            live.Provider = scope;
            scope.Add(live);
        }
    }

    private void Leave(LiveTarget live)
    {
        lock (_viewGate) live.Provider?.Remove(live);
    }

    private LiveTarget? LiveOf(string target)
    {
        if (_targets.TryGetValue(target, out var known)) return known;
        var isNamedByClient = IsNamedByClient(target);
        if (isNamedByClient && Interlocked.Increment(ref _namedByClients) > MostNamedByClients)
        {
            Interlocked.Decrement(ref _namedByClients);
            return _targets.GetValueOrDefault(target); // another thread's, or none
        }

        var added = new LiveTarget(target, _time, _jitter);
        var live = _targets.GetOrAdd(target, added);
        if (isNamedByClient && !ReferenceEquals(live, added)) Interlocked.Decrement(ref _namedByClients);
        return live;
    }

    private void Renew(long now)
    {
        if (!_viewGate.TryEnter()) return;
        List<StandingChange>? changes = null;
        try
        {
            if (now - _viewDueAt < 0) return; // another thread just did
            Volatile.Write(ref _viewDueAt, now + _ticksPerView); // before: what changes meanwhile is looked at the next time
            var before = _view;
            var period = PeriodAt(now);
            var hasMoved = period != _viewPeriod;
            foreach (var (name, scope) in _scopes)
            {
                if (scope.Look(now)) (changes ??= []).Add(new StandingChange(scope.Shown, IsScope: true, scope.IsOut ? OutOf(scope) : TargetStanding.Closed));
                if (hasMoved && scope.IsEmpty) _scopes.TryRemove(name, out _);
            }

            var targets = new Dictionary<string, TargetHealth>(before.Targets.Count + 1, StringComparer.Ordinal);
            var standings = new Dictionary<string, TargetStanding>(before.Standings.Count, StringComparer.Ordinal);
            var isNew = false;
            var standsOtherwise = false;
            foreach (var (name, live) in _targets)
            {
                var known = before.Targets.GetValueOrDefault(name);
                // Asked first: what is added while the window is read is read again the next time.
                var health = live.Window.TakeChanged() || hasMoved ? live.Window.Read(period, LeastSamples) : known;
                if (health == known) health = known; // the same object too
                var standing = live.StandingAt(period, now);
                var isForgotten = health is null && hasMoved && live.IsDisused(now) && live.Breaker.IsClosed && live.Concurrency.Running == 0;
                if (isForgotten) standing = TargetStanding.Closed; // it takes less no longer
                var stood = before.Standings.GetValueOrDefault(name) ?? TargetStanding.Closed;
                if (!standing.DecidesAs(stood))
                {
                    standsOtherwise = true;
                    (changes ??= []).Add(new StandingChange(name, IsScope: false, standing));
                }
                else
                {
                    standing = stood;
                }

                if (!ReferenceEquals(standing, TargetStanding.Closed)) standings.Add(name, standing);
                if (health is not null) targets.Add(name, health);
                else if (isForgotten) Forget(name, live);
                isNew |= !ReferenceEquals(health, known);
            }

            if (isNew || standsOtherwise || targets.Count != before.Targets.Count || standings.Count != before.Standings.Count)
            {
                var stand = standsOtherwise || standings.Count != before.Standings.Count;
                Volatile.Write(ref _view, new HealthView(before.Version + 1, targets.ToFrozenDictionary(StringComparer.Ordinal))
                {
                    Standings = stand ? standings.ToFrozenDictionary(StringComparer.Ordinal) : before.Standings,
                    StandingsVersion = before.StandingsVersion + (stand ? 1 : 0),
                    Loads = _loads,
                });
            }

            _viewPeriod = period;
            if (changes is null || Changed is not { } changed) return;
            foreach (var change in changes) changed(change); // under the gate, so that they are heard in order
        }
        finally
        {
            _viewGate.Exit();
        }
    }

    /// <summary>What may panic again is as good as unknown.</summary>
    private void ForgetPanics(long now)
    {
        foreach (var panic in _panics)
        {
            if (now >= panic.Value) _panics.TryRemove(panic);
        }
    }

    private static TargetStanding OutOf(OutageScope scope) =>
        new(BreakerState.Open, BreakerCause.Outage, FailureClass.VendorOutage, scope.Out ?? default, null, 0) { Scope = scope.Shown };

    private void Forget(string name, LiveTarget live)
    {
        if (!_targets.TryRemove(KeyValuePair.Create(name, live))) return;
        Leave(live);
        if (IsNamedByClient(name)) Interlocked.Decrement(ref _namedByClients);
    }
}

/// <summary>A target's breaker, or what fails together, stands otherwise.</summary>
/// <param name="Name">The target's, or what the scope is called.</param>
/// <param name="IsScope">Whether it is about several targets together.</param>
/// <param name="Standing">How it stands now.</param>
public readonly record struct StandingChange(string Name, bool IsScope, TargetStanding Standing);

/// <summary>What is kept of a target beside its figures.</summary>
/// <param name="Override">What an operator has set its breaker to.</param>
/// <param name="Trips">How often its breaker opened since it was last closed for a minute.</param>
/// <param name="Running">Sends that run.</param>
/// <param name="Limit">How many may run at once; null: any number.</param>
/// <param name="RetryBalance">Retries that it may be sent now.</param>
/// <param name="Load">Its time to the answer as it is now times what it runs, in milliseconds.</param>
public sealed record TargetLoad(BreakerOverride Override, int Trips, int Running, int? Limit, double RetryBalance, double Load);
