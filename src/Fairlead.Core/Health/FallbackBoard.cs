using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Health;

/// <summary>
/// When each target last answered: a fallback that nobody has used for long is not known to work. Kept by the target's name; begins with what
/// the ledger tells. Safe for any number of threads.
/// </summary>
/// <param name="time">Where time comes from.</param>
public sealed class FallbackBoard(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Exercise> _answered = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    /// <summary>A target answered.</summary>
    /// <param name="target">Its name; one that a client thought up is not kept.</param>
    /// <param name="at">When.</param>
    /// <param name="isProbe">Whether nobody but the gateway had asked.</param>
    public void Answered(string target, DateTimeOffset at, bool isProbe)
    {
        if (target.Contains('/', StringComparison.Ordinal)) return;
        if (_answered.TryGetValue(target, out var known))
        {
            if (known.At < at) known.Set(at, isProbe);
            return;
        }

        _answered.GetOrAdd(target, static _ => new Exercise()).Set(at, isProbe);
    }

    /// <summary>When a target last answered, and whether that was a probe; null: not since anything is known.</summary>
    public (DateTimeOffset At, bool IsProbe)? LastOf(string target) => _answered.TryGetValue(target, out var known) ? (known.At, known.IsProbe) : null;

    /// <summary>How long none of the targets of a tier has answered; since the start, where none ever has.</summary>
    public TimeSpan UntestedFor(Tier tier)
    {
        var last = DateTimeOffset.MinValue;
        foreach (var target in tier.Targets)
        {
            if (_answered.TryGetValue(target.Name, out var known) && known.At > last) last = known.At;
        }

        var since = time.GetUtcNow() - (last == DateTimeOffset.MinValue ? _startedAt : last);
        return since < TimeSpan.Zero ? TimeSpan.Zero : since;
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
                .Where(target => now - (LastOf(target.Name)?.At ?? DateTimeOffset.MinValue) >= length)
                .OrderBy(target => LastOf(target.Name)?.At ?? DateTimeOffset.MinValue),
        ];
    }

    private sealed class Exercise
    {
        private long _ticks;
        private bool _isProbe;

        public DateTimeOffset At => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

        public bool IsProbe => Volatile.Read(ref _isProbe);

        public void Set(DateTimeOffset at, bool isProbe)
        {
            Volatile.Write(ref _isProbe, isProbe);
            Volatile.Write(ref _ticks, at.UtcTicks);
        }
    }
}
