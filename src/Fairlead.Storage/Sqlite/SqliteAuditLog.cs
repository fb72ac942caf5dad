using System.Collections.Immutable;
using System.Text;
using Fairlead.Core.Auditing;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// The audit log, in the ledger's database. A record is on disk when <see cref="AppendAsync"/> completes, however durable the ledger itself is. Another
/// process may append beside a running gateway: both take the database in turns.
/// </summary>
public sealed class SqliteAuditLog : IAuditLog, IAsyncDisposable
{
    /// <summary>SQLite's number for a flush at every commit.</summary>
    private const long Full = 2;

    private readonly SharedConnection _reading;
    private readonly SharedConnection _writing;
    private readonly SqliteConnection? _own; // null: they are the ledger's
    private readonly string? _path; // null: in memory
    private readonly long _synchronous;
    private readonly byte[] _key;
    private readonly TimeProvider _time;

    /// <summary>Over the connections of a ledger, which closes them.</summary>
    /// <param name="reading">For what is read.</param>
    /// <param name="writing">Shared with the ledger's writer.</param>
    /// <param name="path">The file; null in memory.</param>
    /// <param name="synchronous">What the writing connection's <c>synchronous</c> is.</param>
    /// <param name="key">The store's key.</param>
    /// <param name="time">When records are written.</param>
    /// <param name="own">The connection, when it is closed with the log; null when it is the ledger's.</param>
    internal SqliteAuditLog(SharedConnection reading, SharedConnection writing, string? path, long synchronous, StoreKey key, TimeProvider time, SqliteConnection? own = null)
    {
        (_reading, _writing, _path, _synchronous, _time, _own) = (reading, writing, path, synchronous, time, own);
        _key = key.Derive(AuditChain.KeyPurpose);
    }

    /// <summary>A record was written here; those of other processes are not told. Raised on any thread; a handler must not throw and must not wait.</summary>
    public event Action<AuditRecord>? Appended;

    /// <summary>Opens the log in the file of a ledger, beside a gateway that may run.</summary>
    /// <param name="path">The ledger's file.</param>
    /// <param name="key">The store's key.</param>
    /// <param name="time">When records are written.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">There is no such file, or no gateway of this version has opened it yet.</exception>
    public static Task<SqliteAuditLog> OpenAsync(string path, StoreKey key, TimeProvider time, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                var own = LedgerFile.Open(path, SqliteAuditReader.Table, SqliteAuditReader.Contents);
                var shared = new SharedConnection(own, new SemaphoreSlim(1, 1));
                return new SqliteAuditLog(shared, shared, path, Full, key, time, own);
            },
            cancellationToken);

    /// <inheritdoc />
    public async ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        var bytes = Bytes(entry.Action) + Bytes(entry.Actor) + Bytes(entry.Subject) + Bytes(entry.Reason) + Bytes(entry.Detail);
        if (bytes > AuditChain.MostBytes) throw new AuditException($"A record of the audit log may have {AuditChain.MostBytes} bytes of text, and this one has {bytes}.");
        try
        {
            var record = await _writing.RunAsync(
                "written", connection => AuditRows.Add(connection, _synchronous, (number, previous) => AuditChain.Next(number, previous, _time.GetUtcNow(), entry, _key)), cancellationToken).ConfigureAwait(false);
            Appended?.Invoke(record);
        }
        catch (Exception exception) when (exception is LedgerException or InvalidOperationException) // the latter: the ledger is closed
        {
            throw new AuditException("The audit log cannot be written: " + exception.Message, exception);
        }
    }

    /// <summary>Records, the newest first.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="before">Only those of a lower number; null for the newest.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<ImmutableArray<AuditRecord>> ListAsync(int limit, long? before, CancellationToken cancellationToken) =>
        _reading.RunAsync("read", connection => AuditRows.List(connection, limit, before), cancellationToken);

    /// <summary>The record that was written last; null when there is none yet.</summary>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public async ValueTask<AuditRecord?> LastAsync(CancellationToken cancellationToken) => (await ListAsync(1, null, cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    /// <summary>Goes through the whole chain, over a connection of its own where there is a file: for a while nobody else need wait.</summary>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public async ValueTask<AuditVerdict> VerifyAsync(CancellationToken cancellationToken)
    {
        if (_path is not { } path) return await _reading.RunAsync("read", connection => AuditRows.Verify(connection, _key, []), cancellationToken).ConfigureAwait(false);
        await using var reader = await SqliteAuditReader.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        return await reader.VerifyAsync(_key, [], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes what <see cref="OpenAsync"/> opened; a ledger's own goes with the ledger.</summary>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
