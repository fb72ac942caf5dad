using System.Collections.Immutable;
using System.Text;
using Fairlead.Core.Ledger;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Sums up what requests cost. Used by one thread at a time.</summary>
internal static class CostReader
{
    /// <summary>So that a report by user and hour of a busy year ends in an error, and not in a gateway without memory.</summary>
    private const int MostGroups = 200_000;

    private static readonly int Cost = Array.FindIndex(CostMeasure.All, measure => measure.Column == "cost_nanousd");
    private static readonly CostMeasure[] CostAlone = [CostMeasure.All[Cost]];

    /// <summary>What was spent in a range of time, by group.</summary>
    public static List<SpentRow> Spent(SqliteConnection connection, DateTimeOffset from, DateTimeOffset until, IReadOnlyList<CostDimension> groupBy)
    {
        var spent = new List<SpentRow>();
        foreach (var (values, sums) in Sums(connection, new CostQuery { From = from, Until = until, By = [.. groupBy] }, CostAlone, int.MaxValue)) // a budget may be kept for any number of users
        {
            if (sums[0] != 0) spent.Add(new SpentRow([.. values.Values], new Usd(sums[0])));
        }

        return spent;
    }

    /// <summary>A report.</summary>
    /// <exception cref="CostQueryException">It cannot be made as it is asked for.</exception>
    public static CostReport Report(SqliteConnection connection, CostQuery query)
    {
        var groups = Sums(connection, query, CostMeasure.All, MostGroups);
        var total = new long[CostMeasure.All.Length];
        foreach (var sums in groups.Values) Add(total, sums);
        if (query.By.IsEmpty) return new CostReport([], null, 0, CostMeasure.Sums(total));

        var period = query.By.AsSpan().IndexOfAnyPeriod();
        var sorted = groups.OrderBy(group => period < 0 ? null : CostPeriods.OrderOf(query.By[period].Period!.Value, group.Key.Values[period]!), StringComparer.Ordinal)
            .ThenByDescending(group => group.Value[Cost]).ThenBy(group => group.Key, Group.ByName).ToList();
        var rows = sorted.Take(query.Limit).Select(group => new CostRow([.. group.Key.Values], CostMeasure.Sums(group.Value))).ToImmutableArray();
        if (sorted.Count <= query.Limit) return new CostReport(rows, null, 0, CostMeasure.Sums(total));
        var others = new long[CostMeasure.All.Length];
        foreach (var (_, sums) in sorted.Skip(query.Limit)) Add(others, sums);
        return new CostReport(rows, CostMeasure.Sums(others), sorted.Count - rows.Length, CostMeasure.Sums(total));
    }

    private static Dictionary<Group, long[]> Sums(SqliteConnection connection, CostQuery asked, CostMeasure[] measures, int most)
    {
        var periods = asked.By.Count(dimension => dimension.Period is not null);
        if (periods > 1) throw new CostQueryException("A report has one of hour, day and month at most.");
        using var transaction = connection.BeginTransaction(deferred: true);
        using var query = connection.CreateCommand();
        var isRolledUp = !asked.By.Concat(asked.Where.Select(filter => filter.Dimension)).Contains(CostDimension.Journey);
        if (!isRolledUp) KeptRequests.Require(connection, asked.From);
        var facts = CostFacts.Of(query, connection, asked.From, asked.Until, isRolledUp);
        var sql = new StringBuilder("SELECT ");
        for (var i = 0; i < asked.By.Length; i++) sql.Append(Expression(query, asked.By[i], "$by" + i.ToString(null, null))).Append(", ");
        sql.AppendJoin(", ", measures.Select(measure => $"sum({measure.Column})")).Append(" FROM (").Append(facts).Append(')').Append(Filter(query, asked.Where));
        sql.Append(asked.By.IsEmpty ? " HAVING count(*) > 0" : " GROUP BY ").AppendJoin(", ", Enumerable.Range(1, asked.By.Length));
        query.CommandText = sql.ToString();

        var groups = new Dictionary<Group, long[]>();
        var names = new Dictionary<long, string>();
        if (isRolledUp) AddRolledUp(connection, asked, measures, most, NameOf, groups);
        using var row = query.ExecuteReader();
        while (row.Read())
        {
            var values = new string?[asked.By.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = row.IsDBNull(i) ? null : asked.By[i].Period is { } period ? NameOf(period, row.GetInt64(i)) : row.GetString(i);
            }

            var sums = SumsOf(groups, values, measures.Length, most);
            for (var i = 0; i < sums.Length; i++) sums[i] = Plus(sums[i], row.GetInt64(values.Length + i));
        }

        return groups;

        string NameOf(CostPeriod period, long quarter)
        {
            if (!names.TryGetValue(quarter, out var name)) names.Add(quarter, name = CostPeriods.NameOf(period, Columns.Time(quarter * CostFacts.Quarter), asked.Zone));
            return name;
        }
    }

    /// <summary>
    /// Adds what the rollups have. They are summed up here: SQLite would sort every one of them, with all its measures, to bring groups together.
    /// </summary>
    private static void AddRolledUp(SqliteConnection connection, CostQuery asked, CostMeasure[] measures, int most, Func<CostPeriod, long, string> nameOf, Dictionary<Group, long[]> groups)
    {
        var (begin, end) = CostFacts.Quarters(asked.From, asked.Until);
        if (begin >= end) return;
        var period = asked.By.AsSpan().IndexOfAnyPeriod();
        var none = new string?[asked.By.Length];
        // Where nothing but time is told apart, nobody has to look at what the rollups are told apart by.
        var dimensions = asked.Where.IsEmpty && asked.By.All(dimension => dimension.Period is not null) ? null : Dimensions(connection, asked, begin, end);
        using var query = connection.CreateCommand();
        query.CommandText = $"SELECT bucket_at_us, dimension, {string.Join(", ", measures.Select(measure => measure.Column))} FROM rollups WHERE bucket_at_us >= $begin AND bucket_at_us < $end";
        query.Parameters.AddWithValue("$begin", begin);
        query.Parameters.AddWithValue("$end", end);
        using var row = query.ExecuteReader();
        while (row.Read())
        {
            var values = none;
            if (dimensions is not null && !dimensions.TryGetValue(row.GetInt64(1), out values)) continue;
            if (period >= 0)
            {
                values = [.. values];
                values[period] = nameOf(asked.By[period].Period!.Value, row.GetInt64(0) / CostFacts.Quarter);
            }

            var sums = SumsOf(groups, values, measures.Length, most);
            for (var i = 0; i < sums.Length; i++) sums[i] = Plus(sums[i], row.GetInt64(2 + i));
        }
    }

    /// <summary>
    /// The groups that rollups of these quarters are in, by what these are told apart by; without those that a filter leaves out, and without periods. What
    /// occurs in other quarters only is not read: over the years there are far more users than on one day.
    /// </summary>
    private static Dictionary<long, string?[]> Dimensions(SqliteConnection connection, CostQuery asked, long begin, long end)
    {
        using var query = connection.CreateCommand();
        var sql = new StringBuilder("SELECT id");
        for (var i = 0; i < asked.By.Length; i++) sql.Append(", ").Append(asked.By[i].Period is null ? Expression(query, asked.By[i], "$by" + i.ToString(null, null)) : "NULL");
        var filter = Filter(query, asked.Where);
        query.CommandText = sql.Append(" FROM rollup_dimensions").Append(filter).Append(filter.Length == 0 ? " WHERE " : " AND ")
            .Append("id IN (SELECT dimension FROM rollups WHERE bucket_at_us >= $begin AND bucket_at_us < $end)").ToString();
        query.Parameters.AddWithValue("$begin", begin);
        query.Parameters.AddWithValue("$end", end);
        using var row = query.ExecuteReader();
        var dimensions = new Dictionary<long, string?[]>();
        while (row.Read())
        {
            var values = new string?[asked.By.Length];
            for (var i = 0; i < values.Length; i++) values[i] = row.IsDBNull(1 + i) ? null : row.GetString(1 + i);
            dimensions.Add(row.GetInt64(0), values);
        }

        return dimensions;
    }

    private static long[] SumsOf(Dictionary<Group, long[]> groups, string?[] values, int measures, int most)
    {
        if (groups.TryGetValue(new Group(values), out var known)) return known;
        if (groups.Count == most) throw new CostQueryException($"The report has more than {most} groups. Ask for a shorter time, fewer dimensions, or filter.");
        var sums = new long[measures];
        groups.Add(new Group(values), sums);
        return sums;
    }

    internal static string Expression(SqliteCommand query, CostDimension dimension, string parameter)
    {
        if (dimension.Period is not null) return $"at_us / {CostFacts.Quarter}";
        if (dimension.TagName is { } tag) query.Parameters.AddWithValue(parameter, CostColumns.Path(tag));
        return CostColumns.Of(dimension, parameter);
    }

    internal static string Filter(SqliteCommand query, ImmutableArray<(CostDimension Dimension, string? Value)> filters)
    {
        var conditions = new List<string>();
        foreach (var (number, values) in filters.GroupBy(filter => filter.Dimension).Index())
        {
            if (values.Key.Period is not null) throw new CostQueryException($"A report is not filtered by {values.Key}: give it a time instead.");
            var expression = Expression(query, values.Key, "$where" + number.ToString(null, null));
            var any = new List<string>();
            foreach (var (i, filter) in values.Index())
            {
                var parameter = $"$where{number}_{i}";
                query.Parameters.AddWithValue(parameter, (object?)filter.Value ?? DBNull.Value);
                any.Add($"{expression} IS {parameter}");
            }

            conditions.Add($"({string.Join(" OR ", any)})");
        }

        return conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
    }

    private static void Add(long[] sums, long[] more)
    {
        for (var i = 0; i < sums.Length; i++) sums[i] = Plus(sums[i], more[i]);
    }

    private static long Plus(long sum, long more) =>
        long.MaxValue - Math.Abs(sum) >= Math.Abs(more) ? sum + more : throw new LedgerException("The ledger cannot be summed up: the sums are beyond counting. Ask for a shorter time.");

    private static int IndexOfAnyPeriod(this ReadOnlySpan<CostDimension> dimensions)
    {
        for (var i = 0; i < dimensions.Length; i++)
        {
            if (dimensions[i].Period is not null) return i;
        }

        return -1;
    }

    /// <summary>The values of a group; compares by them.</summary>
    internal readonly struct Group(string?[] values) : IEquatable<Group>
    {
        public static IComparer<Group> ByName { get; } = Comparer<Group>.Create(static (one, other) =>
        {
            for (var i = 0; i < one.Values.Length; i++)
            {
                if (string.CompareOrdinal(one.Values[i], other.Values[i]) is not 0 and var order) return order;
            }

            return 0;
        });

        public string?[] Values => values;

        public bool Equals(Group other) => values.AsSpan().SequenceEqual(other.Values);

        public override bool Equals(object? other) => other is Group group && Equals(group);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var value in values) hash.Add(value);
            return hash.ToHashCode();
        }
    }
}
