using System.Collections.Concurrent;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Takes records from any thread without waiting, and commits them in groups on one thread of its own. What was taken is kept in
/// memory until it is committed: a locked or full disk delays it and loses nothing.
/// </summary>
internal sealed class LedgerWriter : IAsyncDisposable
{
    /// <summary>Between two commits; what a crash may lose is what came in this time and one commit's own.</summary>
    private static readonly TimeSpan GroupInterval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(1);

    private const int MostRecordsPerCommit = 4096;

    /// <summary>Beyond this many waiting records, intents are left out: a settlement carries its intent anyway.</summary>
    private const int MostWaitingIntents = 100_000;

    private readonly SqliteConnection _connection;
    private readonly LedgerStatements _statements;
    private readonly SemaphoreSlim _gate;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<Entry> _waiting = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly HashSet<string> _openIntents = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;
    private TaskCompletionSource _urgent = NewSource();
    private int _isSignalled;
    private int _pending;

    public LedgerWriter(SqliteConnection connection, SemaphoreSlim gate, TimeProvider time)
    {
        _connection = connection;
        _statements = new LedgerStatements(connection);
        _gate = gate;
        _time = time;
        _writing = Task.Run(RunAsync);
    }

    /// <summary>Records that are not committed yet.</summary>
    public int Waiting => Volatile.Read(ref _pending);

    /// <summary>Why the last commit failed; null once one succeeded.</summary>
    public string? LastError { get; private set; }

    public void Add(RequestIntent intent)
    {
        if (Waiting < MostWaitingIntents) Enqueue(new Entry(intent, null, null));
    }

    public void Add(RequestRecord record) => Enqueue(new Entry(null, record, null));

    /// <summary>Completes when the record is on disk.</summary>
    public Task AddDurablyAsync(RequestRecord record) => Urgently(new Entry(null, record, NewSource()));

    /// <summary>Completes when everything added so far is committed.</summary>
    public Task FlushAsync() => Urgently(new Entry(null, null, NewSource()));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Signal();
        await _writing.ConfigureAwait(false);
        _statements.Dispose();
        _stop.Dispose();
        _signal.Dispose();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task Urgently(Entry entry)
    {
        Enqueue(entry);
        Volatile.Read(ref _urgent).TrySetResult();
        return entry.Durable!.Task;
    }

    private void Enqueue(Entry entry)
    {
        Interlocked.Increment(ref _pending);
        _waiting.Enqueue(entry);
        Signal();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _isSignalled, 1) == 0) _signal.Release();
    }

    private async Task RunAsync()
    {
        var batch = new List<Entry>();
        while (true)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            if (!_stop.IsCancellationRequested) await GatherAsync().ConfigureAwait(false);
            Volatile.Write(ref _urgent, NewSource());
            Volatile.Write(ref _isSignalled, 0); // from here on a new record signals again
            while (Take(batch)) await CommitAsync(batch).ConfigureAwait(false);
            if (_stop.IsCancellationRequested && _waiting.IsEmpty) return;
        }
    }

    /// <summary>Lets a group come together, unless somebody waits for it.</summary>
    private async Task GatherAsync()
    {
        var urgent = Volatile.Read(ref _urgent).Task;
        if (urgent.IsCompleted) return;
        await Task.WhenAny(urgent, Task.Delay(GroupInterval, _time, _stop.Token)).ConfigureAwait(false);
    }

    private bool Take(List<Entry> batch)
    {
        batch.Clear();
        while (batch.Count < MostRecordsPerCommit && _waiting.TryDequeue(out var entry)) batch.Add(entry);
        return batch.Count > 0;
    }

    private async Task CommitAsync(List<Entry> batch)
    {
        for (var backOff = TimeSpan.FromMilliseconds(20); ; backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff)
        {
            try
            {
                await _gate.WaitAsync().ConfigureAwait(false);
                try
                {
                    Write(batch);
                }
                finally
                {
                    _gate.Release();
                }

                LastError = null;
                Interlocked.Add(ref _pending, -batch.Count);
                foreach (var entry in batch) entry.Durable?.TrySetResult();
                return;
            }
            catch (SqliteException exception)
            {
                LastError = exception.Message;
                if (_stop.IsCancellationRequested)
                {
                    // Stopping with a disk that refuses: what could not be written is told to those who wait for it.
                    foreach (var entry in batch) entry.Durable?.TrySetException(new LedgerException("The ledger could not be written: " + exception.Message, exception));
                    return;
                }

                await Task.Delay(backOff, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Write(List<Entry> batch)
    {
        // An intent whose settlement is in the same group needs no row of its own while it is open.
        var settled = new HashSet<string>(batch.Count, StringComparer.Ordinal);
        foreach (var entry in batch)
        {
            if (entry.Record is { } record) settled.Add(record.Intent.Id);
        }

        var opened = new List<string>();
        using var transaction = _connection.BeginTransaction();
        foreach (var entry in batch)
        {
            if (entry.Intent is { } intent && !settled.Contains(intent.Id))
            {
                _statements.WriteOpen(transaction, intent);
                opened.Add(intent.Id);
            }
            else if (entry.Record is { } record)
            {
                _statements.Write(transaction, record, isIntentNew: !_openIntents.Contains(record.Intent.Id));
            }
        }

        transaction.Commit();
        _openIntents.ExceptWith(settled);
        _openIntents.UnionWith(opened);
    }

    private readonly record struct Entry(RequestIntent? Intent, RequestRecord? Record, TaskCompletionSource? Durable);
}
