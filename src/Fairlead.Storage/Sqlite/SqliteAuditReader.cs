using System.Collections.Immutable;
using Fairlead.Core.Auditing;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Reads the audit log in a ledger's file, also beside the gateway that writes it. Takes no lock, writes nothing and needs no key.</summary>
public sealed class SqliteAuditReader : IAsyncDisposable
{
    internal const string Table = "audit";
    internal const string Contents = "audit log";

    private readonly SqliteConnection _connection;
    private readonly SharedConnection _reading;

    private SqliteAuditReader(SqliteConnection connection) => (_connection, _reading) = (connection, new SharedConnection(connection, new SemaphoreSlim(1, 1)));

    /// <summary>Opens the file of a ledger.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">There is no such file, it cannot be read, or no gateway of this version has opened it yet.</exception>
    public static Task<SqliteAuditReader> OpenAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(() => new SqliteAuditReader(LedgerFile.OpenToRead(path, Table, Contents)), cancellationToken);

    /// <summary>Goes through the whole chain, as it is at one time.</summary>
    /// <param name="key">The key of the MACs, derived for <see cref="AuditChain.KeyPurpose"/>; null leaves them unchecked.</param>
    /// <param name="checkpoints">What others saw of the chain, authentic.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<AuditVerdict> VerifyAsync(byte[]? key, ImmutableArray<AuditCheckpoint> checkpoints, CancellationToken cancellationToken) =>
        _reading.RunAsync("read", connection => AuditRows.Verify(connection, key, checkpoints), cancellationToken);

    /// <summary>Records, the newest first.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file cannot be read, or a row of it is no record.</exception>
    public ValueTask<ImmutableArray<AuditRecord>> ListAsync(int limit, CancellationToken cancellationToken) =>
        _reading.RunAsync("read", connection => AuditRows.List(connection, limit, null), cancellationToken);

    /// <summary>Hands over every record from the first.</summary>
    /// <param name="take">Takes one after the other.</param>
    /// <param name="cancellationToken">Ends it between two records.</param>
    /// <exception cref="LedgerException">The file cannot be read, or a row of it is no record.</exception>
    public async ValueTask ReadAsync(Action<AuditRecord> take, CancellationToken cancellationToken) => await _reading.RunAsync(
        "read",
        connection =>
        {
            long count = 0;
            foreach (var record in AuditRows.Walk(connection))
            {
                cancellationToken.ThrowIfCancellationRequested();
                take(record ?? throw new LedgerException($"The audit log has something after {count} records that is none: 'fairlead audit verify' says more."));
                count++;
            }

            return count;
        },
        cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
