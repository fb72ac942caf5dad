using System.Globalization;
using System.Text;
using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Sums the tokens of a ledger, beside a gateway that may be writing it: read only, nothing is made or migrated.</summary>
public static class LedgerUsage
{
    /// <summary>What targets were billed for, by route, target and size of input.</summary>
    /// <param name="path">The database's file.</param>
    /// <param name="from">Attempts that started before it are left out.</param>
    /// <param name="sizes">Sizes of input that are told apart, in order, the smallest first; may be empty.</param>
    /// <exception cref="LedgerException">There is no ledger, or it cannot be read.</exception>
    public static IReadOnlyList<TargetUsage> Read(string path, DateTimeOffset from, IReadOnlyList<long> sizes)
    {
        if (path == SqliteLedgerOptions.InMemory) throw new LedgerException("The ledger is kept in memory; there is none to be read.");
        if (!File.Exists(path)) throw new LedgerException($"There is no ledger at {path} yet.");
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 5 }.ToString());
            connection.Open();
            using var query = connection.CreateCommand();
            query.CommandText = $"""
                SELECT r.route, a.target, {SizeOf(sizes)} AS above, count(*), sum(a.input_tokens), sum(a.cached_input_tokens), sum(a.cache_write_tokens), sum(a.output_tokens),
                       sum(a.reasoning_tokens), sum(a.cache_write_1h_tokens)
                  FROM attempts a JOIN requests r ON r.seq = a.seq / {Columns.AttemptsPerRequest}
                 WHERE a.started_at_us >= $from AND a.usage_source <> 'none'
                 GROUP BY r.route, a.target, above ORDER BY r.route, a.target, above
                """;
            query.Parameters.AddWithValue("$from", Columns.Micros(from));
            using var row = query.ExecuteReader();
            var usage = new List<TargetUsage>();
            while (row.Read())
            {
                usage.Add(new TargetUsage(
                    row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3),
                    new TokenUsage(row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8)) { CacheWriteOneHour = row.GetInt64(9) }));
            }

            return usage;
        }
        catch (SqliteException exception)
        {
            throw new LedgerException($"The ledger at {path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The largest of the sizes that an attempt's input is above; 0 for none.</summary>
    private static string SizeOf(IReadOnlyList<long> sizes)
    {
        if (sizes.Count == 0) return "0";
        var text = new StringBuilder("CASE");
        for (var i = sizes.Count - 1; i >= 0; i--) text.Append(CultureInfo.InvariantCulture, $" WHEN a.input_tokens > {sizes[i]} THEN {sizes[i]}");
        return text.Append(" ELSE 0 END").ToString();
    }
}
