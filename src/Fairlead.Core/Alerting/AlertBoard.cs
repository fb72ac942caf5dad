using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Core.Alerting;

/// <summary>
/// What is wrong now, and was a while ago. Parts that find something out raise and resolve, as often as they like and on the request path; who tells
/// people about it hears only what is new. State in memory: a restart begins with nothing. Safe for any number of threads.
/// </summary>
/// <remarks>
/// One alert is open for each event and subject. Raising it again counts, and changes what is said of it; only a greater urgency is news. Resolving waits
/// for <see cref="Hold"/>: what comes back within it is the same alert, so that what flaps is told once, and ends when it has been well for so long.
/// </remarks>
public sealed class AlertBoard : IDisposable
{
    /// <summary>Alerts of one event that are open at a time: more is a storm, in which the first two thousand say enough, and which takes no other event's room.</summary>
    public const int MostOpen = 2_000;

    /// <summary>Resolved alerts that are remembered, the latest.</summary>
    public const int MostRecent = 200;

    /// <summary>Characters of a subject; what is longer is cut.</summary>
    public const int MostSubject = 256;

    /// <summary>Characters of a text; what is longer is cut.</summary>
    public const int MostText = 1000;

    /// <summary>How long an alert must be well before it is over, unless something else is said.</summary>
    public static readonly TimeSpan DefaultHold = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<(AlertEvent, string), OpenAlert> _open = [];
    private readonly LinkedList<OpenAlert> _ending = []; // all wait equally long: the first is due first
    private readonly Queue<Alert> _recent = new(MostRecent);
    private readonly int[] _openOf = new int[AlertEvents.Names.Length];
    private long _refused;
    private long _number;

    /// <summary>A board without alerts.</summary>
    /// <param name="time">Where time comes from.</param>
    /// <param name="hold">How long an alert must be well before it is over; null: <see cref="DefaultHold"/>. Not negative.</param>
    public AlertBoard(TimeProvider time, TimeSpan? hold = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hold ?? DefaultHold, TimeSpan.Zero);
        (_time, Hold) = (time, hold ?? DefaultHold);
        _timer = time.CreateTimer(static state => ((AlertBoard)state!).EndDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// An alert has begun, has become more urgent or is over. Raised one after the other, in order, on the thread that brought it about; a handler must not
    /// throw, wait, or take long.
    /// </summary>
    public event Action<Alert>? Changed;

    /// <summary>How long an alert must be well before it is over.</summary>
    public TimeSpan Hold { get; }

    /// <summary>Alerts that were not taken because <see cref="MostOpen"/> of their event were open.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>All that are open, the oldest first.</summary>
    public ImmutableArray<Alert> Open
    {
        get
        {
            lock (_gate) return [.. _open.Values.OrderBy(alert => alert.Number).Select(alert => alert.Now)];
        }
    }

    /// <summary>Those that are over, the latest first.</summary>
    public ImmutableArray<Alert> Recent
    {
        get
        {
            lock (_gate) return [.. _recent.Reverse()];
        }
    }

    /// <summary>The open alerts of an event that were not raised for a time, the oldest first.</summary>
    /// <param name="what">The event.</param>
    /// <param name="span">The time.</param>
    public ImmutableArray<Alert> QuietFor(AlertEvent what, TimeSpan span)
    {
        lock (_gate)
        {
            return [.. _open.Values.Where(alert => alert.Now.Event == what && _time.GetElapsedTime(alert.RaisedAtTimestamp) >= span).OrderBy(alert => alert.Number).Select(alert => alert.Now)];
        }
    }

    /// <summary>How many alerts of an event are open. Waits for nobody.</summary>
    public int CountOpen(AlertEvent what) => Volatile.Read(ref _openOf[(int)what]);

    /// <summary>The open alert of an event and a subject, one that may soon be over included; null when there is none.</summary>
    public Alert? Find(AlertEvent what, string subject)
    {
        lock (_gate) return _open.GetValueOrDefault((what, Cut(subject, MostSubject)))?.Now;
    }

    /// <summary>Tells all that are open, the oldest first, while nothing else changes: who begins to follow <see cref="Changed"/> misses nothing, and hears nothing old after something new.</summary>
    /// <param name="tell">Must not throw, wait, or take long.</param>
    public void TellOpen(Action<Alert> tell)
    {
        lock (_gate)
        {
            foreach (var alert in _open.Values.OrderBy(alert => alert.Number)) tell(alert.Now);
        }
    }

    /// <summary>Says that something is wrong; as often as that is found.</summary>
    /// <param name="what">What it is about.</param>
    /// <param name="subject">Whom or what it concerns: names from the configuration, never a client's text beyond that.</param>
    /// <param name="text">One sentence for a person on call, with the figures that matter. No secret, no prompt, no vendor's words.</param>
    /// <param name="severity">How urgent it is now.</param>
    public void Raise(AlertEvent what, string subject, string text, AlertSeverity severity)
    {
        var name = Cut(subject, MostSubject);
        lock (_gate)
        {
            var at = _time.GetUtcNow();
            if (_open.TryGetValue((what, name), out var known))
            {
                if (known.Ending is { } ending)
                {
                    _ending.Remove(ending);
                    known.Ending = null;
                }

                var isMoreUrgent = severity > known.Now.Severity;
                known.Now = known.Now with { Severity = isMoreUrgent ? severity : known.Now.Severity, Text = Cut(text, MostText), Count = known.Now.Count + 1, At = at };
                known.RaisedAtTimestamp = _time.GetTimestamp();
                if (isMoreUrgent) Changed?.Invoke(known.Now);
                return;
            }

            if (_openOf[(int)what] >= MostOpen && !EndFirst(what))
            {
                Interlocked.Increment(ref _refused);
                return;
            }

            var number = ++_number;
            var alert = new Alert
            {
                Id = IdOf(what, name, at, number),
                Event = what,
                Subject = name,
                Severity = severity,
                Text = Cut(text, MostText),
                Count = 1,
                Since = at,
                At = at,
            };
            _open.Add((what, name), new OpenAlert(number) { Now = alert, RaisedAtTimestamp = _time.GetTimestamp() });
            _openOf[(int)what]++;
            Changed?.Invoke(alert);
        }
    }

    /// <summary>Says that it is well again; nothing follows where no such alert is open. It is over once it has been well for <see cref="Hold"/>.</summary>
    /// <param name="what">What it was about.</param>
    /// <param name="subject">Whom or what it concerned.</param>
    /// <param name="text">One sentence for a person on call.</param>
    public void Resolve(AlertEvent what, string subject, string text)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue((what, Cut(subject, MostSubject)), out var known) || known.Ending is not null) return;
            known.ResolvedAt = _time.GetUtcNow();
            known.ResolvedAtTimestamp = _time.GetTimestamp();
            known.ResolvedText = Cut(text, MostText);
            known.Ending = _ending.AddLast(known);
            if (Hold == TimeSpan.Zero) End(known.Ending);
            else if (_ending.Count == 1) _timer.Change(Hold, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends nothing any more.</summary>
    public void Dispose() => _timer.Dispose();

    private static string Cut(string text, int most)
    {
        if (text.Length <= most) return text;
        return text[..(char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1)] + "…";
    }

    /// <summary>Not a number alone: two gateways, or one before and after a restart, must not call different alerts the same.</summary>
    private static string IdOf(AlertEvent what, string subject, DateTimeOffset since, long number)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{AlertEvents.NameOf(what)}\n{subject}\n{since.UtcTicks}\n{number}");
        return "alert-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
    }

    private void EndDue()
    {
        lock (_gate)
        {
            while (_ending.First is { } first)
            {
                var left = Hold - _time.GetElapsedTime(first.Value.ResolvedAtTimestamp);
                if (left > TimeSpan.Zero)
                {
                    _timer.Change(left, Timeout.InfiniteTimeSpan);
                    return;
                }

                End(first);
            }
        }
    }

    /// <summary>Ends the alert of an event that has been well for longest; false when none is well.</summary>
    private bool EndFirst(AlertEvent what)
    {
        for (var next = _ending.First; next is not null; next = next.Next)
        {
            if (next.Value.Now.Event != what) continue;
            End(next);
            return true;
        }

        return false;
    }

    private void End(LinkedListNode<OpenAlert> ending)
    {
        var known = ending.Value;
        _ending.Remove(ending);
        _open.Remove((known.Now.Event, known.Now.Subject));
        _openOf[(int)known.Now.Event]--;
        var alert = known.Now with { Text = known.ResolvedText, At = known.ResolvedAt, IsResolved = true };
        if (_recent.Count == MostRecent) _recent.Dequeue();
        _recent.Enqueue(alert);
        Changed?.Invoke(alert);
    }

    private sealed class OpenAlert(long number)
    {
        /// <summary>Its place among all that began.</summary>
        public long Number => number;

        public required Alert Now { get; set; }

        /// <summary>When it was raised last; a wall clock may be set.</summary>
        public required long RaisedAtTimestamp { get; set; }

        /// <summary>Its place among those that may soon be over; null while it is not well.</summary>
        public LinkedListNode<OpenAlert>? Ending { get; set; }

        public DateTimeOffset ResolvedAt { get; set; }

        public long ResolvedAtTimestamp { get; set; }

        public string ResolvedText { get; set; } = "";
    }
}
