using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// What costs are summed from beside the rollups, as SQL: a table of facts with <c>at_us</c>, every dimension, and every measure. The rollups give whole
/// quarters of an hour; the rows give what stands before and behind these, and what the rollups do not have yet. Each row counts exactly once, because
/// all is read in one transaction, between watermarks that are read in the same one.
/// </summary>
internal static class CostFacts
{
    /// <summary>The length of a quarter of an hour, in microseconds: days of all time zones are made of whole ones.</summary>
    public const long Quarter = 15 * 60 * 1_000_000L;

    /// <summary>A request's id is made a moment before it is accepted, and clocks are set.</summary>
    private static readonly TimeSpan IdSlack = TimeSpan.FromMinutes(1);

    private static readonly string RequestColumns = string.Join(", ", CostColumns.Request.Select(column => "r." + column));
    private static readonly string AttemptColumns = string.Join(", ", CostColumns.Attempt.Select(column => "a." + column));
    private static readonly string AttemptMeasures = string.Join(", ", CostMeasure.All.Select(measure => $"{measure.OfAttempt} AS {measure.Column}"));
    private static readonly string CorrectionMeasures = string.Join(", ", CostMeasure.All.Select(measure => $"{measure.OfCorrection} AS {measure.Column}"));

    private static readonly string OfAttempts = $"""
        SELECT r.accepted_at_us AS at_us, {RequestColumns}, {AttemptColumns}, r.journey, {AttemptMeasures}
          FROM requests r LEFT JOIN attempts a ON a.seq > r.seq * {Columns.AttemptsPerRequest} AND a.seq < (r.seq + 1) * {Columns.AttemptsPerRequest}
        """;

    // CROSS JOIN keeps the order: corrections are few, and requests many.
    private static readonly string OfCorrections = $"""
        SELECT r.accepted_at_us AS at_us, {RequestColumns}, {AttemptColumns}, r.journey, {CorrectionMeasures}
          FROM corrections c CROSS JOIN requests r ON r.id = c.request_id CROSS JOIN attempts a ON a.seq = r.seq * {Columns.AttemptsPerRequest} + c.attempt_number
        """;

    /// <summary>What the rollups have.</summary>
    /// <param name="Requests">Requests up to this seq.</param>
    /// <param name="Corrections">Corrections up to this id.</param>
    public readonly record struct Watermarks(long Requests, long Corrections);

    /// <summary>What the rollups have; to be read in the transaction that reads them.</summary>
    public static Watermarks RolledUp(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT requests_seq, corrections_id FROM rollup_state";
        using var row = query.ExecuteReader();
        row.Read();
        return new Watermarks(row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>The facts that a step of the rollups is to take in.</summary>
    public static string Between(SqliteCommand query, Watermarks after, Watermarks upTo)
    {
        query.Parameters.AddWithValue("$after", after.Requests);
        query.Parameters.AddWithValue("$upto", upTo.Requests);
        query.Parameters.AddWithValue("$cafter", after.Corrections);
        query.Parameters.AddWithValue("$cupto", upTo.Corrections);
        return $"{OfAttempts} WHERE r.seq > $after AND r.seq <= $upto UNION ALL {OfCorrections} WHERE c.id > $cafter AND c.id <= $cupto";
    }

    /// <summary>The quarters of an hour that lie within a range of time as a whole; none where the end is not behind the beginning.</summary>
    public static (long Begin, long End) Quarters(DateTimeOffset from, DateTimeOffset until) =>
        ((Math.Max(Columns.Micros(from), 0) + Quarter - 1) / Quarter * Quarter, Math.Max(Columns.Micros(until), 0) / Quarter * Quarter);

    /// <summary>The facts of the requests that were accepted in a range of time, but for those that the rollups have of <see cref="Quarters"/>.</summary>
    /// <param name="query">Gets the parameters.</param>
    /// <param name="connection">In the transaction that runs the query.</param>
    /// <param name="from">The first time of acceptance.</param>
    /// <param name="until">The last one, exclusive.</param>
    /// <param name="isRolledUp">Whether rollups may serve: not where something is asked that they do not have.</param>
    public static string Of(SqliteCommand query, SqliteConnection connection, DateTimeOffset from, DateTimeOffset until, bool isRolledUp)
    {
        var (first, last) = (Math.Max(Columns.Micros(from), 0), Math.Max(Columns.Micros(until), 0));
        var (begin, end) = Quarters(from, until);
        query.Parameters.AddWithValue("$from", first);
        query.Parameters.AddWithValue("$until", last);
        if (!isRolledUp) return Join(Rows(query, "all", first, last, ""), Corrections(query, "all_c", first, last, ""));

        var marks = RolledUp(connection);
        query.Parameters.AddWithValue("$rolled", marks.Requests);
        query.Parameters.AddWithValue("$crolled", marks.Corrections);
        const string inTime = "r.accepted_at_us >= $from AND r.accepted_at_us < $until";
        // The unary plus keeps the plan at the index over ids.
        const string rolled = " AND +r.seq <= $rolled", correctionsRolled = " AND +c.id <= $crolled";
        var parts = new List<string>
        {
            $"{OfAttempts} WHERE r.seq > $rolled AND {inTime}",
            $"{OfCorrections} WHERE c.id > $crolled AND {inTime}",
        };
        if (begin >= end)
        {
            parts.Add(Rows(query, "only", first, last, rolled));
            parts.Add(Corrections(query, "only_c", first, last, correctionsRolled));
            return Join([.. parts]);
        }

        if (first < begin)
        {
            parts.Add(Rows(query, "before", first, begin, rolled));
            parts.Add(Corrections(query, "before_c", first, begin, correctionsRolled));
        }

        if (end < last)
        {
            parts.Add(Rows(query, "behind", end, last, rolled));
            parts.Add(Corrections(query, "behind_c", end, last, correctionsRolled));
        }

        return Join([.. parts]);
    }

    private static string Rows(SqliteCommand query, string name, long from, long until, string also) => $"{OfAttempts} WHERE {Accepted(query, name, "r.id", from, until)}{also}";

    private static string Corrections(SqliteCommand query, string name, long from, long until, string also) => $"{OfCorrections} WHERE {Accepted(query, name, "c.request_id", from, until)}{also}";

    /// <summary>Requests of a range of time, by their ids, which sort by it and have an index.</summary>
    private static string Accepted(SqliteCommand query, string name, string id, long from, long until)
    {
        query.Parameters.AddWithValue($"${name}_id", RequestId.First(Earlier(Columns.Time(from))));
        query.Parameters.AddWithValue($"${name}_last_id", RequestId.First(Later(Columns.Time(until))));
        query.Parameters.AddWithValue($"${name}_from", from);
        query.Parameters.AddWithValue($"${name}_until", until);
        return $"{id} >= ${name}_id AND {id} < ${name}_last_id AND r.accepted_at_us >= ${name}_from AND r.accepted_at_us < ${name}_until";
    }

    private static DateTimeOffset Earlier(DateTimeOffset time) => time - DateTimeOffset.UnixEpoch > IdSlack ? time - IdSlack : DateTimeOffset.UnixEpoch;

    private static DateTimeOffset Later(DateTimeOffset time) => DateTimeOffset.MaxValue - time > IdSlack ? time + IdSlack : DateTimeOffset.MaxValue;

    private static string Join(params string[] parts) => string.Join(" UNION ALL ", parts);
}
