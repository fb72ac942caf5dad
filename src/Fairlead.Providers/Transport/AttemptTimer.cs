using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;

namespace Fairlead.Providers.Transport;

/// <summary>
/// The clocks of one attempt over one cancellation token. Connect → headers → first token → gap, all under the request's
/// deadline; the first to run out cancels the token and is kept in <see cref="Fired"/>. A client that goes away cancels it too.
/// </summary>
/// <remarks>
/// Costs one timer change at the start of an attempt: a clock that moves later leaves the timer alone, and the callback looks
/// again when it fires. One attempt at a time uses it; the callbacks may come on any thread.
/// </remarks>
public sealed class AttemptTimer : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();

    /// <summary>Over which an answer's pace is taken.</summary>
    private static readonly TimeSpan PaceWindow = TimeSpan.FromSeconds(10);

    /// <summary>Tokens are about four bytes of text each.</summary>
    private const int BytesPerToken = 4;

    private CancellationTokenSource _cancellation = new();
    private CancellationTokenRegistration _clientRegistration;
    private Timeouts _timeouts = Timeouts.Default;
    private bool _isStream;
    private long _startedAt;
    private long _deadlineAt;
    private long _phaseAt;          // when the clock of this phase started
    private AttemptClock _phase;    // the clock of this phase; None while not in use
    private long _paceAt;           // when the present window of the answer's pace began; 0 before the answer
    private long _paceBytes;        // what had come of the answer when it began
    private long _bytes;            // what has come of it
    private long _armedFor;
    private bool _isCancelled;
    private bool _waitsForClient;   // what the vendor sends is not read then
    private bool _isCutOff;

    internal AttemptTimer(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((AttemptTimer)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when a clock runs out or the client goes away.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>The clock that ran out; <see cref="AttemptClock.None"/> while none has.</summary>
    public AttemptClock Fired { get; private set; }

    /// <summary>Whether there was a connection, so that some of the request may have been sent.</summary>
    public bool HasConnected { get; private set; }

    /// <summary>Whether content came more slowly than the floor for a window of ten seconds at least.</summary>
    public bool WasTooSlow { get; private set; }

    /// <summary>How long a stream's content had not come when a clock ran out; no time where the client kept it waiting, or where there was none yet.</summary>
    public TimeSpan Silence { get; private set; }

    /// <summary>Starts the clocks of an attempt.</summary>
    /// <param name="timeouts">The clocks' lengths.</param>
    /// <param name="isStream">A JSON answer has connect, answer, floor and deadline alone.</param>
    /// <param name="deadlineAt">The request's deadline, a timestamp of the time provider.</param>
    /// <param name="clientGone">Cancelled when the client goes away.</param>
    public void Start(Timeouts timeouts, bool isStream, long deadlineAt, CancellationToken clientGone)
    {
        lock (_gate)
        {
            _timeouts = timeouts;
            _isStream = isStream;
            _deadlineAt = deadlineAt;
            _startedAt = _phaseAt = _time.GetTimestamp();
            Fired = AttemptClock.None;
            Silence = TimeSpan.Zero;
            WasTooSlow = HasConnected = false;
            _paceAt = _paceBytes = _bytes = 0;
            _isCancelled = _waitsForClient = false;
            _phase = AttemptClock.Connect;
            Arm(Due().At);
        }

        _clientRegistration = clientGone.UnsafeRegister(static state => ((AttemptTimer)state!).Cancel(), this);
        if (_isCutOff) CutOff();
    }

    /// <summary>The connection is there. Called by the transport, on whatever thread; later calls are ignored.</summary>
    public void Connected() => Enter(AttemptClock.Headers, onlyFrom: AttemptClock.Connect);

    /// <summary>The response headers are there.</summary>
    public void HeadersReceived() => Enter(AttemptClock.FirstToken, onlyFrom: null);

    /// <summary>Meaningful content of a stream came.</summary>
    /// <param name="bytes">How much of it there is so far.</param>
    public void ContentReceived(long bytes)
    {
        lock (_gate)
        {
            Enter(AttemptClock.Gap, onlyFrom: null);
            if (_phase == AttemptClock.None) return;
            _bytes = bytes;
            if (_paceAt == 0) BeginPace();
            else if (_time.GetElapsedTime(_paceAt, _phaseAt) >= PaceWindow) EndPace();
        }
    }

    /// <summary>A piece of a JSON answer came: with the first one its pace begins to count. White space before an answer is none.</summary>
    /// <param name="bytes">How much of it there is so far.</param>
    public void AnswerReceived(long bytes)
    {
        lock (_gate)
        {
            _bytes = bytes;
            if (_paceAt != 0 || _phase == AttemptClock.None) return;
            _phaseAt = _time.GetTimestamp();
            BeginPace();
            Rearm();
        }
    }

    /// <summary>The client keeps the answer waiting: until it does not, only the deadline runs.</summary>
    public void ClientIsWaitedFor()
    {
        lock (_gate) _waitsForClient = true;
    }

    /// <summary>The client kept the answer waiting: what came meanwhile says nothing of the vendor's pace, and its clock begins anew.</summary>
    public void ClientWasWaitedFor()
    {
        lock (_gate)
        {
            _waitsForClient = false;
            if (_phase == AttemptClock.None) return;
            _phaseAt = _time.GetTimestamp();
            if (_paceAt != 0) BeginPace();
            Rearm();
        }
    }

    /// <summary>Cancels what the attempt waits for, as a client does that goes away; no clock has run out.</summary>
    public void Cancel()
    {
        CancellationTokenSource cancellation;
        lock (_gate)
        {
            if (_phase == AttemptClock.None) return;
            _isCancelled = true;
            cancellation = _cancellation;
        }

        cancellation.Cancel();
    }

    /// <summary>Cuts off the attempt that runs, and every one that it is started for from now on: <see cref="AttemptClock.Stop"/> has run out.</summary>
    internal void CutOff()
    {
        CancellationTokenSource cancellation;
        lock (_gate)
        {
            _isCutOff = true;
            if (_phase == AttemptClock.None || Fired != AttemptClock.None) return;
            Fired = AttemptClock.Stop;
            cancellation = _cancellation;
        }

        cancellation.Cancel();
    }

    /// <summary>Ends the attempt: no clock fires any more. Returns whether the token may serve another attempt.</summary>
    public bool Stop()
    {
        _clientRegistration.Dispose();
        lock (_gate)
        {
            _phase = AttemptClock.None;
            // A clock that ran out may be about to cancel this source: it must not meet the next attempt.
            if (Fired == AttemptClock.None && !_isCancelled && _cancellation.TryReset()) return true;
            _cancellation = new CancellationTokenSource();
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _timer.Dispose();
        _cancellation.Dispose();
    }

    private void Enter(AttemptClock phase, AttemptClock? onlyFrom)
    {
        lock (_gate)
        {
            if (_phase == AttemptClock.None || (onlyFrom is { } from && _phase != from)) return;
            HasConnected = true; // every phase after the first has one
            _phase = phase;
            _phaseAt = _time.GetTimestamp();
            Rearm();
        }
    }

    private void Rearm()
    {
        var due = Due().At;
        if (due < _armedFor) Arm(due);
    }

    private void BeginPace() => (_paceAt, _paceBytes) = (_phaseAt, _bytes);

    /// <summary>Whether the window that ends now was slower than the floor; the next one begins.</summary>
    private bool EndPace()
    {
        var now = _time.GetTimestamp();
        var isSlow = _bytes - _paceBytes < _timeouts.Floor * BytesPerToken * _time.GetElapsedTime(_paceAt, now).TotalSeconds;
        WasTooSlow |= isSlow;
        (_paceAt, _paceBytes) = (now, _bytes);
        return isSlow;
    }

    /// <summary>Which clock runs out next, and when.</summary>
    private (AttemptClock Clock, long At) Due()
    {
        var next = (Clock: AttemptClock.Deadline, At: _deadlineAt);
        void Consider(AttemptClock clock, long from, TimeSpan length)
        {
            var at = from + (long)(length.TotalSeconds * _time.TimestampFrequency);
            if (at < next.At) next = (clock, at);
        }

        if (_phase == AttemptClock.Connect) Consider(AttemptClock.Connect, _phaseAt, _timeouts.Connect);
        if (!_isStream)
        {
            if (_timeouts.Answer is { } answer) Consider(AttemptClock.Answer, _startedAt, answer);
            if (_paceAt != 0 && _timeouts.Floor > 0) Consider(AttemptClock.Floor, _paceAt, PaceWindow);
            return next;
        }

        if (_waitsForClient) return next;
        if (_phase == AttemptClock.Headers) Consider(AttemptClock.Headers, _phaseAt, _timeouts.Headers);
        if (_phase == AttemptClock.Gap) Consider(AttemptClock.Gap, _phaseAt, _timeouts.Gap);
        else Consider(AttemptClock.FirstToken, _startedAt, _timeouts.FirstToken);
        return next;
    }

    private void Arm(long at)
    {
        _armedFor = at;
        var left = _time.GetElapsedTime(_time.GetTimestamp(), at);
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        CancellationTokenSource cancellation;
        lock (_gate)
        {
            _armedFor = long.MaxValue;
            if (_phase == AttemptClock.None || Fired != AttemptClock.None) return;
            var due = Due();
            // Timers count whole milliseconds: one that comes a little early is late enough.
            if (due.At - _time.GetTimestamp() > _time.TimestampFrequency / 1000)
            {
                Arm(due.At);
                return;
            }

            if (due.Clock == AttemptClock.Floor && !EndPace())
            {
                Arm(Due().At);
                return;
            }

            Fired = due.Clock;
            if (_phase == AttemptClock.Gap && !_waitsForClient) Silence = _time.GetElapsedTime(_phaseAt, _time.GetTimestamp());
            cancellation = _cancellation;
        }

        cancellation.Cancel();
    }
}

/// <summary>Attempt timers for reuse. Safe for any number of threads.</summary>
/// <param name="time">Where time comes from.</param>
public sealed class AttemptTimerPool(TimeProvider time)
{
    private const int Most = 1024;

    private readonly Lock _gate = new();
    private readonly Stack<AttemptTimer> _idle = new();
    private readonly HashSet<AttemptTimer> _all = [];
    private bool _isCutOff;

    /// <summary>A timer that no attempt uses.</summary>
    public AttemptTimer Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out var timer)) return timer;
            timer = new AttemptTimer(time);
            if (_isCutOff) timer.CutOff();
            else _all.Add(timer);
            return timer;
        }
    }

    /// <summary>Gives a stopped timer back.</summary>
    public void Return(AttemptTimer timer)
    {
        lock (_gate)
        {
            if (_idle.Count < Most)
            {
                _idle.Push(timer);
                return;
            }

            _all.Remove(timer);
        }

        timer.Dispose();
    }

    /// <summary>Cuts off every attempt that runs, and every one that begins from now on.</summary>
    public void CutOff()
    {
        AttemptTimer[] all;
        lock (_gate)
        {
            _isCutOff = true;
            all = [.. _all];
            _all.Clear();
        }

        foreach (var timer in all) timer.CutOff();
    }
}
