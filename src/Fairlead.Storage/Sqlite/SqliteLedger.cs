using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>What a ledger is opened with.</summary>
public sealed record SqliteLedgerOptions
{
    /// <summary>The database's file; made, with its folders, when missing. <c>:memory:</c> keeps it in memory, gone when closed.</summary>
    public required string Path { get; init; }

    /// <summary>When a settlement counts as written.</summary>
    public LedgerDurability Durability { get; init; }
}

/// <summary>Sums over the whole ledger.</summary>
/// <param name="Requests">Accepted requests.</param>
/// <param name="Attempts">Upstream sends.</param>
/// <param name="Cost">What they cost, corrections included, as far as it is known.</param>
/// <param name="UnknownCosts">Attempts whose cost is not known.</param>
public sealed record LedgerTotals(long Requests, long Attempts, Usd Cost, long UnknownCosts);

/// <summary>
/// The ledger in SQLite. Appending never waits; groups of records are committed by one writer. Other processes may read the file
/// beside it. Safe for any number of threads.
/// </summary>
public sealed class SqliteLedger : ILedger
{
    private const string Memory = ":memory:";

    private readonly SqliteConnection _writing;
    private readonly SqliteConnection _reading;
    private readonly SemaphoreSlim _readGate;
    private readonly LedgerWriter _writer;
    private readonly bool _isStrict;

    private SqliteLedger(SqliteConnection writing, SqliteConnection reading, SqliteLedgerOptions options, TimeProvider time)
    {
        _writing = writing;
        _reading = reading;
        var writeGate = new SemaphoreSlim(1, 1);
        _readGate = ReferenceEquals(writing, reading) ? writeGate : new SemaphoreSlim(1, 1);
        _writer = new LedgerWriter(writing, writeGate, time);
        _isStrict = options.Durability == LedgerDurability.Strict;
    }

    /// <summary>How many requests were settled as interrupted when the ledger was opened.</summary>
    public int Interrupted { get; private init; }

    /// <summary>Records that are not committed yet.</summary>
    public int Waiting => _writer.Waiting;

    /// <summary>Why the last commit failed; null once one succeeded. Nothing is lost meanwhile, it waits in memory.</summary>
    public string? LastError => _writer.LastError;

    /// <summary>Opens the ledger: makes or migrates its schema, and settles what a crash left open.</summary>
    /// <exception cref="LedgerException">The file is no ledger, is from a newer version, or may not be written.</exception>
    public static Task<SqliteLedger> OpenAsync(SqliteLedgerOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        Task.Run(() => Open(options, time), cancellationToken);

    /// <inheritdoc />
    public void Begin(RequestIntent intent) => _writer.Add(intent);

    /// <inheritdoc />
    /// <remarks>With <see cref="LedgerDurability.Group"/> the task is complete at once.</remarks>
    public ValueTask Settle(RequestRecord record)
    {
        if (_isStrict) return new ValueTask(_writer.AddDurablyAsync(record));
        _writer.Add(record);
        return ValueTask.CompletedTask;
    }

    /// <summary>Completes when everything appended so far is committed.</summary>
    public Task FlushAsync() => _writer.FlushAsync();

    /// <inheritdoc />
    public async ValueTask<StoredRequest?> FindAsync(string id, string tenant, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(connection => LedgerReader.Find(connection, id, tenant), cancellationToken).ConfigureAwait(false);
        if (found?.Record is not null || _writer.Waiting == 0) return found;
        // It may be among those that wait for their group.
        await _writer.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(connection => LedgerReader.Find(connection, id, tenant), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sums over everything appended before the call.</summary>
    public async ValueTask<LedgerTotals> TotalsAsync(CancellationToken cancellationToken)
    {
        await _writer.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(LedgerReader.Totals, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits what waits, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _reading.DisposeAsync().ConfigureAwait(false);
        await _writing.DisposeAsync().ConfigureAwait(false);
    }

    private static SqliteLedger Open(SqliteLedgerOptions options, TimeProvider time)
    {
        var isMemory = options.Path == Memory;
        SqliteConnection? writing = null, reading = null;
        try
        {
            if (!isMemory && Path.GetDirectoryName(Path.GetFullPath(options.Path)) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            writing = Connect(options.Path, SqliteOpenMode.ReadWriteCreate);
            Execute(writing, isMemory ? "PRAGMA synchronous = OFF" : "PRAGMA journal_mode = WAL");
            if (!isMemory) Execute(writing, options.Durability == LedgerDurability.Strict ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            SqliteMigrator.Apply(writing, time);
            var interrupted = InterruptedRequests.Settle(writing, time);
            reading = isMemory ? writing : Connect(options.Path, SqliteOpenMode.ReadWrite);
            if (!isMemory) Execute(reading, "PRAGMA query_only = ON");
            return new SqliteLedger(writing, reading, options, time) { Interrupted = interrupted };
        }
        catch (Exception exception)
        {
            writing?.Dispose();
            reading?.Dispose();
            throw exception switch
            {
                SqliteException { SqliteErrorCode: 26 or 11 } => new LedgerException($"The ledger {options.Path} is damaged or is not a SQLite database; restore it from a backup or move it away.", exception),
                SqliteException or UnauthorizedAccessException or IOException when exception is not LedgerException =>
                    new LedgerException($"The ledger {options.Path} cannot be opened for writing: {exception.Message}", exception),
                _ => exception,
            };
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 1 }.ToString());
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private async ValueTask<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        await _readGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return read(_reading);
        }
        finally
        {
            _readGate.Release();
        }
    }
}
