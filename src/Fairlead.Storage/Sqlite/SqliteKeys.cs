using System.Collections.Immutable;
using Fairlead.Core.Keys;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// The keys that are made while gateways run, in the ledger's database, over a connection of their own: what is kept is flushed to disk, and asking for
/// the version waits for no record of the ledger. Another process may change them beside a running gateway.
/// </summary>
public sealed class SqliteKeys : IKeyStore, IAsyncDisposable
{
    /// <summary>The table that a ledger with keys has.</summary>
    internal const string Table = "client_keys";

    private readonly SharedConnection _shared;
    private readonly SqliteConnection? _own;

    /// <summary>Over the one connection of a ledger in memory, which closes it.</summary>
    internal SqliteKeys(SharedConnection shared) => _shared = shared;

    private SqliteKeys(SqliteConnection own) => (_own, _shared) = (own, new SharedConnection(own, new SemaphoreSlim(1, 1)));

    /// <summary>Opens the keys of a ledger's file, beside the gateway that serves it, if one does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">There is no such file, or no gateway of this version has opened it yet.</exception>
    public static Task<SqliteKeys> OpenAsync(string path, CancellationToken cancellationToken) => Task.Run(() => Open(path), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<long> VersionAsync(CancellationToken cancellationToken) => _shared.RunAsync("read", KeyRows.Version, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public ValueTask<StoredKeys> ReadAsync(CancellationToken cancellationToken) => _shared.RunAsync("read", KeyRows.Read, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be written.</exception>
    public ValueTask<KeyAddition> AddAsync(StoredKey key, CancellationToken cancellationToken) => _shared.RunAsync("written", connection => KeyRows.Add(connection, key), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be written.</exception>
    public ValueTask<KeyAddition> ReplaceAsync(string id, DateTimeOffset until, StoredKey key, CancellationToken cancellationToken) =>
        _shared.RunAsync("written", connection => KeyRows.Replace(connection, id, until, key), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be written.</exception>
    public async ValueTask RevokeAsync(ImmutableArray<string> ids, DateTimeOffset at, string by, CancellationToken cancellationToken) =>
        await _shared.RunAsync("written", connection => Done(() => KeyRows.Revoke(connection, ids, at, by)), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    /// <exception cref="LedgerException">The file cannot be written.</exception>
    public async ValueTask NoteUseAsync(IReadOnlyList<(string Id, DateTimeOffset At)> uses, CancellationToken cancellationToken) =>
        await _shared.RunAsync("written", connection => Done(() => KeyRows.NoteUse(connection, uses)), cancellationToken).ConfigureAwait(false);

    /// <summary>Closes its own connection; that of a ledger in memory goes with the ledger.</summary>
    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    internal static SqliteKeys Open(string path)
    {
        var connection = LedgerFile.Open(path, Table, "keys");
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous = FULL"; // a revocation holds even where the machine loses power
            command.ExecuteNonQuery();
            return new SqliteKeys(connection);
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw LedgerFile.Unreadable(path, exception);
        }
    }

    private static bool Done(Action work)
    {
        work();
        return true;
    }
}
