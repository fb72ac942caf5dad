using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Fairlead.Core.Health;

/// <summary>
/// What is measured of every target: attempts are recorded from any number of threads, and planning reads an immutable view. State in
/// memory, kept by the target's name over reloads; a restart starts with nothing.
/// </summary>
/// <remarks>
/// A view is made anew at most every <see cref="ViewAge"/>, by the first reader that comes after that, and only where something was
/// recorded or has left the window. Other readers do not wait for it: they get the one before. A target without a sample in the window
/// is forgotten, so that those gone from the configuration do not stay; one sample may be lost that comes in that very moment.
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

    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly long _ticksPerSlice;
    private readonly long _ticksPerView;
    private readonly ConcurrentDictionary<string, TargetWindow> _windows = new(StringComparer.Ordinal);
    private readonly Lock _viewGate = new();
    private int _namedByClients;
    private HealthView _view = HealthView.Empty;
    private long _viewDueAt;
    private long _viewPeriod;

    /// <summary>A board without samples.</summary>
    /// <param name="time">Moves the window.</param>
    public HealthBoard(TimeProvider time)
    {
        _time = time;
        _startedAt = time.GetTimestamp();
        _ticksPerSlice = (long)(TargetWindow.SliceLength.TotalSeconds * time.TimestampFrequency);
        _ticksPerView = (long)(ViewAge.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>
    /// Whether some rule reads what is left of a vendor's limit; while none does, nobody need look for it in the headers of an answer.
    /// Set when a configuration is taken.
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

    /// <summary>Counts an ended attempt. Waits for no other thread, and allocates nothing once the window has gone round.</summary>
    public void Record(in AttemptSample sample)
    {
        if (!_windows.TryGetValue(sample.Target, out var window) && (window = Add(sample.Target)) is null) return;
        window.Record(sample, PeriodAt(_time.GetTimestamp()));
    }

    /// <summary>Counts what was found of an answer after it had ended.</summary>
    /// <param name="target">The target that answered.</param>
    /// <param name="isSchemaValid">Whether the answer meets the schema it was asked for; null: none was asked for, or it cannot be told.</param>
    /// <param name="toolsSucceeded">Whether its tool calls have the arguments that their tools ask for; null: there were none, or it cannot be told.</param>
    public void Judge(string target, bool? isSchemaValid, bool? toolsSucceeded)
    {
        if (_windows.TryGetValue(target, out var window)) window.Judge(isSchemaValid, toolsSucceeded, PeriodAt(_time.GetTimestamp()));
    }

    /// <summary>Configured names have no slash.</summary>
    private static bool IsNamedByClient(string target) => target.Contains('/', StringComparison.Ordinal);

    private long PeriodAt(long timestamp) => Math.Max(0, timestamp - _startedAt) / _ticksPerSlice;

    private TargetWindow? Add(string target)
    {
        var isNamedByClient = IsNamedByClient(target);
        if (isNamedByClient && Interlocked.Increment(ref _namedByClients) > MostNamedByClients)
        {
            Interlocked.Decrement(ref _namedByClients);
            return _windows.GetValueOrDefault(target); // another thread's, or none
        }

        var added = new TargetWindow();
        var window = _windows.GetOrAdd(target, added);
        if (isNamedByClient && !ReferenceEquals(window, added)) Interlocked.Decrement(ref _namedByClients);
        return window;
    }

    private void Renew(long now)
    {
        if (!_viewGate.TryEnter()) return;
        try
        {
            if (now - _viewDueAt < 0) return; // another thread just did
            var before = _view;
            var period = PeriodAt(now);
            var hasMoved = period != _viewPeriod;
            var targets = new Dictionary<string, TargetHealth>(before.Targets.Count + 1, StringComparer.Ordinal);
            var isNew = false;
            foreach (var (name, window) in _windows)
            {
                var known = before.Targets.GetValueOrDefault(name);
                // Asked first: what is added while the window is read is read again the next time.
                var health = window.TakeChanged() || hasMoved ? window.Read(period, LeastSamples) : known;
                if (health == known) health = known; // the same object too
                if (health is not null) targets.Add(name, health);
                else if (hasMoved && window.WasUsed) Forget(name, window);
                isNew |= !ReferenceEquals(health, known);
            }

            if (isNew || targets.Count != before.Targets.Count) Volatile.Write(ref _view, new HealthView(before.Version + 1, targets.ToFrozenDictionary(StringComparer.Ordinal)));
            _viewPeriod = period;
            Volatile.Write(ref _viewDueAt, now + _ticksPerView);
        }
        finally
        {
            _viewGate.Exit();
        }
    }

    private void Forget(string name, TargetWindow window)
    {
        if (_windows.TryRemove(KeyValuePair.Create(name, window)) && IsNamedByClient(name)) Interlocked.Decrement(ref _namedByClients);
    }
}
