using System.Collections.Immutable;
using Fairlead.Core.Revisions;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// The revisions, in the ledger's database. Beside a running gateway another process may read them: <see cref="OpenAsync"/> takes no
/// lock and writes nothing.
/// </summary>
public sealed class SqliteRevisions : IRevisionStore, IAsyncDisposable
{
    private readonly SharedConnection _reading;
    private readonly SharedConnection? _writing;
    private readonly SqliteConnection? _own;
    private readonly string? _path;

    /// <summary>Over the connections of a ledger, which closes them.</summary>
    /// <param name="reading">For what is short.</param>
    /// <param name="writing">Shared with the ledger's writer.</param>
    /// <param name="path">The file, for what takes long; null in memory.</param>
    internal SqliteRevisions(SharedConnection reading, SharedConnection writing, string? path) => (_reading, _writing, _path) = (reading, writing, path);

    private SqliteRevisions(SqliteConnection own) => (_own, _reading) = (own, new SharedConnection(own, new SemaphoreSlim(1, 1)));

    /// <summary>Opens the file of a ledger, to be read only.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">There is no such file, or no gateway of this version has opened it yet.</exception>
    public static Task<SqliteRevisions> OpenAsync(string path, CancellationToken cancellationToken) => Task.Run(() => Open(path), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">It was opened to be read only.</exception>
    public ValueTask<RecordedRevision> RecordAsync(RecordedRevision applied, string content, CancellationToken cancellationToken) =>
        _writing is { } writing
            ? writing.RunAsync("written", connection => RevisionRows.Add(connection, applied, content), cancellationToken)
            : throw new InvalidOperationException("Opened to be read only.");

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<ImmutableArray<RecordedRevision>> ListAsync(int limit, long? before, CancellationToken cancellationToken) =>
        _reading.RunAsync("read", connection => RevisionRows.List(connection, limit, before), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<StoredRevision?> FindAsync(string revision, CancellationToken cancellationToken) =>
        _reading.RunAsync("read", connection => RevisionRows.Find(connection, revision), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public async ValueTask<Traffic> TrafficAsync(DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (_path is null) return await _reading.RunAsync("read", connection => LedgerReader.Traffic(connection, since, until), cancellationToken).ConfigureAwait(false);
        // A week may take seconds to count: nobody who looks up a request is to wait for it.
        return await Task.Run(
            () =>
            {
                using var connection = OpenToRead(_path);
                try
                {
                    return LedgerReader.Traffic(connection, since, until);
                }
                catch (SqliteException exception)
                {
                    throw Unreadable(_path, exception);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes what <see cref="OpenAsync"/> opened; a ledger's own goes with the ledger.</summary>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static SqliteRevisions Open(string path)
    {
        if (!File.Exists(path)) throw new LedgerException($"There is no ledger {path}.");
        var connection = OpenToRead(path);
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'revisions'";
            if ((long)command.ExecuteScalar()! == 0) throw new LedgerException($"The ledger {path} has no revisions: no gateway of this version has served it yet.");
            return new SqliteRevisions(connection);
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw exception is SqliteException ? Unreadable(path, exception) : exception;
        }
    }

    private static SqliteConnection OpenToRead(string path)
    {
        // Reading beside a write-ahead log needs its index, which a connection that may write can make.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA query_only = ON";
            command.ExecuteNonQuery();
            return connection;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw Unreadable(path, exception);
        }
    }

    private static LedgerException Unreadable(string path, Exception exception) => new($"The ledger {path} cannot be read: {exception.Message}", exception);
}
