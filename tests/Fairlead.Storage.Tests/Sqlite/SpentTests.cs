using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>What was spent in a time, by what is asked for.</summary>
public sealed class SpentTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Spent_ARangeOfTime_HasItsBeginAndNotItsEnd(bool isInMemory)
    {
        await using var ledger = await OpenAsync(isInMemory);
        await SettleAsync(ledger, Noon.AddMicroseconds(-1), "acme", 1);
        await SettleAsync(ledger, Noon, "acme", 10);
        await SettleAsync(ledger, Noon.AddMinutes(1).AddMicroseconds(-1), "acme", 100);
        await SettleAsync(ledger, Noon.AddMinutes(1), "acme", 1000);

        var spent = await ledger.SpentAsync(Noon, Noon.AddMinutes(1), [], CancellationToken.None);

        Assert.Equal(new Usd(110), Assert.Single(spent).Cost);
    }

    [Fact]
    public async Task Spent_Grouped_TellsApartWhoHasNone()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, Noon, "acme", 1);
        await SettleAsync(ledger, Noon, "acme", 10, "chat");
        await SettleAsync(ledger, Noon, "acme", 100, "chat");
        await SettleAsync(ledger, Noon, "other", 1000, "chat");

        var spent = await ledger.SpentAsync(Noon, Noon.AddHours(1), [CostDimension.Tenant, CostDimension.Feature, CostDimension.Target], CancellationToken.None);

        Assert.Equal(
            ["acme,,mini=0.000000001", "acme,chat,mini=0.00000011", "other,chat,mini=0.000001"],
            spent.Select(row => $"{string.Join(',', row.Values)}={row.Cost}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Spent_UnknownCosts_DoNotCountUntilTheyAreCorrected()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, Noon, "acme", null);
        var id = await SettleAsync(ledger, Noon, "acme", 50);
        Assert.Equal(new Usd(50), Assert.Single(await ledger.SpentAsync(Noon, Noon.AddHours(1), [CostDimension.Tenant], CancellationToken.None)).Cost);

        _folder.Execute($"INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd) VALUES ('{id}', 1, 1, 'the invoice', -8)");

        Assert.Equal(new Usd(42), Assert.Single(await ledger.SpentAsync(Noon, Noon.AddHours(1), [CostDimension.Tenant], CancellationToken.None)).Cost);
    }

    [Fact]
    public async Task Spent_NothingThere_IsEmpty()
    {
        await using var ledger = await OpenAsync();

        Assert.Empty(await ledger.SpentAsync(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, [], CancellationToken.None));
    }

    private static async Task<string> SettleAsync(SqliteLedger ledger, DateTimeOffset acceptedAt, string tenant, long? cost, string? feature = null)
    {
        var id = RequestId.Create(acceptedAt);
        await ledger.Settle(Records.BareRecord(Records.BareIntent(0) with { Id = id, AcceptedAt = acceptedAt, Tenant = tenant, Feature = feature }, cost is { } known ? new Usd(known) : null));
        await ledger.FlushAsync();
        return id;
    }

    private Task<SqliteLedger> OpenAsync(bool isInMemory = false) =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = isInMemory ? SqliteLedgerOptions.InMemory : _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
