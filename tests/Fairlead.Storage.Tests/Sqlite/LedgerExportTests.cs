using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>Every request and every attempt of a time, once, with what it costs by now.</summary>
public sealed class LedgerExportTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(2500)]
    public async Task Export_ManyPages_HasEachRowOnce(int count)
    {
        await using var ledger = await OpenAsync();
        var ids = Enumerable.Range(0, count).Select(i => RequestId.Create(Noon.AddSeconds(i))).ToList();
        for (var i = 0; i < count; i++) await ledger.Settle(Of(ids[i], Noon.AddSeconds(i), new Usd(1), null));
        await ledger.Settle(Of(RequestId.Create(Noon.AddTicks(-10)), Noon.AddTicks(-10), new Usd(1)));
        await ledger.Settle(Of(RequestId.Create(Noon.AddDays(1)), Noon.AddDays(1), new Usd(1)));

        Assert.Equal(ids, (await RowsAsync(ledger, areAttempts: false)).Select(row => row["request_id"]));
        Assert.Equal(ids.SelectMany(id => new[] { id, id }), (await RowsAsync(ledger, areAttempts: true)).Select(row => row["request_id"]));
    }

    [Fact]
    public async Task Export_Costs_AreTheCorrectedOnes()
    {
        await using var ledger = await OpenAsync();
        var (known, unknown, corrected, none, interrupted) = (RequestId.Create(Noon), RequestId.Create(Noon.AddSeconds(1)), RequestId.Create(Noon.AddSeconds(2)), RequestId.Create(Noon.AddSeconds(3)), RequestId.Create(Noon.AddSeconds(4)));
        await ledger.Settle(Of(known, Noon, new Usd(10), new Usd(5)));
        await ledger.Settle(Of(unknown, Noon, new Usd(10), null));
        await ledger.Settle(Of(corrected, Noon, null, new Usd(5)));
        await ledger.Settle(Of(none, Noon) with { Outcome = RequestOutcome.Failed });
        await ledger.Settle(Of(interrupted, Noon) with { Outcome = RequestOutcome.Interrupted });
        await ledger.FlushAsync();
        _folder.Execute($"""
            INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd, price_version)
            VALUES ('{corrected}', 1, 1, 'x', 7, 'v2'), ('{corrected}', 2, 1, 'x', -2, 'v2'), ('{corrected}', 2, 2, 'x', 4, 'v3')
            """);

        var requests = (await RowsAsync(ledger, areAttempts: false)).ToDictionary(row => (string)row["request_id"]!);
        var attempts = (await RowsAsync(ledger, areAttempts: true)).ToDictionary(row => $"{row["request_id"]} {row["attempt"]}");

        Assert.Equal((15L, null, 14L, 0L, null), (requests[known]["cost_usd"], requests[unknown]["cost_usd"], requests[corrected]["cost_usd"], requests[none]["cost_usd"], requests[interrupted]["cost_usd"]));
        Assert.Equal((0L, 9L, 2L, 20L), (requests[known]["corrections_usd"], requests[corrected]["corrections_usd"], requests[known]["attempts"], requests[known]["input_tokens"]));
        Assert.Equal((10L, null, 7L, 7L), (attempts[known + " 1"]["cost_usd"], attempts[unknown + " 2"]["cost_usd"], attempts[corrected + " 1"]["cost_usd"], attempts[corrected + " 2"]["cost_usd"]));
        Assert.Equal((2L, "v3"), (attempts[corrected + " 2"]["corrections_usd"], attempts[corrected + " 2"]["price_version"]));
        Assert.Equal(6, attempts.Count);
    }

    [Fact]
    public async Task Export_EveryColumn_IsFilledFromItsOwn()
    {
        await using var ledger = await OpenAsync();
        var id = RequestId.Create(Noon);
        await ledger.Settle(Records.Record(Records.Intent() with { Id = id, AcceptedAt = Noon }));

        var request = Assert.Single(await RowsAsync(ledger, areAttempts: false));
        var attempt = (await RowsAsync(ledger, areAttempts: true))[1];

        Assert.DoesNotContain(request, cell => cell.Value is null);
        Assert.Equal(("growth", "user-7f3a", "{\"cost_center\":\"42\"}", 1L, 200L, 1_250_007L, 2001L, 7_750_251L, 8_000_003L), (request["team"], request["user"], request["tags"], request["stream"], request["status"], request["first_token_ms"], request["input_tokens"], request["cost_usd"], request["dearest_cost_usd"]));
        Assert.DoesNotContain(attempt, cell => cell.Value is null);
        Assert.Equal((2L, "sonnet", 996_005L, "msg_2", 300L, "reported", 7_500_001L, "priced", "catalog-8"), (attempt["attempt"], attempt["target"], attempt["duration_ms"], attempt["upstream_id"], attempt["output_tokens"], attempt["usage_source"], attempt["cost_usd"], attempt["cost_basis"], attempt["price_version"]));
    }

    private static RequestRecord Of(string id, DateTimeOffset acceptedAt, params Usd?[] costs) => Records.BareRecord(Records.BareIntent(0) with { Id = id, AcceptedAt = acceptedAt }, null) with
    {
        Attempts = [.. costs.Select((cost, i) => Records.BareAttempt(cost) with { Number = i + 1, Failure = i == costs.Length - 1 ? FailureClass.None : FailureClass.Timeout })],
    };

    private static async Task<List<Dictionary<string, object?>>> RowsAsync(SqliteLedger ledger, bool areAttempts)
    {
        var columns = LedgerExport.Columns(areAttempts);
        var rows = new List<Dictionary<string, object?>>();
        await foreach (var page in ledger.ExportAsync(Noon, Noon.AddDays(1), areAttempts, CancellationToken.None))
        {
            Assert.InRange(page.Count, 0, 2000);
            rows.AddRange(page.Select(row => columns.Select((column, i) => (column.Name, Value: row[i])).ToDictionary(cell => cell.Name, cell => cell.Value)));
        }

        return rows;
    }

    private Task<SqliteLedger> OpenAsync() => SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
