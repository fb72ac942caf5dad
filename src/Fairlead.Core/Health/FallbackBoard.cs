using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Health;

/// <summary>
/// When each target last answered: a fallback that nobody has used for long is not known to work. Kept by the target's name, as long as it means
/// the same model of the same provider; begins with what the ledger tells. An answer that is dated ahead of now, by a clock that was, counts from when it is found to be. Safe for any number of threads.
/// </summary>
/// <param name="time">Where time comes from.</param>
public sealed class FallbackBoard(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Exercise> _answered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _knownSince = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DateTimeOffset At, ProbeOutcome Outcome)> _probed = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, (string Provider, string Model)> _meant = new(StringComparer.Ordinal);

    /// <summary>The targets of a configuration's tiers were there at a time; what was known of them before stays, of a name that means another one now it is forgotten.</summary>
    public void Know(GatewaySnapshot snapshot, DateTimeOffset since)
    {
        foreach (var route in snapshot.Routes)
        {
            foreach (var tier in route.Tiers)
            {
                foreach (var target in tier.Targets)
                {
                    if (!Means(target)) Forget(target.Name);
                    _meant[target.Name] = (target.Provider.Name, target.WireModel);
                    Know(target.Name, since);
                }
            }
        }
    }

    /// <summary>A target was there at a time, be it earlier than what is known.</summary>
    public void Know(string target, DateTimeOffset since)
    {
        if (_knownSince.TryGetValue(target, out var known) && known <= since) return;
        _knownSince.AddOrUpdate(target, static (_, since) => since, static (_, known, since) => since < known ? since : known, since);
    }

    /// <summary>A target answered.</summary>
    /// <param name="target">One that a client thought up is not kept, nor what the name meant before a reload.</param>
    /// <param name="at">When.</param>
    /// <param name="isProbe">Whether nobody but the gateway had asked.</param>
    public void Answered(Target target, DateTimeOffset at, bool isProbe)
    {
        if (target.Name.Contains('/', StringComparison.Ordinal) || !Means(target)) return;
        if (!_answered.TryGetValue(target.Name, out var known)) known = _answered.GetOrAdd(target.Name, static _ => new Exercise());
        known.Set(at, isProbe, time.GetUtcNow());
    }

    /// <summary>A probe of a target has ended.</summary>
    public void Probed(string target, DateTimeOffset at, ProbeOutcome outcome) => _probed[target] = (at, outcome);

    /// <summary>When a target last answered, and whether that was a probe; null: not since anything is known.</summary>
    public (DateTimeOffset At, bool IsProbe)? LastOf(string target) => _answered.TryGetValue(target, out var known) ? known.Last(time.GetUtcNow()) : null;

    /// <summary>When a probe of a target last ended, and how; null: none since the start.</summary>
    public (DateTimeOffset At, ProbeOutcome Outcome)? LastProbeOf(string target) => _probed.TryGetValue(target, out var probe) ? probe : null;

    /// <summary>How long none of the targets of a tier has answered; where none ever has, how long the first of them is known.</summary>
    public TimeSpan UntestedFor(Tier tier)
    {
        DateTimeOffset? last = null;
        DateTimeOffset? known = null;
        foreach (var target in tier.Targets)
        {
            if (LastOf(target.Name) is { At: var at } && !(at <= last)) last = at;
            if (_knownSince.TryGetValue(target.Name, out var since) && !(since >= known)) known = since;
        }

        var untested = (last ?? known) is { } from ? time.GetUtcNow() - from : TimeSpan.Zero;
        return untested < TimeSpan.Zero ? TimeSpan.Zero : untested;
    }

    /// <summary>Targets of tiers that have not answered for a time, the one that has not for longest first.</summary>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="length">The time.</param>
    public ImmutableArray<Target> Untested(GatewaySnapshot snapshot, TimeSpan length)
    {
        var now = time.GetUtcNow();
        return
        [
            .. snapshot.Routes.SelectMany(route => route.Tiers).SelectMany(tier => tier.Targets).Distinct()
                .Select(target => (Target: target, At: LastOf(target.Name)?.At ?? DateTimeOffset.MinValue))
                .Where(one => now - one.At >= length)
                .OrderBy(one => one.At)
                .Select(one => one.Target),
        ];
    }

    /// <summary>Whether a target's name means it, as far as is known.</summary>
    private bool Means(Target target) => !_meant.TryGetValue(target.Name, out var meant) || (meant.Provider == target.Provider.Name && meant.Model == target.WireModel);

    private void Forget(string target)
    {
        _answered.TryRemove(target, out _);
        _knownSince.TryRemove(target, out _);
        _probed.TryRemove(target, out _);
    }

    /// <summary>The time and whether it was a probe in one word, so that the two are never of different answers.</summary>
    private sealed class Exercise
    {
        private long _packed = -1;

        public (DateTimeOffset At, bool IsProbe)? Last(DateTimeOffset now)
        {
            var packed = NotAhead(now);
            return packed < 0 ? null : (new(packed >> 1, TimeSpan.Zero), (packed & 1) != 0);
        }

        public void Set(DateTimeOffset at, bool isProbe, DateTimeOffset now)
        {
            var packed = Pack(at < now ? at : now, isProbe);
            for (var known = NotAhead(now); packed > known;)
            {
                var seen = Interlocked.CompareExchange(ref _packed, packed, known);
                if (seen == known) return;
                known = seen;
            }
        }

        private static long Pack(DateTimeOffset at, bool isProbe) => (at.UtcTicks << 1) | (isProbe ? 1L : 0L);

        /// <summary>What is known, moved to now where it is dated ahead of it.</summary>
        private long NotAhead(DateTimeOffset now)
        {
            var known = Volatile.Read(ref _packed);
            if (known >> 1 <= now.UtcTicks) return known;
            var moved = Pack(now, (known & 1) != 0);
            var seen = Interlocked.CompareExchange(ref _packed, moved, known);
            return seen == known ? moved : seen;
        }
    }
}
