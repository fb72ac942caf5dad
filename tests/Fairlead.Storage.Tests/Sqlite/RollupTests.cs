using System.Collections.Immutable;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>Sums that are read from rollups are the sums of the rows, whatever of them the rollups have (INV-16).</summary>
public sealed class RollupTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 28, 21, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Span = TimeSpan.FromHours(9);

    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task Costs_AtEveryStageOfTheRollups_AreTheSumsOfTheRows(int seed, bool isInMemory)
    {
        var world = new World(seed);
        await using var ledger = await OpenAsync(isInMemory);
        for (var round = 0; round < 4; round++)
        {
            foreach (var record in world.Next(150)) await ledger.Settle(record);
            await ledger.FlushAsync();
            if (round > 0) await ledger.RollUpAsync(CancellationToken.None);
            if (!isInMemory) world.Correct(20, _folder);
            if (round == 2) await ledger.RollUpAsync(CancellationToken.None);
            await AssertSameAsync(world, ledger);
        }

        await ledger.RollUpAsync(CancellationToken.None);
        Assert.Equal(0, await ledger.RollUpAsync(CancellationToken.None));
        await AssertSameAsync(world, ledger);
    }

    [Fact]
    public async Task Costs_ByAnything_AddUpToTheTotal()
    {
        var world = new World(7);
        await using var ledger = await OpenAsync();
        foreach (var record in world.Next(300)) await ledger.Settle(record);
        await ledger.RollUpAsync(CancellationToken.None);
        world.Correct(30, _folder);
        var total = (await ledger.CostsAsync(All(), CancellationToken.None)).Total;

        foreach (var dimension in CostDimension.All.Append(CostDimension.Tag("cost_center")))
        {
            var report = await ledger.CostsAsync(All() with { By = [dimension] }, CancellationToken.None);
            Assert.Equal(total, report.Total);
            Assert.Equal(total.Cost, report.Rows.Aggregate(Usd.Zero, (sum, row) => sum + row.Sums.Cost));
            Assert.Equal(total.Requests, report.Rows.Sum(row => row.Sums.Requests));
            var cut = await ledger.CostsAsync(All() with { By = [dimension], Limit = 1 }, CancellationToken.None);
            Assert.Equal(total.Cost, cut.Rows[0].Sums.Cost + (cut.Others?.Cost ?? Usd.Zero));
            Assert.Equal(report.Rows.Length, 1 + cut.OtherGroups);
        }

        Assert.Equal(world.Records.Count, total.Requests);
        Assert.Equal(total.Requests, total.Answered + total.Failed + total.ClientGone + total.Interrupted);
    }

    [Fact]
    public async Task RollUp_CutOffInTheMidst_IsAsIfItHadNotBegun()
    {
        var world = new World(11);
        await using var ledger = await OpenAsync();
        foreach (var record in world.Next(50)) await ledger.Settle(record);
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);
        foreach (var record in world.Next(50)) await ledger.Settle(record);
        await ledger.FlushAsync();
        var before = _folder.Rows("SELECT * FROM rollups");
        _folder.Execute("CREATE TRIGGER cut BEFORE UPDATE ON rollup_state BEGIN SELECT RAISE(ABORT, 'cut off'); END");

        await Assert.ThrowsAsync<LedgerException>(async () => await ledger.RollUpAsync(CancellationToken.None));

        Assert.Equal(before, _folder.Rows("SELECT * FROM rollups"));
        await AssertSameAsync(world, ledger);
        _folder.Execute("DROP TRIGGER cut");
        Assert.Equal(50, await ledger.RollUpAsync(CancellationToken.None));
        await AssertSameAsync(world, ledger);
    }

    [Fact]
    public async Task RollUp_AfterACrash_GoesOnWhereItWas()
    {
        var world = new World(13);
        LedgerFolder crashed;
        await using (var ledger = await OpenAsync())
        {
            foreach (var record in world.Next(60)) await ledger.Settle(record);
            await ledger.FlushAsync();
            await ledger.RollUpAsync(CancellationToken.None);
            foreach (var record in world.Next(60)) await ledger.Settle(record);
            await ledger.FlushAsync();
            crashed = _folder.CopyAsAfterACrash();
        }

        using var folder = crashed;
        await using var reopened = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = folder.Ledger }, TimeProvider.System, CancellationToken.None);
        await AssertSameAsync(world, reopened);
        Assert.Equal(60, await reopened.RollUpAsync(CancellationToken.None));
        await AssertSameAsync(world, reopened);
    }

    [Fact]
    public async Task RollUp_ManySteps_MissesNone()
    {
        await using var ledger = await OpenAsync();
        const int many = 12_001;
        for (var i = 0; i < many; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i) with { AcceptedAt = Start }, new Usd(i)));

        await ledger.FlushAsync();
        Assert.Equal(many, await ledger.RollUpAsync(CancellationToken.None));

        Assert.Equal(1, _folder.Number("SELECT count(*) FROM rollups"));
        Assert.Equal((long)many * (many - 1) / 2, _folder.Number("SELECT cost_nanousd FROM rollups"));
    }

    [Fact]
    public async Task Costs_AskedForRolledUpQuarters_AreReadWithoutTheRows()
    {
        var world = new World(17);
        await using var ledger = await OpenAsync();
        foreach (var record in world.Next(100)) await ledger.Settle(record);
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);
        var before = (await ledger.CostsAsync(All(), CancellationToken.None)).Total;

        _folder.Execute("DELETE FROM attempts");

        Assert.Equal(before, (await ledger.CostsAsync(All(), CancellationToken.None)).Total);
    }

    [Fact]
    public async Task Costs_OfAQuarter_ReadWhatOccursInItAlone()
    {
        await using var ledger = await OpenAsync();
        var record = Records.BareRecord(Records.BareIntent(0), new Usd(7));
        await ledger.Settle(record);
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);
        var from = record.Intent.AcceptedAt.AddTicks(-(record.Intent.AcceptedAt.Ticks % TimeSpan.FromMinutes(15).Ticks));
        var query = new CostQuery { From = from, Until = from.AddMinutes(15) };
        _folder.Execute("""
            INSERT INTO rollup_dimensions (digest, tenant, operation, tags) VALUES (X'00', 'elsewhere', 'chat', '{ no JSON');
            CREATE TEMP TABLE other AS SELECT * FROM rollups;
            UPDATE other SET bucket_at_us = bucket_at_us + 900000000, dimension = (SELECT id FROM rollup_dimensions WHERE tenant = 'elsewhere');
            INSERT INTO rollups SELECT * FROM other;
            """);

        foreach (var by in new ImmutableArray<CostDimension>[] { [CostDimension.Tag("x"), CostDimension.Day], [CostDimension.Tenant, CostDimension.Tag("x")] })
        {
            var report = await ledger.CostsAsync(query with { By = by }, CancellationToken.None);
            Assert.Equal(new Usd(7), Assert.Single(report.Rows).Sums.Cost);
            await Assert.ThrowsAsync<LedgerException>(() => ledger.CostsAsync(query with { Until = from.AddMinutes(30), By = by }, CancellationToken.None).AsTask()); // there it occurs
        }

        Assert.Equal(new Usd(14), (await ledger.CostsAsync(query with { Until = from.AddMinutes(30) }, CancellationToken.None)).Total.Cost); // told apart by nothing
        Assert.Equal(new Usd(14), Assert.Single((await ledger.CostsAsync(query with { Until = from.AddMinutes(30), By = [CostDimension.Month] }, CancellationToken.None)).Rows).Sums.Cost);
    }

    [Fact]
    public async Task Costs_NothingThere_IsZero()
    {
        await using var ledger = await OpenAsync();

        var report = await ledger.CostsAsync(All() with { By = [CostDimension.Tenant] }, CancellationToken.None);

        Assert.Empty(report.Rows);
        Assert.Equal(CostSums.Zero, report.Total);
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28=2,2026-03-29=7")]        // 23 hours
    [InlineData("Asia/Kolkata", "2026-03-29=9")]                      // half an hour off
    [InlineData("Asia/Kathmandu", "2026-03-29=9")]                    // three quarters off
    [InlineData("America/Sao_Paulo", "2026-03-28=6,2026-03-29=3")]
    [InlineData("UTC", "2026-03-28=3,2026-03-29=6")]
    public async Task Costs_ByDay_AreThoseOfTheTimeZone(string zone, string expected)
    {
        await using var ledger = await OpenAsync();
        for (var hour = 0; hour < 9; hour++) await ledger.Settle(At(Start.AddHours(hour)));
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);

        var report = await ledger.CostsAsync(All() with { By = [CostDimension.Day], Zone = TimeZoneInfo.FindSystemTimeZoneById(zone) }, CancellationToken.None);

        Assert.Equal(expected, string.Join(',', report.Rows.Select(row => $"{row.Values[0]}={row.Sums.Requests}")));
    }

    [Fact]
    public async Task Costs_ByHourWhenClocksAreSetBack_AreOfTwoHoursOfOneName()
    {
        await using var ledger = await OpenAsync();
        foreach (var minutes in new[] { -30, 30, 45, 90, 150 }) await ledger.Settle(At(new DateTimeOffset(2026, 10, 25, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes)));

        var query = All() with { Until = Start.AddYears(1), By = [CostDimension.Hour], Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };

        Assert.Equal(
            ["2026-10-25T01:00+02:00=1", "2026-10-25T02:00+02:00=2", "2026-10-25T02:00+01:00=1", "2026-10-25T03:00+01:00=1"],
            (await ledger.CostsAsync(query, CancellationToken.None)).Rows.Select(row => $"{row.Values[0]}={row.Sums.Requests}"));
    }

    [Fact]
    public async Task Costs_Filtered_AreThoseOfTheFilterAlone()
    {
        await using var ledger = await OpenAsync();
        await ledger.Settle(At(Start, "chat", """{"cost_center":"42"}"""));
        await ledger.Settle(At(Start, "mail", """{"cost_center":"42"}"""));
        await ledger.Settle(At(Start, "mail", """{"cost_center":"7"}"""));
        await ledger.Settle(At(Start));
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);
        var center = CostDimension.Tag("cost_center");

        Assert.Equal(2, await CountAsync((CostDimension.Feature, "mail")));
        Assert.Equal(3, await CountAsync((CostDimension.Feature, "mail"), (CostDimension.Feature, "chat")));
        Assert.Equal(1, await CountAsync((CostDimension.Feature, "mail"), (center, "42")));
        Assert.Equal(1, await CountAsync((center, null)));
        Assert.Equal(0, await CountAsync((center, "'; DROP TABLE rollups; --")));
        Assert.Equal(4, await CountAsync((CostDimension.Journey, null)));

        async Task<long> CountAsync(params (CostDimension, string?)[] where) => (await ledger.CostsAsync(All() with { Where = [.. where] }, CancellationToken.None)).Total.Requests;
    }

    [Fact]
    public async Task Costs_TwoPeriods_AreRefused()
    {
        await using var ledger = await OpenAsync();

        await Assert.ThrowsAsync<CostQueryException>(async () => await ledger.CostsAsync(All() with { By = [CostDimension.Day, CostDimension.Month] }, CancellationToken.None));
        await Assert.ThrowsAsync<CostQueryException>(async () => await ledger.CostsAsync(All() with { Where = [(CostDimension.Day, "2026-03-05")] }, CancellationToken.None));
    }

    private static CostQuery All() => new() { From = Start, Until = Start + Span };

    private static RequestRecord At(DateTimeOffset acceptedAt, string? feature = null, string? tags = null) =>
        Records.BareRecord(Records.BareIntent(0) with { Id = RequestId.Create(acceptedAt), AcceptedAt = acceptedAt, Feature = feature, Tags = tags }, new Usd(1));

    private static async Task AssertSameAsync(World world, SqliteLedger ledger)
    {
        (DateTimeOffset From, DateTimeOffset Until)[] ranges =
        [
            (Start, Start + Span),
            (Start.AddMicroseconds(1), Start + Span - TimeSpan.FromMicroseconds(1)),
            (Start.AddMinutes(7), Start.AddMinutes(13)),
            (Start.AddMinutes(100), Start.AddMinutes(250)),
            (Start.AddMinutes(107), Start.AddMinutes(245)),
        ];
        foreach (var (from, until) in ranges)
        {
            var report = await ledger.CostsAsync(new CostQuery { From = from, Until = until, By = [CostDimension.Tenant, CostDimension.Target, CostDimension.Tag("cost_center")] }, CancellationToken.None);
            var expected = world.Sums(from, until);
            Assert.Equal(expected.Count, report.Rows.Length);
            foreach (var row in report.Rows) Assert.Equal(expected[string.Join('|', row.Values)], row.Sums);
            var byRows = await ledger.CostsAsync(new CostQuery { From = from, Until = until, By = [CostDimension.Journey] }, CancellationToken.None);
            Assert.Equal(report.Total, byRows.Total);
        }
    }

    private Task<SqliteLedger> OpenAsync(bool isInMemory = false) =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = isInMemory ? SqliteLedgerOptions.InMemory : _folder.Ledger }, TimeProvider.System, CancellationToken.None);

    /// <summary>Random requests, and the sums over them in plain code.</summary>
    private sealed class World(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<(string Id, int Number), List<long>> _corrections = [];

        public List<RequestRecord> Records { get; } = [];

        public List<RequestRecord> Next(int count)
        {
            var next = Enumerable.Range(0, count).Select(_ => Record()).ToList();
            Records.AddRange(next);
            return next;
        }

        public void Correct(int count, LedgerFolder folder)
        {
            for (var i = 0; i < count; i++)
            {
                var record = Records[_random.Next(Records.Count)];
                if (record.Attempts.Count == 0) continue;
                var key = (record.Intent.Id, _random.Next(record.Attempts.Count) + 1);
                var delta = _random.Next(-50, 100);
                folder.Execute($"INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd, output_cost_nanousd) VALUES ('{key.Id}', {key.Item2}, 1, 'the invoice', {delta}, {delta / 2})");
                if (!_corrections.TryGetValue(key, out var deltas)) _corrections.Add(key, deltas = []);
                deltas.Add(delta);
            }
        }

        public Dictionary<string, CostSums> Sums(DateTimeOffset from, DateTimeOffset until)
        {
            var sums = new Dictionary<string, CostSums>();
            foreach (var record in Records.Where(record => record.Intent.AcceptedAt >= from && record.Intent.AcceptedAt < until))
            {
                if (record.Attempts.Count == 0) Add(record, null);
                foreach (var attempt in record.Attempts) Add(record, attempt);
            }

            return sums;

            void Add(RequestRecord record, AttemptRecord? attempt)
            {
                var key = $"{record.Intent.Tenant}|{attempt?.Target}|{(record.Intent.Tags is null ? "" : "42")}";
                sums[key] = With(sums.GetValueOrDefault(key, CostSums.Zero), record, attempt);
            }
        }

        private CostSums With(CostSums sums, RequestRecord record, AttemptRecord? attempt)
        {
            var isLast = attempt is null || attempt.Number == record.Attempts.Count;
            var isFailed = attempt is not null && attempt.Failure is not (FailureClass.None or FailureClass.ClientGone);
            var deltas = attempt is null ? [] : _corrections.GetValueOrDefault((record.Intent.Id, attempt.Number), []);
            var cost = new Usd((attempt?.Cost?.NanoDollars ?? 0) + deltas.Sum());
            int If(bool condition) => condition ? 1 : 0;
            Usd CostIf(bool condition) => condition ? cost : Usd.Zero;
            return sums with
            {
                Requests = sums.Requests + If(isLast),
                Answered = sums.Answered + If(isLast && record.Outcome == RequestOutcome.Answered),
                Failed = sums.Failed + If(isLast && record.Outcome == RequestOutcome.Failed),
                ClientGone = sums.ClientGone + If(isLast && record.Outcome == RequestOutcome.ClientGone),
                Interrupted = sums.Interrupted + If(isLast && record.Outcome == RequestOutcome.Interrupted),
                Attempts = sums.Attempts + If(attempt is not null),
                FailedAttempts = sums.FailedAttempts + If(isFailed),
                Retries = sums.Retries + If(attempt?.Number > 1),
                InputTokens = sums.InputTokens + (attempt?.Usage.Input ?? 0),
                CachedInputTokens = sums.CachedInputTokens + (attempt?.Usage.CachedInput ?? 0),
                CacheWriteTokens = sums.CacheWriteTokens + (attempt?.Usage.CacheWrite ?? 0),
                CacheWriteOneHourTokens = sums.CacheWriteOneHourTokens + (attempt?.Usage.CacheWriteOneHour ?? 0),
                OutputTokens = sums.OutputTokens + (attempt?.Usage.Output ?? 0),
                ReasoningTokens = sums.ReasoningTokens + (attempt?.Usage.Reasoning ?? 0),
                Cost = sums.Cost + cost,
                OutputCost = sums.OutputCost + (attempt?.OutputCost ?? Usd.Zero) + new Usd(deltas.Sum(delta => delta / 2)),
                EstimatedCost = sums.EstimatedCost + CostIf(attempt?.UsageSource == UsageSource.Estimated),
                UnpricedCost = sums.UnpricedCost + (attempt is { CostBasis: CostBasis.WorstOfRoute, Cost: { } worst } && deltas.Count == 0 ? worst : Usd.Zero),
                FailedCost = sums.FailedCost + CostIf(isFailed),
                DearestCost = sums.DearestCost + (isLast ? record.DearestCost ?? Usd.Zero : Usd.Zero),
                UnknownCosts = sums.UnknownCosts + If(attempt is null ? record.Outcome == RequestOutcome.Interrupted : attempt.Cost is null && deltas.Count == 0),
                Corrections = sums.Corrections + deltas.Count,
                CorrectionsCost = sums.CorrectionsCost + new Usd(deltas.Sum()),
            };
        }

        private RequestRecord Record()
        {
            var acceptedAt = Start + (Span * _random.NextDouble());
            acceptedAt = new DateTimeOffset(acceptedAt.Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
            var intent = Conformance.Records.BareIntent(0) with
            {
                Id = RequestId.Create(acceptedAt.AddMilliseconds(-1)),
                AcceptedAt = acceptedAt,
                Tenant = _random.Next(3) == 0 ? "other" : "acme",
                Feature = _random.Next(2) == 0 ? null : "chat",
                Team = _random.Next(2) == 0 ? "" : null,
                Journey = _random.Next(2) == 0 ? null : "journey" + _random.Next(3),
                Tags = _random.Next(2) == 0 ? null : """{"cost_center":"42"}""",
            };
            var attempts = Enumerable.Range(1, _random.Next(4)).Select(Attempt).ToList();
            return Conformance.Records.BareRecord(intent, null) with
            {
                Outcome = (RequestOutcome)_random.Next(4),
                DearestCost = _random.Next(3) == 0 ? null : new Usd(_random.Next(1000)),
                Target = attempts.LastOrDefault()?.Target,
                Attempts = attempts,
            };
        }

        private AttemptRecord Attempt(int number)
        {
            var cost = _random.Next(4) == 0 ? (Usd?)null : new Usd(_random.Next(1000));
            return Conformance.Records.BareAttempt(cost) with
            {
                Number = number,
                Target = "target" + _random.Next(3),
                Failure = _random.Next(4) switch { 0 => FailureClass.Timeout, 1 => FailureClass.ClientGone, _ => FailureClass.None },
                Usage = new TokenUsage(_random.Next(100, 200), _random.Next(50), _random.Next(20, 50), _random.Next(100), _random.Next(10)) { CacheWriteOneHour = _random.Next(20) },
                UsageSource = (UsageSource)_random.Next(3),
                OutputCost = cost is null ? null : new Usd(_random.Next(10)),
                CostBasis = cost is null ? CostBasis.Unknown : (CostBasis)_random.Next(1, 3),
            };
        }
    }
}
