using System.Runtime.CompilerServices;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// The costs of a ledger, read from its file beside the gateway that writes it: what that has committed, which is all but the last
/// hundredth of a second. Used by one caller at a time.
/// </summary>
public sealed class SqliteCosts : IAsyncDisposable
{
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SqliteCosts(SqliteConnection connection, string path) => (_connection, _path) = (connection, path);

    /// <summary>Opens the file of a ledger, to be read only.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">There is no such file, it cannot be read, or no gateway of this version has opened it yet.</exception>
    public static Task<SqliteCosts> OpenAsync(string path, CancellationToken cancellationToken) =>
        Task.Run(() => new SqliteCosts(LedgerFile.OpenToRead(path, "rollups", "rollups of costs"), path), cancellationToken);

    /// <summary>A report.</summary>
    /// <exception cref="CostQueryException">It cannot be made as it is asked for.</exception>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public Task<CostReport> ReportAsync(CostQuery query, CancellationToken cancellationToken) => ReadAsync(connection => CostReader.Report(connection, query), cancellationToken);

    /// <summary>Requests or attempts in the order of their ids, page by page; <see cref="LedgerExport.Columns"/> says what their values are.</summary>
    /// <param name="from">The first time of acceptance.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="areAttempts">Whether attempts are read, a row each, rather than requests.</param>
    /// <param name="cancellationToken">Ends it between two pages.</param>
    /// <exception cref="LedgerException">The file cannot be read.</exception>
    public async IAsyncEnumerable<IReadOnlyList<object?[]>> ExportAsync(DateTimeOffset from, DateTimeOffset until, bool areAttempts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            yield return await ReadAsync(connection => LedgerExport.Page(connection, from, until, areAttempts, ref after), cancellationToken).ConfigureAwait(false);
        }
        while (after is not null);
    }

    /// <summary>Groups of requests with their outcomes, in no order.</summary>
    /// <param name="query">Its limit is not looked at.</param>
    /// <param name="tellsRescued">Whether <see cref="RequestSums.Rescued"/> is counted, which takes longer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CostQueryException">There are too many groups, or requests of that time were removed.</exception>
    /// <exception cref="LedgerException">The file cannot be read, or no gateway of this version has opened it yet.</exception>
    public Task<IReadOnlyCollection<SumsRow>> SumsAsync(CostQuery query, bool tellsRescued, CancellationToken cancellationToken) =>
        ReadAsync(connection => SumsReader.Read(connection, query, tellsRescued, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                return read(_connection);
            }
            catch (SqliteException exception)
            {
                throw LedgerFile.Unreadable(_path, exception);
            }
        },
        cancellationToken);
}
