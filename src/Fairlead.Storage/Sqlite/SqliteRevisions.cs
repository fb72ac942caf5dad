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
    private const string Table = "revisions";

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
    public static Task<SqliteRevisions> OpenAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(() => new SqliteRevisions(LedgerFile.OpenToRead(path, Table, Table)), cancellationToken);

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
                using var connection = LedgerFile.OpenToRead(_path, Table, Table);
                try
                {
                    return LedgerReader.Traffic(connection, since, until);
                }
                catch (SqliteException exception)
                {
                    throw LedgerFile.Unreadable(_path, exception);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes what <see cref="OpenAsync"/> opened; a ledger's own goes with the ledger.</summary>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;
}
