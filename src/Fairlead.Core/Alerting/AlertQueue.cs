namespace Fairlead.Core.Alerting;

/// <summary>
/// What one who is told of alerts has to be told, and when: one message at a time, in order for each alert. Safe for any number of threads, of which one takes
/// messages.
/// </summary>
/// <remarks>
/// It keeps what the other side knows, not a list of messages: what is sent is the difference to what is so when it is sent. Nothing is told twice, what is
/// over before it was told is not told at all, and the memory is bounded by the alerts that are open. After a failure the next message waits, longer each
/// time, and the one that failed comes after all others, so that a message that is not taken does not hold them up. Alerts of budgets, of which there may be
/// one for every account, come after those of other events; of what has failed and of budgets each has its turn. One that failed for
/// <see cref="GiveUpAfter"/> is given up; an alert that stays open begins anew after as long again, for whoever was away shall hear of it.
/// </remarks>
public sealed class AlertQueue
{
    /// <summary>How long a message is tried.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(10);

    /// <summary>The pause after the first failure, at most; each further one doubles it.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause, but for what the other side asks for.</summary>
    public static readonly TimeSpan MostPause = TimeSpan.FromMinutes(1);

    /// <summary>How often it is looked for alerts that have to be told again.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);

    private readonly AlertBoard _board;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal); // by the alert's id
    private readonly Queue<Entry> _waiting = new();
    private readonly Queue<Entry> _failed = new();
    private readonly Queue<Entry> _ofBudgets = new();
    private bool _isTurnOfFailed;
    private Entry? _sending;
    private int _failures; // one after the other
    private TimeSpan _pause;
    private long _pausedAt;
    private long _lookedAt;

    /// <summary>A queue of one who knows nothing yet.</summary>
    /// <param name="board">What is so.</param>
    /// <param name="time">Where time comes from.</param>
    /// <param name="random">Draws pauses; safe for any number of threads.</param>
    public AlertQueue(AlertBoard board, TimeProvider time, Random random)
    {
        (_board, _time, _random) = (board, time, random);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>How long an alert is open before it is told again. Positive.</summary>
    public TimeSpan Remind { get; set; } = TimeSpan.FromHours(4);

    /// <summary>Whether it is told that an alert is over.</summary>
    public bool TellsResolved { get; set; } = true;

    /// <summary>Messages that are to be sent.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _waiting.Count + _failed.Count + _ofBudgets.Count + (_sending is null ? 0 : 1);
        }
    }

    /// <summary>Takes what has changed.</summary>
    /// <returns>Whether there is something to send.</returns>
    public bool Tell(Alert alert)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(alert.Id, out var entry))
            {
                if (alert.IsResolved) return false; // over before it was told, or told and forgotten
                _entries.Add(alert.Id, entry = new Entry { Alert = alert });
            }
            else if (alert.IsResolved)
            {
                entry.TriedSince = null; // another message
            }

            entry.Alert = alert;
            return Enqueue(entry);
        }
    }

    /// <summary>Forgets alerts that are not to be told any more.</summary>
    public void Forget(Func<Alert, bool> isForgotten)
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values)
            {
                if (isForgotten(entry.Alert)) _entries.Remove(entry.Alert.Id); // what waits of them is passed over
            }
        }
    }

    /// <summary>The next message that is due, to be sent now and then <see cref="Ended"/>: an alert as it is. Null while there is none.</summary>
    /// <param name="wait">How long it is until there may be one, unless something changes; null: until something changes.</param>
    public Alert? Take(out TimeSpan? wait)
    {
        // What it has come to meanwhile, a count and a text, is asked outside of our lock: the board tells us under its own.
        if (TakeDue(out wait) is not { } due) return null;
        return !due.IsResolved && _board.Find(due.Event, due.Subject) is { } now && now.Id == due.Id ? now : due;
    }

    /// <summary>Says how the message was taken that was taken last.</summary>
    /// <param name="delivery">How.</param>
    /// <param name="retryAfter">How long the other side asks to be left alone; null when it does not.</param>
    /// <returns>Whether the message is given up: it is not known there, and not tried again for now.</returns>
    public bool Ended(AlertDelivery delivery, TimeSpan? retryAfter = null)
    {
        lock (_gate)
        {
            var entry = _sending ?? throw new InvalidOperationException("No message is sent.");
            _sending = null;
            if (delivery is AlertDelivery.Taken or AlertDelivery.Refused)
            {
                (_failures, _pause) = (0, TimeSpan.Zero);
                entry.IsKnown |= delivery == AlertDelivery.Taken;
                Close(entry, isGivenUp: false);
                return delivery == AlertDelivery.Refused;
            }

            entry.MayBeKnown |= delivery == AlertDelivery.Unknown;
            _pausedAt = _time.GetTimestamp();
            _pause = NextPause(retryAfter);
            var left = GiveUpAfter - (entry.TriedSince is { } since ? _time.GetElapsedTime(since, _pausedAt) : TimeSpan.Zero);
            if (left > TimeSpan.Zero)
            {
                if (_pause > left) _pause = left; // once more, however long the other side asks to be left alone
                Enqueue(entry);
                return false;
            }

            Close(entry, isGivenUp: true);
            return true;
        }
    }

    /// <summary>Leaves out the pause: the last chance before the end.</summary>
    public void Hurry()
    {
        lock (_gate) _pause = TimeSpan.Zero;
    }

    private Alert? TakeDue(out TimeSpan? wait)
    {
        lock (_gate)
        {
            if (_sending is not null) throw new InvalidOperationException("One message is sent at a time.");
            if (_time.GetElapsedTime(_lookedAt) >= LookEvery) Look();
            while (Next() is var queue && queue.TryPeek(out var entry))
            {
                var left = _pause - _time.GetElapsedTime(_pausedAt);
                if (_pause > TimeSpan.Zero && left > TimeSpan.Zero)
                {
                    wait = left;
                    return null;
                }

                queue.Dequeue();
                _isTurnOfFailed = queue == _ofBudgets;
                entry.IsWaiting = false;
                if (!IsDue(entry)) continue;
                entry.TriedSince ??= _time.GetTimestamp();
                (_sending, entry.Sent) = (entry, entry.Alert);
                wait = null;
                return entry.Alert;
            }

            wait = _entries.Count == 0 ? null : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (LookEvery - _time.GetElapsedTime(_lookedAt)).Ticks));
            return null;
        }
    }

    /// <summary>The queue whose turn it is.</summary>
    private Queue<Entry> Next() =>
        _waiting.Count > 0 ? _waiting : _failed.Count > 0 && (_isTurnOfFailed || _ofBudgets.Count == 0) ? _failed : _ofBudgets;

    /// <summary>What was sent last needs no further try.</summary>
    private void Close(Entry entry, bool isGivenUp)
    {
        entry.TriedSince = null;
        entry.ClosedAt = _time.GetTimestamp();
        (entry.Closed, entry.IsGivenUp) = (entry.Sent!.Severity, isGivenUp);
        if (entry.Sent.IsResolved) _entries.Remove(entry.Sent.Id);
        else Enqueue(entry); // should it have gone on meanwhile
    }

    /// <summary>Whether something of it waits now.</summary>
    private bool Enqueue(Entry entry)
    {
        if (entry.IsWaiting) return true;
        if (ReferenceEquals(entry, _sending) || !IsDue(entry)) return false; // what is sent now is looked at again when it has ended
        entry.IsWaiting = true;
        (entry.TriedSince is not null ? _failed : entry.Alert.Event == AlertEvent.Budget ? _ofBudgets : _waiting).Enqueue(entry);
        return true;
    }

    /// <summary>Whether there is something to tell. Forgets an alert of which there never will be.</summary>
    private bool IsDue(Entry entry)
    {
        if (!_entries.ContainsKey(entry.Alert.Id)) return false;
        if (!entry.Alert.IsResolved) return entry.Closed is not { } closed || entry.Alert.Severity > closed;
        if (TellsResolved && (entry.IsKnown || entry.MayBeKnown)) return true;
        _entries.Remove(entry.Alert.Id);
        return false;
    }

    /// <summary>Looks for alerts that have been open for long.</summary>
    private void Look()
    {
        _lookedAt = _time.GetTimestamp();
        foreach (var entry in _entries.Values)
        {
            if (entry.Closed is null || entry.IsWaiting || ReferenceEquals(entry, _sending)) continue;
            var due = entry.IsGivenUp && GiveUpAfter < Remind ? GiveUpAfter : Remind;
            if (_time.GetElapsedTime(entry.ClosedAt) < due) continue;
            entry.Closed = null;
            Enqueue(entry);
        }
    }

    /// <summary>Between half and the whole of a time that doubles, so that many gateways do not come back at the same moment.</summary>
    private TimeSpan NextPause(TimeSpan? retryAfter)
    {
        var whole = TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << _failures, MostPause.Ticks));
        if (_failures < 10) _failures++;
        var pause = whole * (0.5 + (_random.NextDouble() / 2));
        return retryAfter is { } asked && asked > pause ? TimeSpan.FromTicks(Math.Min(asked.Ticks, GiveUpAfter.Ticks)) : pause;
    }

    private sealed class Entry
    {
        /// <summary>What is so.</summary>
        public required Alert Alert { get; set; }

        /// <summary>What was sent last; null before the first.</summary>
        public Alert? Sent { get; set; }

        /// <summary>As how urgent it needs no further try; null while it does.</summary>
        public AlertSeverity? Closed { get; set; }

        /// <summary>When that came to be.</summary>
        public long ClosedAt { get; set; }

        /// <summary>Whether it was given up, and so begins anew sooner than it is reminded of.</summary>
        public bool IsGivenUp { get; set; }

        public bool IsWaiting { get; set; }

        /// <summary>Whether the other side has been told of it.</summary>
        public bool IsKnown { get; set; }

        /// <summary>Whether the other side may have been told of it though no answer came.</summary>
        public bool MayBeKnown { get; set; }

        /// <summary>When the message that is due was tried first; null when it was not.</summary>
        public long? TriedSince { get; set; }
    }
}
