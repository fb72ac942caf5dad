using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>A connection that its users take in turns. Safe for any number of threads.</summary>
/// <param name="connection">Used only while the gate is held.</param>
/// <param name="gate">Held by whoever uses the connection.</param>
internal sealed class SharedConnection(SqliteConnection connection, SemaphoreSlim gate)
{
    /// <summary>Runs work over the connection, on a thread of the pool: SQLite is synchronous, and the caller's thread may serve sockets.</summary>
    /// <param name="what">What a failure says cannot be done: <c>read</c>, <c>written</c>.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">The file refuses.</exception>
    public async ValueTask<T> RunAsync<T>(string what, Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => work(connection), cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException exception)
        {
            throw new LedgerException($"The ledger cannot be {what}: {exception.Message}", exception);
        }
        finally
        {
            gate.Release();
        }
    }
}
