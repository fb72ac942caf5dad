using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>What the values of an exported column are.</summary>
public enum ExportKind
{
    /// <summary>A text.</summary>
    Text = 0,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A number that is 0 or 1.</summary>
    Flag,

    /// <summary>Microseconds since 1970 in UTC.</summary>
    Time,

    /// <summary>Microseconds.</summary>
    Duration,

    /// <summary>Nano-dollars.</summary>
    Money,

    /// <summary>A JSON object.</summary>
    Json,
}

/// <summary>A column of an export.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What its values are; each may be null.</param>
public sealed record ExportColumn(string Name, ExportKind Kind);

/// <summary>
/// Reads requests or attempts page by page: what is read at once stays small, and no page keeps the database's log from being folded into its file.
/// Used by one thread at a time.
/// </summary>
public static class LedgerExport
{
    private const int RowsPerPage = 1000;

    private const string Corrected = "(SELECT sum(c.cost_nanousd) FROM corrections c WHERE c.request_id = a.request_id AND c.attempt_number = a.number)";

    private const string IsUnknown = "a.cost_nanousd IS NULL AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.request_id = a.request_id AND c.attempt_number = a.number)";

    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    private static readonly (ExportColumn Column, string Expression)[] OfRequest =
    [
        (new("request_id", ExportKind.Text), "r.id"),
        (new("accepted_at", ExportKind.Time), "r.accepted_at_us"),
        (new("tenant", ExportKind.Text), "r.tenant"),
        (new("key", ExportKind.Text), "r.key_name"),
        (new("team", ExportKind.Text), "r.team"),
        (new("feature", ExportKind.Text), "r.feature"),
        (new("user", ExportKind.Text), "r.user"),
        (new("user_tier", ExportKind.Text), "r.user_tier"),
        (new("environment", ExportKind.Text), "r.environment"),
        (new("journey", ExportKind.Text), "r.journey"),
        (new("workload", ExportKind.Text), "r.workload"),
        (new("sensitivity", ExportKind.Text), "r.sensitivity"),
        (new("tags", ExportKind.Json), "r.tags"),
        (new("operation", ExportKind.Text), "r.operation"),
        (new("dialect", ExportKind.Text), "r.dialect"),
        (new("requested_model", ExportKind.Text), "r.requested_model"),
        (new("route", ExportKind.Text), "r.route"),
        (new("revision", ExportKind.Text), "r.revision"),
    ];

    private static readonly (ExportColumn Column, string Expression)[] Requests =
    [
        .. OfRequest,
        (new("stream", ExportKind.Flag), "r.is_stream"),
        (new("ended_at", ExportKind.Time), "r.ended_at_us"),
        (new("outcome", ExportKind.Text), "r.outcome"),
        (new("status", ExportKind.Number), "r.status"),
        (new("failure", ExportKind.Text), "r.failure"),
        (new("tier", ExportKind.Text), "r.tier"),
        (new("target", ExportKind.Text), "r.target"),
        (new("provider", ExportKind.Text), "r.provider"),
        (new("answered_model", ExportKind.Text), "r.answered_model"),
        (new("first_token_ms", ExportKind.Duration), "r.first_token_us"),
        (new("duration_ms", ExportKind.Duration), "r.duration_us"),
        (new("attempts", ExportKind.Number), "count(a.seq)"),
        .. Tokens(column => $"coalesce(sum(a.{column}), 0)"),
        (new("cost_usd", ExportKind.Money), $"CASE WHEN sum({IsUnknown}) = 0 OR (a.seq IS NULL AND r.outcome <> 'interrupted') THEN coalesce(sum(coalesce(a.cost_nanousd, 0) + coalesce({Corrected}, 0)), 0) END"),
        (new("corrections_usd", ExportKind.Money), "coalesce((SELECT sum(c.cost_nanousd) FROM corrections c WHERE c.request_id = r.id), 0)"),
        (new("dearest_cost_usd", ExportKind.Money), "r.dearest_nanousd"),
    ];

    private static readonly (ExportColumn Column, string Expression)[] Attempts =
    [
        .. OfRequest,
        (new("attempt", ExportKind.Number), "a.number"),
        (new("tier", ExportKind.Text), "a.tier"),
        (new("target", ExportKind.Text), "a.target"),
        (new("provider", ExportKind.Text), "a.provider"),
        (new("model", ExportKind.Text), "a.model"),
        (new("started_at", ExportKind.Time), "a.started_at_us"),
        (new("first_token_ms", ExportKind.Duration), "a.first_token_us"),
        (new("duration_ms", ExportKind.Duration), "a.duration_us"),
        (new("failure", ExportKind.Text), "a.failure"),
        (new("upstream_status", ExportKind.Number), "a.upstream_status"),
        (new("upstream_id", ExportKind.Text), "a.upstream_id"),
        .. Tokens(column => "a." + column),
        (new("usage_source", ExportKind.Text), "a.usage_source"),
        (new("cost_usd", ExportKind.Money), $"CASE WHEN NOT ({IsUnknown}) THEN coalesce(a.cost_nanousd, 0) + coalesce({Corrected}, 0) END"),
        (new("corrections_usd", ExportKind.Money), $"coalesce({Corrected}, 0)"),
        (new("cost_basis", ExportKind.Text), "a.cost_basis"),
        (new("price_version", ExportKind.Text), "coalesce((SELECT c.price_version FROM corrections c WHERE c.request_id = a.request_id AND c.attempt_number = a.number ORDER BY c.id DESC LIMIT 1), a.price_version)"),
    ];

    /// <summary>The columns, in the order of the values.</summary>
    /// <param name="areAttempts">Whether attempts are exported, a row each, rather than requests.</param>
    public static IReadOnlyList<ExportColumn> Columns(bool areAttempts) => Array.ConvertAll(areAttempts ? Attempts : Requests, column => column.Column);

    /// <summary>The rows of the requests behind one.</summary>
    /// <param name="connection">The ledger.</param>
    /// <param name="from">The first time of acceptance.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="areAttempts">Whether attempts are read rather than requests.</param>
    /// <param name="after">The request behind which it goes on; null for the first page. Then the last one of the page.</param>
    /// <returns>The values of each row: numbers and texts. None: it is the end.</returns>
    internal static List<object?[]> Page(SqliteConnection connection, DateTimeOffset from, DateTimeOffset until, bool areAttempts, ref string? after)
    {
        using var transaction = connection.BeginTransaction(deferred: true);
        using var page = connection.CreateCommand();
        page.CommandText = $"""
            SELECT id FROM requests WHERE id > $after AND id < $last AND accepted_at_us >= $from AND accepted_at_us < $until ORDER BY id LIMIT 1 OFFSET {RowsPerPage - 1}
            """;
        Bind(page, from, until, after);
        var last = page.ExecuteScalar() as string;
        using var query = connection.CreateCommand();
        var columns = areAttempts ? Attempts : Requests;
        query.CommandText = $"""
            SELECT {string.Join(", ", columns.Select(column => column.Expression))}
              FROM requests r {(areAttempts ? "" : "LEFT ")}JOIN attempts a ON a.seq > r.seq * {Sqlite.Columns.AttemptsPerRequest} AND a.seq < (r.seq + 1) * {Sqlite.Columns.AttemptsPerRequest}
             WHERE r.id > $after AND r.id < $last {(last is null ? "" : "AND r.id <= $page")} AND r.accepted_at_us >= $from AND r.accepted_at_us < $until
             {(areAttempts ? "ORDER BY r.id, a.seq" : "GROUP BY r.id ORDER BY r.id")}
            """;
        Bind(query, from, until, after);
        if (last is not null) query.Parameters.AddWithValue("$page", last);
        using var row = query.ExecuteReader();
        var rows = new List<object?[]>();
        while (row.Read())
        {
            var values = new object?[columns.Length];
            for (var i = 0; i < values.Length; i++) values[i] = row.IsDBNull(i) ? null : row.GetValue(i);
            rows.Add(values);
        }

        after = last;
        return rows;
    }

    private static (ExportColumn, string)[] Tokens(Func<string, string> of) => Array.ConvertAll(
        ["input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens"],
        column => (new ExportColumn(column, ExportKind.Number), of(column)));

    private static void Bind(SqliteCommand query, DateTimeOffset from, DateTimeOffset until, string? after)
    {
        query.Parameters.AddWithValue("$after", after ?? RequestId.First(from - DateTimeOffset.UnixEpoch > IdSlack ? from - IdSlack : DateTimeOffset.UnixEpoch));
        query.Parameters.AddWithValue("$last", RequestId.First(DateTimeOffset.MaxValue - until > IdSlack ? until + IdSlack : DateTimeOffset.MaxValue));
        query.Parameters.AddWithValue("$from", Sqlite.Columns.Micros(from));
        query.Parameters.AddWithValue("$until", Sqlite.Columns.Micros(until));
    }
}
