using System.Collections.Concurrent;
using Fairlead.Core.Outcomes;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Outcomes, in the ledger's database. Reports that come together share a commit: whoever finds nobody writing writes all that wait. A report is
/// told to be kept only when its commit is done; when the disk refuses, those of the commit are refused, and none of them is there.
/// </summary>
public sealed class SqliteOutcomes : IOutcomeStore
{
    /// <summary>Keeps a commit short, some milliseconds: the ledger's writer waits for it.</summary>
    private const int MostPerCommit = 64;

    /// <summary>How many reports may wait for the disk before more are refused.</summary>
    private const int MostWaiting = 10_000;

    private readonly SharedConnection _writing;
    private readonly LedgerWriter _records;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<Waiting> _queue = new();
    private int _waiting;
    private int _isWriting;

    /// <summary>Over the connection of a ledger, which closes it.</summary>
    /// <param name="writing">Shared with the ledger's writer.</param>
    /// <param name="records">The ledger's writer: a request may still wait in it.</param>
    /// <param name="time">Ends waiting for that.</param>
    internal SqliteOutcomes(SharedConnection writing, LedgerWriter records, TimeProvider time) => (_writing, _records, _time) = (writing, records, time);

    /// <inheritdoc />
    /// <exception cref="LedgerException">
    /// The file cannot be written, too many reports wait for it already, or the request may be among records that cannot be written yet. The report is not kept.
    /// </exception>
    public async ValueTask<StoredOutcome?> ReportAsync(OutcomeReport report, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var mayWait = _records.Waiting > 0; // looked at first: what is committed meanwhile is found
        var kept = await WriteAsync(report).ConfigureAwait(false);
        if (kept is not null || !mayWait) return kept;
        // The request may be among those that wait: to say that there is none would lose the report.
        var flushed = _records.LastError is null ? _records.Flush() : null;
        if (flushed is not null) await Task.WhenAny(flushed, Task.Delay(SqliteLedger.ReadPatience, _time, cancellationToken)).ConfigureAwait(false);
        if (flushed is not { IsCompletedSuccessfully: true }) throw new LedgerException("The request of an outcome may wait to be written.");
        return await WriteAsync(report).ConfigureAwait(false);
    }

    private Task<StoredOutcome?> WriteAsync(OutcomeReport report)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new LedgerException($"{MostWaiting} outcomes wait to be written already.");
        }

        var waiting = new Waiting(report, new TaskCompletionSource<StoredOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously));
        _queue.Enqueue(waiting);
        if (Interlocked.Exchange(ref _isWriting, 1) == 0) _ = WriteAllAsync();
        return waiting.Kept.Task;
    }

    private async Task WriteAllAsync()
    {
        do
        {
            while (Take() is { Count: > 0 } group)
            {
                await WriteAsync(group).ConfigureAwait(false);
                if (!_queue.IsEmpty) await GiveWayAsync().ConfigureAwait(false);
            }

            Interlocked.Exchange(ref _isWriting, 0);
        }
        while (!_queue.IsEmpty && Interlocked.Exchange(ref _isWriting, 1) == 0); // one may have come between the two
    }

    /// <summary>Lets the records of requests be written between two groups: the connection goes to whoever asks for it first, which would always be us.</summary>
    private async Task GiveWayAsync()
    {
        if (_records.Waiting == 0 || _records.LastError is not null) return;
        try
        {
            await Task.WhenAny(_records.Flush(), Task.Delay(SqliteLedger.ReadPatience, _time)).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The ledger closes: its writer takes nothing more, and needs nobody to wait.
        }
    }

    private List<Waiting> Take()
    {
        var group = new List<Waiting>();
        while (group.Count < MostPerCommit && _queue.TryDequeue(out var waiting)) group.Add(waiting);
        return group;
    }

    private async Task WriteAsync(List<Waiting> group)
    {
        try
        {
            var kept = await _writing.RunAsync("written", connection => OutcomeRows.Add(connection, [.. group.Select(waiting => waiting.Report)]), CancellationToken.None).ConfigureAwait(false);
            for (var i = 0; i < group.Count; i++) group[i].Kept.SetResult(kept[i]);
        }
        catch (Exception exception)
        {
            foreach (var waiting in group) waiting.Kept.SetException(exception as LedgerException ?? new LedgerException("The outcome could not be written: " + exception.Message, exception));
        }
        finally
        {
            Interlocked.Add(ref _waiting, -group.Count);
        }
    }

    private readonly record struct Waiting(OutcomeReport Report, TaskCompletionSource<StoredOutcome?> Kept);
}
