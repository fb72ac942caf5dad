using System.Collections.Immutable;
using Fairlead.Simulator.Faults;

namespace Fairlead.Simulator.Outages;

/// <summary>
/// Outages that several vendors share, as those do that stand in one place: given to each in its options, it takes all of them down together.
/// Safe for any number of threads.
/// </summary>
/// <param name="time">Its clock, and that of its vendors.</param>
public sealed class OutageSchedule(TimeProvider time)
{
    private const int MaxOutages = 1_000;

    private readonly Lock _gate = new();
    private readonly List<Planned> _planned = [];
    private ImmutableArray<Member> _members = [];

    /// <summary>The outage in force, as it was given; of several the one that was planned first. Null when there is none.</summary>
    public SimulatedFault? Current
    {
        get
        {
            lock (_gate) return _planned.Find(outage => outage.IsInForce)?.Fault;
        }
    }

    /// <summary>The names of its vendors, in the order of their starts, each once.</summary>
    public ImmutableArray<string> Vendors
    {
        get
        {
            lock (_gate) return [.. _members.Select(member => member.Name).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>The timestamp its vendors' own outages count from: models with one vendor's seed are down together.</summary>
    internal long StartedAt { get; } = time.GetTimestamp();

    /// <summary>Takes every vendor down, from now on; done when the call returns.</summary>
    /// <param name="outage">How it shows: <c>refuse</c>, <c>unreachable</c>, <c>black-hole</c> or <c>status</c> from 400; of the scope it takes only <c>for</c>, without which it lasts until <see cref="End"/>.</param>
    /// <exception cref="FormatException">That fault is not an outage.</exception>
    /// <exception cref="InvalidOperationException">There are 1,000 outages already.</exception>
    public void Begin(SimulatedFault outage) => Plan(TimeSpan.Zero, outage);

    /// <summary>Takes every vendor down once that much time has passed.</summary>
    /// <param name="after">How long from now; up to a day.</param>
    /// <param name="outage">As for <see cref="Begin"/>.</param>
    /// <exception cref="FormatException">That fault is not an outage.</exception>
    /// <exception cref="InvalidOperationException">There are 1,000 outages already.</exception>
    public void Plan(TimeSpan after, SimulatedFault outage)
    {
        ArgumentNullException.ThrowIfNull(outage);
        ArgumentOutOfRangeException.ThrowIfLessThan(after, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(after, Durations.Longest);
        Check(outage);
        var planned = new Planned(outage);
        lock (_gate)
        {
            if (_planned.Count == MaxOutages) throw new InvalidOperationException($"A schedule has at most {MaxOutages} outages.");
            _planned.Add(planned);
            if (after > TimeSpan.Zero) planned.Timer = time.CreateTimer(_ => Enter(planned), null, after, Timeout.InfiniteTimeSpan);
        }

        if (after == TimeSpan.Zero) Enter(planned);
    }

    /// <summary>Ends the outages in force; planned ones stay.</summary>
    public void End()
    {
        lock (_gate)
        {
            foreach (var outage in _planned.Where(outage => outage.IsInForce)) outage.Timer?.Dispose();
            _planned.RemoveAll(outage => outage.IsInForce);
        }

        Tell();
    }

    /// <summary>Checks that a fault is an outage.</summary>
    /// <exception cref="FormatException">It is not; the message says why.</exception>
    internal static void Check(SimulatedFault outage)
    {
        if (outage.Effects is not [FaultEffect.Refuse or FaultEffect.Unreachable or FaultEffect.BlackHole or FaultEffect.Status { Code: >= 400 }]) throw new FormatException($"'{outage}' is not an outage: it is refuse, unreachable, black-hole or an error status, alone.");
        if (outage is not { Times: null, Share: null, Model: null, Key: null }) throw new FormatException($"'{outage}': an outage is everyone's; of the scope it takes only 'for'.");
    }

    /// <summary>Adds a vendor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="changed">Called whenever an outage begins or ends, without any lock.</param>
    /// <returns>Takes it out again.</returns>
    internal IDisposable Join(string name, Action changed)
    {
        var member = new Member(this, name, changed);
        lock (_gate) _members = _members.Add(member);
        return member;
    }

    private void Enter(Planned planned)
    {
        lock (_gate)
        {
            planned.IsInForce = true;
            planned.Timer?.Dispose();
            if (planned.Fault.For is { } length) planned.Timer = time.CreateTimer(_ => Leave(planned), null, length, Timeout.InfiniteTimeSpan);
        }

        Tell();
    }

    private void Leave(Planned planned)
    {
        lock (_gate)
        {
            planned.Timer?.Dispose();
            _planned.Remove(planned);
        }

        Tell();
    }

    private void Tell()
    {
        ImmutableArray<Member> members;
        lock (_gate) members = _members;
        foreach (var member in members) member.Changed();
    }

    private sealed class Planned(SimulatedFault fault)
    {
        public SimulatedFault Fault => fault;

        public bool IsInForce { get; set; }

        public ITimer? Timer { get; set; }
    }

    private sealed class Member(OutageSchedule schedule, string name, Action changed) : IDisposable
    {
        public string Name => name;

        public void Changed() => changed();

        public void Dispose()
        {
            lock (schedule._gate) schedule._members = schedule._members.Remove(this);
        }
    }
}
