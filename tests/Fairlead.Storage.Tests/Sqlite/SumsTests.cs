using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>Requests summed up with their outcomes: the examples of the docs, whose numbers are computed by hand there, and what is easily counted wrongly.</summary>
public sealed class SumsTests : IAsyncLifetime
{
    private const long Mini = 2_000_000, FailedMini = 1_000_000, Maxi = 10_000_000; // nano-dollars

    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly CostQuery Day = new() { From = Noon, Until = Noon.AddDays(1) };

    private readonly LedgerFolder _folder = new();
    private SqliteLedger _ledger = null!;

    public async ValueTask InitializeAsync() => _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _ledger.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The example of docs/outcomes.md.</summary>
    [Fact]
    public async Task Outcomes_TheExample_IsWhatItsNumbersSay()
    {
        var first = await SettleAsync(Noon, [Attempt("mini", Mini)]);
        var second = await SettleAsync(Noon, [Attempt("mini", FailedMini, isFailed: true), Attempt("maxi", Maxi)]);
        var third = await SettleAsync(Noon, [Attempt("mini", Mini)]);
        await SettleAsync(Noon, [Attempt("mini", Mini)]);
        await ReportAsync(first, OutcomeKind.Success, 250_000_000);
        await ReportAsync(second, OutcomeKind.Success);
        await ReportAsync(third, OutcomeKind.Failure);

        var report = await SumAsync(Day with { By = [CostDimension.Workload, CostDimension.Target] });

        Assert.Equal(["customer_support,maxi", "customer_support,mini"], report.Rows.Select(row => string.Join(',', row.Values)));
        Assert.Equal(("0.011", "0.006"), (report.Rows[0].Sums.Cost.ToString(), report.Rows[1].Sums.Cost.ToString()));
        Assert.Equal(("0.011", "0.006"), (report.Rows[0].Sums.CostPerSuccess.ToString(), report.Rows[1].Sums.CostPerSuccess.ToString()));
        var total = report.Total;
        Assert.Equal((4, 3, 2, 1), (total.Requests, total.Reported, total.Successes, total.Failures));
        Assert.Equal(0.75, total.Coverage);
        Assert.Equal(2 / 3d, total.SuccessRate);
        Assert.Equal(("0.017", "0.0085", "0.25", "0.233"), (total.Cost.ToString(), total.CostPerSuccess.ToString(), total.Value.ToString(), total.Margin.ToString()));
    }

    /// <summary>The example of docs/outcomes.md: twice the requests, twice the output.</summary>
    [Fact]
    public async Task Change_TheExample_IsWhatItsNumbersSay()
    {
        for (var i = 0; i < 10; i++) await SettleAsync(Noon.AddDays(-1), [Tokens("mini", 1000, 200, 1_000_000, 1_000_000)]);
        for (var i = 0; i < 20; i++) await SettleAsync(Noon, [Tokens("mini", 1000, 400, 1_000_000, 2_000_000)]);

        var report = ChangeReport.Of(await GroupsAsync(Day with { From = Noon.AddDays(-1), Until = Noon }), await GroupsAsync(Day), isPerOutcome: false, 10, CancellationToken.None);

        Assert.Equal("Cost rose by $0.04 (200 %) to $0.06: volume +$0.025, output length +$0.015.", CostChangeSentence.Of(report.Total!, isPerOutcome: false));
        Assert.Equal(["0.025", "0", "0", "0", "0.015", "0"], report.Total!.Parts.Select(part => part.ToString()));
    }

    [Fact]
    public async Task Outcomes_ByHourWhenClocksAreSetBack_AreInTheOrderOfTime()
    {
        var midnight = new DateTimeOffset(2026, 10, 25, 0, 0, 0, TimeSpan.Zero);
        foreach (var minutes in new[] { -30, 30, 90, 150 }) await SettleAsync(midnight.AddMinutes(minutes), [Attempt("mini", Mini)]);

        var report = await SumAsync(new CostQuery { From = midnight.AddDays(-1), Until = midnight.AddDays(1), By = [CostDimension.Hour], Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") });

        Assert.Equal(["2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"], report.Rows.Select(row => row.Values[0]));
    }

    [Fact]
    public async Task Change_OfGroups_IsEachByItself()
    {
        await SettleAsync(Noon.AddDays(-1), [Attempt("mini", Mini)]);
        await SettleAsync(Noon, [Attempt("mini", Mini)]);
        await SettleAsync(Noon, [Attempt("maxi", Maxi)], workload: null);

        var by = Day with { By = [CostDimension.Workload] };
        var report = ChangeReport.Of(await GroupsAsync(by with { From = Noon.AddDays(-1), Until = Noon }), await GroupsAsync(by), isPerOutcome: false, 1, CancellationToken.None);

        Assert.Null(Assert.Single(report.Rows).Values[0]);
        Assert.Equal(new Usd(Maxi), report.Rows[0].Change!.Change);
        Assert.Equal(1, report.OtherGroups);
        Assert.Equal(new Usd(Maxi), report.Total!.Change);
        Assert.Null(ChangeReport.Of([], await GroupsAsync(by), isPerOutcome: true, 1, CancellationToken.None).Total);
    }

    [Fact]
    public async Task Outcome_ReportedAgain_CountsAsTheLastOne()
    {
        var id = await SettleAsync(Noon, [Attempt("mini", Mini)]);
        await ReportAsync(id, OutcomeKind.Success, 5);
        await ReportAsync(id, OutcomeKind.Success, 7);
        await ReportAsync(id, OutcomeKind.Neutral, 9);

        var total = (await SumAsync(Day)).Total;

        Assert.Equal((1, 0, 0, 1), (total.Requests, total.Successes, total.Failures, total.Neutrals));
        Assert.Equal(Usd.Zero, total.Value);
        Assert.Null(total.CostPerSuccess);
    }

    [Fact]
    public async Task Costs_Corrected_CountOnceEachWithTheirAttempts()
    {
        var id = await SettleAsync(Noon, [Attempt("mini", 100, isFailed: true), Attempt("maxi", 1000)], dearest: 2000);
        await ReportAsync(id, OutcomeKind.Success);
        foreach (var (attempt, cost) in new[] { (1, 7), (2, -10), (2, 3) })
        {
            _folder.Execute($"INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd, output_cost_nanousd) VALUES ('{id}', {attempt}, 1, 'x', {cost}, {cost})");
        }

        var total = (await SumAsync(Day)).Total;

        Assert.Equal(new Usd(1100), total.Cost);
        Assert.Equal(new Usd(993), total.Answering);
        Assert.Equal(1100, total.Consumed.CostNanoDollars);
        Assert.Equal(total.Cost, (await _ledger.CostsAsync(Day, CancellationToken.None)).Total.Cost);
    }

    [Fact]
    public async Task Costs_Unknown_AreNamedAndNeverZero()
    {
        var unknown = await SettleAsync(Noon, [Attempt("mini", 100, isFailed: true), Attempt("maxi", null)]);
        await SettleAsync(Noon, [], outcome: RequestOutcome.Interrupted);
        await SettleAsync(Noon, [Attempt("mini", 30)]);
        await SettleAsync(Noon, [], outcome: RequestOutcome.Failed);
        await ReportAsync(unknown, OutcomeKind.Success);

        var total = (await SumAsync(Day)).Total;
        Assert.Equal((4, 2), (total.Requests, total.UnknownCosts));
        Assert.Equal(new Usd(130), total.Cost);
        Assert.Equal((2, 0, 30), (total.Consumed.Requests, total.Consumed.Successes, total.Consumed.CostNanoDollars));

        _folder.Execute($"INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd) VALUES ('{unknown}', 2, 1, 'x', 70)");
        var known = (await SumAsync(Day)).Total;
        Assert.Equal(1, known.UnknownCosts);
        Assert.Equal(new Usd(200), known.Cost);
        Assert.Equal((3, 1, 200), (known.Consumed.Requests, known.Consumed.Successes, known.Consumed.CostNanoDollars));
    }

    [Fact]
    public async Task Attempts_OfOlderVersions_ShareTheirCostByTokens()
    {
        await SettleAsync(Noon, [Tokens("mini", 300, 100, 0, 0) with { Cost = new Usd(1000), OutputCost = null }]);

        Assert.Equal(new Consumption(1, 0, 1, 300, 100, 1000, 250), (await SumAsync(Day)).Total.Consumed);
    }

    [Fact]
    public async Task Rescued_IsWhatALaterTierOrAttemptAnswered()
    {
        const string first = """{"tiers":[{"tier":"primary","number":1},{"tier":"second","number":2}]}""", none = """{"tiers":[{"tier":"second","number":2}]}""";
        await SettleAsync(Noon, [Attempt("mini", 1)], decision: first, tier: "primary");
        await SettleAsync(Noon, [Attempt("mini", 1)], decision: none, tier: "second");                             // the first had no candidate
        await SettleAsync(Noon, [Attempt("mini", 1)], decision: first, tier: "second");
        await SettleAsync(Noon, [Attempt("mini", 1, isFailed: true), Attempt("maxi", 1)], decision: first, tier: "primary");
        await SettleAsync(Noon, [Attempt("mini", 1, isFailed: true)], decision: none, tier: "second", outcome: RequestOutcome.Failed);
        await SettleAsync(Noon, [Attempt("mini", 1)], decision: "{}", tier: "second");                             // nobody can tell

        Assert.Equal(3, (await SumAsync(Day, tellsRescued: true)).Total.Rescued);
        Assert.Equal(0, (await SumAsync(Day)).Total.Rescued);
    }

    [Fact]
    public async Task Saved_IsTheDearestLessWhatAnswered()
    {
        await SettleAsync(Noon, [Attempt("mini", 5, isFailed: true), Attempt("mini", 100)], dearest: 700);
        await SettleAsync(Noon, [Attempt("mini", 100)]);               // the dearest is not known
        await SettleAsync(Noon, [Attempt("mini", null)], dearest: 900); // the cost is not known

        Assert.Equal(new Usd(600), (await SumAsync(Day)).Total.Saved);
    }

    [Fact]
    public async Task Range_HasItsBeginAndNotItsEnd_AndEveryRequestOnce()
    {
        await SettleAsync(Noon.AddMicroseconds(-1), [Attempt("mini", 1)]);
        for (var hour = 0; hour < 48; hour++) await SettleAsync(Noon.AddHours(hour / 2d), [Attempt("mini", 10)]);
        await SettleAsync(Noon.AddDays(1), [Attempt("mini", 1000)]);

        Assert.Equal(new Usd(480), (await SumAsync(Day)).Total.Cost);
        Assert.Equal(new Usd(1481), (await SumAsync(new CostQuery { From = DateTimeOffset.MinValue, Until = DateTimeOffset.MaxValue })).Total.Cost);
        Assert.Equal(["2026-03-05", "2026-03-06"], (await SumAsync(Day with { By = [CostDimension.Day] })).Rows.Select(row => row.Values[0]));
    }

    [Fact]
    public async Task Filter_AndLimit_LeaveTheRestInOneSum()
    {
        await SettleAsync(Noon, [Attempt("mini", 1)]);
        await SettleAsync(Noon, [Attempt("maxi", 10)]);
        await SettleAsync(Noon, [Attempt("midi", 100)], workload: null);

        var report = await SumAsync(Day with { By = [CostDimension.Model], Limit = 1 });
        Assert.Equal("midi-model", Assert.Single(report.Rows).Values[0]);
        Assert.Equal((2, new Usd(11)), (report.OtherGroups, report.Others!.Cost));
        var filtered = await SumAsync(Day with { By = [CostDimension.Target], Where = [(CostDimension.Workload, "customer_support"), (CostDimension.Target, "mini"), (CostDimension.Target, "midi")] });
        Assert.Equal("mini", Assert.Single(filtered.Rows).Values[0]);
        Assert.Equal(new Usd(100), (await SumAsync(Day with { Where = [(CostDimension.Workload, null)] })).Total.Cost);
    }

    [Fact]
    public async Task Groups_OfAnyDimension_AddUpToTheSameTotal()
    {
        var random = new Random(7);
        string[] targets = ["mini", "midi", "maxi"];
        for (var i = 0; i < 120; i++)
        {
            var attempts = Enumerable.Range(0, random.Next(4)).Select(_ => Attempt(targets[random.Next(3)], random.Next(8) == 0 ? null : random.Next(1000), random.Next(2) == 0)).ToList();
            var id = await SettleAsync(Noon.AddMinutes(random.Next(1440)), attempts, workload: random.Next(3) == 0 ? null : "w" + random.Next(3), dearest: random.Next(2) == 0 ? null : 2000);
            for (var reports = random.Next(3); reports > 0; reports--) await ReportAsync(id, (OutcomeKind)random.Next(3), random.Next(2) == 0 ? null : random.Next(100));
        }

        var total = (await SumAsync(Day)).Total;
        foreach (var dimension in CostDimension.All) Assert.Equal(total, (await SumAsync(Day with { By = [dimension] })).Total);
        Assert.Equal(total.Cost, (await _ledger.CostsAsync(Day, CancellationToken.None)).Total.Cost);
    }

    [Fact]
    public async Task File_BesideTheGateway_TellsTheSame()
    {
        await ReportAsync(await SettleAsync(Noon, [Attempt("mini", 5)]), OutcomeKind.Success, 3);

        await using var costs = await SqliteCosts.OpenAsync(_folder.Ledger, CancellationToken.None);

        Assert.Equal((await SumAsync(Day)).Total, SumsReport.Of(await costs.SumsAsync(Day, false, CancellationToken.None), Day).Total);
    }

    private async Task<SumsReport> SumAsync(CostQuery query, bool tellsRescued = false) => SumsReport.Of(await _ledger.SumsAsync(query, tellsRescued, CancellationToken.None), query);

    private async Task<IReadOnlyCollection<SumsRow>> GroupsAsync(CostQuery query) =>
        await _ledger.SumsAsync(query with { By = [.. query.By, CostDimension.Target, CostDimension.Model] }, false, CancellationToken.None);

    private static AttemptRecord Attempt(string target, long? cost, bool isFailed = false) => Tokens(target, 10, 5, 0, 0) with
    {
        Cost = cost is { } known ? new Usd(known) : null,
        OutputCost = cost is null ? null : Usd.Zero,
        CostBasis = cost is null ? CostBasis.Unknown : CostBasis.Priced,
        Failure = isFailed ? FailureClass.Timeout : FailureClass.None,
    };

    private static AttemptRecord Tokens(string target, long input, long output, long inputCost, long outputCost) => Records.BareAttempt(new Usd(inputCost + outputCost)) with
    {
        Target = target,
        Model = target + "-model",
        OutputCost = new Usd(outputCost),
        Usage = new TokenUsage(input, 0, 0, output, 0),
    };

    private async Task<string> SettleAsync(
        DateTimeOffset at, IEnumerable<AttemptRecord> attempts, string? workload = "customer_support", RequestOutcome outcome = RequestOutcome.Answered, string decision = "{}", string? tier = null, long? dearest = null)
    {
        AttemptRecord[] numbered = [.. attempts.Select((attempt, i) => attempt with { Number = i + 1 })];
        var id = RequestId.Create(at);
        await _ledger.Settle(Records.BareRecord(Records.BareIntent(0) with { Id = id, AcceptedAt = at, Workload = workload, DecisionJson = decision }, null) with
        {
            Attempts = numbered,
            Outcome = outcome,
            Tier = tier ?? numbered.LastOrDefault()?.Tier,
            Target = numbered.LastOrDefault()?.Target,
            Provider = numbered.LastOrDefault()?.Provider,
            DearestCost = dearest is { } known ? new Usd(known) : null,
        });
        return id;
    }

    private async Task ReportAsync(string id, OutcomeKind kind, long? value = null) =>
        Assert.NotNull(await _ledger.Outcomes.ReportAsync(new OutcomeReport(id, "acme", kind, Noon.AddDays(9)) { Value = value is { } known ? new Usd(known) : null }, CancellationToken.None));
}
