using System.Collections.Concurrent;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Takes records from any thread without waiting, and commits them in groups.
///
/// SQLite knows only synchronous calls, and a disk may take its time: the writer has a thread of its own, so that no thread that
/// serves requests is ever held. A group is what came together since the first record of it, for <see cref="GroupInterval"/> at
/// most; somebody who waits for it ends it at once.
///
/// An intent is written with the group after its own, unless its settlement comes first: most requests that are answered at once
/// are then one row, not one that is written, taken away and written anew.
///
/// A record stays in memory until it is committed. A locked, full or read-only disk delays it, with growing pauses, and loses
/// nothing; what SQLite refuses because of the record itself would be refused for ever, so that it is set aside, told to the one
/// who waits for it, and counted, and the others go on.
/// </summary>
internal sealed class LedgerWriter : IAsyncDisposable
{
    /// <summary>
    /// How long a group may come together. A crash loses at most this of settlements and twice this of intents, and what the commit
    /// itself takes: within 20 ms.
    /// </summary>
    internal static readonly TimeSpan GroupInterval = TimeSpan.FromMilliseconds(8);

    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(1);

    /// <summary>How long a stop goes on trying while the disk refuses.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    /// <summary>Keeps a commit short under load: about ten milliseconds of work.</summary>
    private const int MostRecordsPerCommit = 512;

    /// <summary>Beyond this many waiting records intents are left out: a settlement, which is always taken, carries its intent.</summary>
    private const int MostWaitingForIntents = 100_000;

    private readonly LedgerStatements _statements;
    private readonly SemaphoreSlim _gate;
    private readonly TimeProvider _time;
    private readonly Action<string?> _tell;
    private readonly ITimer? _timer;
    private readonly ConcurrentQueue<Entry> _queue = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _ended = NewSource();

    // Of the writer's thread alone.
    private readonly Dictionary<string, RequestIntent> _new = new(StringComparer.Ordinal);   // came with this group
    private readonly Dictionary<string, RequestIntent> _due = new(StringComparer.Ordinal);   // came with the group before
    private readonly Dictionary<string, long> _open = new(StringComparer.Ordinal);           // written
    private readonly List<(string Id, long Open)> _opened = [];                              // written by a commit that is not done yet
    private int _abandoned;

    private volatile bool _isTimeUp;
    private volatile bool _isUrgent;
    private volatile bool _isStopping;
    private volatile bool _isHeldUp;
    private volatile string? _lastError;
    private long _stopAt;
    private int _waiting;
    private long _refused;

    /// <summary>Starts to write over <paramref name="connection"/>.</summary>
    /// <param name="connection">Used only while <paramref name="gate"/> is held.</param>
    /// <param name="gate">Shared with readers of the same connection.</param>
    /// <param name="time">Times groups and back-offs.</param>
    /// <param name="tell">Told why commits begin to fail, and null when they succeed again. Called on the writer's thread; must not throw.</param>
    public LedgerWriter(SqliteConnection connection, SemaphoreSlim gate, TimeProvider time, Action<string?> tell)
    {
        _tell = tell;
        _statements = new LedgerStatements(connection);
        _gate = gate;
        _time = time;
        // The system's clock is waited for by the thread itself: a timer would wake two others first, a hundred times a second.
        if (time != TimeProvider.System) _timer = time.CreateTimer(static state => ((LedgerWriter)state!).TimeIsUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        new Thread(Run) { IsBackground = true, Name = "ledger writer" }.Start();
    }

    /// <summary>Records that are not committed yet.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Records that could not be written because of what they are.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Why the last commit failed; null once one succeeded.</summary>
    public string? LastError => _lastError;

    /// <summary>Whether the last commit failed, and is tried again by and by: not where only a record was refused for what it is.</summary>
    public bool IsHeldUp => _isHeldUp;

    public void Add(RequestIntent intent)
    {
        if (Waiting < MostWaitingForIntents) Enqueue(new Entry(intent, null, null));
    }

    public void Add(RequestRecord record) => Enqueue(new Entry(null, record, null));

    /// <summary>Completes when the record is committed; fails with <see cref="LedgerException"/> when it never can be.</summary>
    public Task AddDurably(RequestRecord record) => EnqueueUrgently(new Entry(null, record, NewSource()));

    /// <summary>Forgets which decisions are written: no row that is written from now on names one of them. The caller holds the gate.</summary>
    public void ForgetDecisions() => _statements.ForgetDecisions();

    /// <summary>Completes when everything added so far is committed.</summary>
    public Task Flush() => EnqueueUrgently(new Entry(null, null, NewSource()));

    /// <summary>Commits what waits, and ends.</summary>
    /// <exception cref="LedgerException">The disk refused until patience ended: records are lost.</exception>
    public async ValueTask DisposeAsync()
    {
        if (!_isStopping)
        {
            Interlocked.Exchange(ref _stopAt, _time.GetTimestamp());
            _isStopping = true;
            _isUrgent = true;
            _wake.Set();
        }

        await _ended.Task.ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task EnqueueUrgently(Entry entry)
    {
        Enqueue(entry);
        _isUrgent = true;
        _wake.Set();
        return entry.Durable!.Task;
    }

    private void Enqueue(Entry entry)
    {
        // Counted before it is queued, so that the writer does not end between the two.
        var waiting = Interlocked.Increment(ref _waiting);
        if (_isStopping)
        {
            Interlocked.Decrement(ref _waiting);
            throw new ObjectDisposedException(nameof(SqliteLedger), "The ledger is closed.");
        }

        _queue.Enqueue(entry);
        if (waiting == 1) _wake.Set();
    }

    private void Run()
    {
        var group = new List<Entry>(MostRecordsPerCommit);
        while (true)
        {
            while (Waiting == 0 && !_isStopping) _wake.WaitOne();
            if (Waiting == 0) break;
            Pause(GroupInterval, isEndedByUrgency: true);
            _isUrgent = _isStopping;
            TakeAndCommit(group);
        }

        _timer?.Dispose();
        _statements.Dispose();
        if (_abandoned == 0) _ended.SetResult();
        else _ended.SetException(new LedgerException($"The ledger was closed while it could not be written ({_lastError}); {_abandoned} records are lost."));
    }

    private void TakeAndCommit(List<Entry> group)
    {
        foreach (var (id, intent) in _new) _due.Add(id, intent);
        _new.Clear();
        // What comes meanwhile is the next group, or each commit would take the few records that came during the last one.
        var left = _queue.Count;
        do
        {
            group.Clear();
            var isAwaited = _isStopping;
            for (; left > 0 && group.Count < MostRecordsPerCommit && _queue.TryDequeue(out var entry); left--)
            {
                isAwaited |= entry.IsMark;
                if (entry.Intent is { } intent) Keep(intent);
                else group.Add(entry);
                if (entry.Record is { } record && (_due.Remove(record.Intent.Id) || _new.Remove(record.Intent.Id))) Interlocked.Decrement(ref _waiting);
            }

            if (left == 0 || isAwaited) AddIntents(group, _due);
            if (isAwaited) AddIntents(group, _new);
            if (group.Count > 0) Commit(group);
        }
        while (left > 0);
    }

    /// <summary>Keeps an intent for the next group. It counts once, and goes on waiting.</summary>
    private void Keep(RequestIntent intent)
    {
        if (_due.ContainsKey(intent.Id) || _open.ContainsKey(intent.Id) || !_new.TryAdd(intent.Id, intent)) Interlocked.Decrement(ref _waiting);
    }

    private static void AddIntents(List<Entry> group, Dictionary<string, RequestIntent> intents)
    {
        foreach (var intent in intents.Values) group.Add(new Entry(intent, null, null));
        intents.Clear();
    }

    private void Pause(TimeSpan time, bool isEndedByUrgency)
    {
        _isTimeUp = false;
        if (isEndedByUrgency && _isUrgent) return;
        if (_timer is null)
        {
            var started = _time.GetTimestamp();
            for (var left = time; left > TimeSpan.Zero && _wake.WaitOne(left); left = time - _time.GetElapsedTime(started))
            {
                if (isEndedByUrgency && _isUrgent) break;
            }

            return;
        }

        _timer.Change(time, Timeout.InfiniteTimeSpan);
        while (!_isTimeUp && !(isEndedByUrgency && _isUrgent)) _wake.WaitOne();
    }

    private void TimeIsUp()
    {
        _isTimeUp = true;
        _wake.Set();
    }

    private void Commit(List<Entry> group)
    {
        for (var backOff = FirstBackOff; ; backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff)
        {
            try
            {
                Write(group);
                break;
            }
            catch (Exception exception) when (!MayPass(exception))
            {
                _isHeldUp = false;
                Note(exception.Message);
                if (group.Count == 1)
                {
                    Interlocked.Increment(ref _refused);
                    End(group, exception);
                }
                else
                {
                    // One record spoils the group: each on its own.
                    foreach (var entry in group) Commit([entry]);
                }

                return;
            }
            catch (Exception exception)
            {
                Note(exception.Message);
                if (_isStopping && _time.GetElapsedTime(Interlocked.Read(ref _stopAt)) >= StopPatience)
                {
                    _abandoned += group.Count(entry => entry.Record is not null || entry.Intent is not null);
                    End(group, exception);
                    return;
                }

                _isHeldUp = true;
                Pause(backOff, isEndedByUrgency: false);
            }
        }

        _isHeldUp = false;
        Note(null);
        End(group, null);
    }

    private void Note(string? error)
    {
        var isNews = error is null != (_lastError is null);
        _lastError = error;
        if (isNews) _tell(error);
    }

    private void End(List<Entry> group, Exception? exception)
    {
        Interlocked.Add(ref _waiting, -group.Count);
        foreach (var entry in group)
        {
            if (exception is null) entry.Durable?.SetResult();
            else entry.Durable?.SetException(new LedgerException("The record could not be written: " + exception.Message, exception));
        }
    }

    /// <summary>Whether the same record may be written later: false only where SQLite objects to the record itself, or we failed.</summary>
    private static bool MayPass(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: not (raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE) };

    private void Write(List<Entry> group)
    {
        _gate.Wait();
        try
        {
            _opened.Clear();
            _statements.Begin();
            foreach (var entry in group)
            {
                if (entry.Record is { } record)
                {
                    if (_open.TryGetValue(record.Intent.Id, out var open)) _statements.Close(open);
                    _statements.Settle(record);
                }
                else if (entry.Intent is { } intent)
                {
                    _opened.Add((intent.Id, _statements.Open(intent)));
                }
            }

            _statements.Commit();
        }
        catch
        {
            _statements.Rollback();
            throw;
        }
        finally
        {
            _gate.Release();
        }

        // Only now: what was rolled back was not written.
        foreach (var entry in group)
        {
            if (entry.Record is { } record) _open.Remove(record.Intent.Id);
        }

        foreach (var (id, open) in _opened) _open[id] = open;
    }

    /// <summary>An intent, a settlement, or neither: a mark that somebody waits for.</summary>
    private readonly record struct Entry(RequestIntent? Intent, RequestRecord? Record, TaskCompletionSource? Durable)
    {
        public bool IsMark => Intent is null && Record is null;
    }
}
