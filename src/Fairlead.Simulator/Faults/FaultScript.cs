using System.Collections.Immutable;

namespace Fairlead.Simulator.Faults;

/// <summary>
/// What goes wrong at a vendor, in order: a request suffers the first line that matches it. Safe for any number of threads.
/// </summary>
public sealed class FaultScript
{
    internal const int MaxLines = 1_000;

    private readonly Lock _gate = new();
    private readonly List<Line> _lines = [];
    private readonly TimeProvider _time;
    private readonly ulong _seed;
    private readonly Action _changed;
    private int _lastId;

    internal FaultScript(TimeProvider time, ulong seed, Action changed)
    {
        _time = time;
        _seed = seed;
        _changed = changed;
    }

    /// <summary>The lines in force, in order, with what <c>times</c> has left of them.</summary>
    public ImmutableArray<SimulatedFault> Lines
    {
        get
        {
            lock (_gate) return [.. _lines.Select(line => line.Fault.Times is null ? line.Fault : line.Fault.WithTimes(line.Left))];
        }
    }

    /// <summary>How many more lines it takes.</summary>
    internal int Room
    {
        get
        {
            lock (_gate) return MaxLines - _lines.Count;
        }
    }

    /// <summary>Adds a line at the end. One that concerns the socket is in force when the call returns.</summary>
    /// <exception cref="InvalidOperationException">The script has 1,000 lines already.</exception>
    public void Add(SimulatedFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            if (_lines.Count == MaxLines) throw new InvalidOperationException($"A fault script has at most {MaxLines} lines.");
            var line = new Line(fault, ++_lastId, fault.Times ?? int.MaxValue, _time.GetTimestamp());
            _lines.Add(line);
            if (fault.For is { } length) line.Expiry = _time.CreateTimer(state => Remove((Line)state!), line, length, Timeout.InfiniteTimeSpan);
        }

        if (fault.IsOfTheSocket) _changed();
    }

    /// <summary>Adds a line in its notation.</summary>
    /// <exception cref="FormatException">The line is not a fault.</exception>
    public void Add(string fault) => Add(SimulatedFault.Parse(fault));

    /// <summary>Takes all lines away. Requests that already suffer one go on suffering it.</summary>
    public void Clear()
    {
        bool wasOfTheSocket;
        lock (_gate)
        {
            wasOfTheSocket = _lines.Exists(line => line.Fault.IsOfTheSocket);
            foreach (var line in _lines) line.Expiry?.Dispose();
            _lines.Clear();
        }

        if (wasOfTheSocket) _changed();
    }

    /// <summary>Whether a line with that effect is in force.</summary>
    internal bool Has<T>()
        where T : FaultEffect
    {
        lock (_gate) return _lines.Exists(line => line.Fault.Find<T>() is not null);
    }

    /// <summary>The fault this request suffers, counted off; null for none.</summary>
    internal FaultStrike? Take(long number, string model, string? key)
    {
        lock (_gate)
        {
            foreach (var line in _lines)
            {
                var fault = line.Fault;
                if (fault.IsOfTheSocket) continue;
                if (fault.Model is not null && fault.Model != model) continue;
                if (fault.Key is not null && fault.Key != key) continue;
                if (fault.Share is { } share && SeededDraw.Share(_seed, number, SeededDraw.Fault + line.Id) >= share) continue;
                if (fault.Times is not null && --line.Left == 0)
                {
                    line.Expiry?.Dispose();
                    _lines.Remove(line);
                }

                return FaultStrike.Of(fault, _time.GetElapsedTime(line.AddedAt), SeededDraw.Share(_seed, number, SeededDraw.Overload + line.Id));
            }

            return null;
        }
    }

    private void Remove(Line line)
    {
        bool isRemoved;
        lock (_gate)
        {
            isRemoved = _lines.Remove(line);
            line.Expiry?.Dispose();
        }

        if (isRemoved && line.Fault.IsOfTheSocket) _changed();
    }

    private sealed class Line(SimulatedFault fault, int id, int left, long addedAt)
    {
        public SimulatedFault Fault => fault;

        public int Id => id;

        /// <summary>When it was added, a timestamp of the clock.</summary>
        public long AddedAt => addedAt;

        public int Left { get; set; } = left;

        public ITimer? Expiry { get; set; }
    }
}
