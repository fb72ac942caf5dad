using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>End users stand in the ledger under pseudonyms, and can be taken out of it.</summary>
public sealed class UserErasureTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly LedgerFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Noon.AddHours(1));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pseudonym_OfAUser_IsTheSameForOneKeyAndTenantOnly()
    {
        var (one, other) = (new UserPseudonyms(Key("one key of 32 characters, or so")), new UserPseudonyms(Key("another key of 32 characters")));

        Assert.Matches("^[0-9a-f]{32}$", one.Of("acme", "ada"));
        Assert.Equal(one.Of("acme", "ada"), new UserPseudonyms(Key("one key of 32 characters, or so")).Of("acme", "ada"));
        Assert.Equal(4, new[] { one.Of("acme", "ada"), one.Of("acme", "bob"), one.Of("other", "ada"), other.Of("acme", "ada") }.Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Erase_AUser_LeavesTheirCostsAndNothingOfThem(bool isRolledUp)
    {
        await using var ledger = await OpenAsync();
        for (var i = 0; i < 2500; i++) await ledger.Settle(Of("acme", "u1", Noon));
        await ledger.Settle(Of("acme", "u2", Noon));
        await ledger.Settle(Of("other", "u1", Noon));
        await ledger.Settle(Of("acme", UserPseudonyms.Erased, Noon));
        await ledger.FlushAsync();
        if (isRolledUp) await ledger.RollUpAsync(CancellationToken.None);

        Assert.Equal(2500, await ledger.EraseUserAsync("acme", "u1", CancellationToken.None));
        Assert.Equal(0, await ledger.EraseUserAsync("acme", "u1", CancellationToken.None));

        Assert.Equal(["acme|erased=2501", "acme|u2=1", "other|u1=1"], await ByUserAsync(ledger));
        await ledger.RollUpAsync(CancellationToken.None);
        Assert.Equal(["acme|erased=2501", "acme|u2=1", "other|u1=1"], await ByUserAsync(ledger));
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM requests WHERE user = 'u1'"));
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM rollup_dimensions WHERE user = 'u1'"));
        Assert.Equal(2503, _folder.Number("SELECT sum(requests) FROM rollups"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Erase_RollupsOfYears_ChangesThemInPieces(bool isErasedThere)
    {
        await using var ledger = await OpenAsync();
        foreach (var user in isErasedThere ? ["u1", "u2", UserPseudonyms.Erased] : new[] { "u1", "u2" })
        {
            for (var i = 0; i < 1100; i++) await ledger.Settle(Of("acme", user, Noon.AddMinutes(15 * i)));
            await ledger.Settle(Of("acme", user, Noon) with { Intent = Of("acme", user, Noon).Intent with { Feature = "own" + user } });
            for (var i = 0; i < 1000; i++) await ledger.Settle(Of("acme", user, Noon.AddMinutes(15 * i)) with { Intent = Of("acme", user, Noon.AddMinutes(15 * i)).Intent with { Feature = "mail" } });
        }

        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);
        var before = _folder.Rows("SELECT sum(requests), sum(attempts), sum(cost_nanousd), sum(input_tokens) FROM rollups")[0];

        using var connection = new SqliteConnection($"Data Source={_folder.Ledger};Pooling=False");
        connection.Open();
        var renamings = Rollups.OfUser(connection, "acme", "u1", UserPseudonyms.Erased);
        Assert.Equal(3, renamings.Count);
        var pieces = 0;
        for (var changed = Changes(); renamings.Count > 0; changed = Changes())
        {
            Rollups.Rename(connection, renamings);
            pieces++;
            Assert.InRange(Changes() - changed, 1, 2 * 1000); // each is taken out and added
            Assert.Equal(before, _folder.Rows("SELECT sum(requests), sum(attempts), sum(cost_nanousd), sum(input_tokens) FROM rollups")[0]);
        }

        Assert.Equal(isErasedThere ? 3 : 1, pieces);
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM rollup_dimensions WHERE user = 'u1'"));
        Assert.Equal(isErasedThere ? 4202 : 2101, _folder.Number("SELECT sum(u.requests) FROM rollups u JOIN rollup_dimensions d ON d.id = u.dimension WHERE d.user = 'erased'"));
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM rollups WHERE dimension NOT IN (SELECT id FROM rollup_dimensions)"));
        Assert.Equal(2101, _folder.Number("SELECT sum(u.requests) FROM rollups u JOIN rollup_dimensions d ON d.id = u.dimension WHERE d.user = 'u2'"));
        // What comes later finds the same place.
        var groups = _folder.Number("SELECT count(*) FROM rollup_dimensions");
        await ledger.Settle(Of("acme", UserPseudonyms.Erased, Noon));
        await ledger.FlushAsync();
        await ledger.RollUpAsync(CancellationToken.None);
        Assert.Equal(groups, _folder.Number("SELECT count(*) FROM rollup_dimensions"));

        long Changes()
        {
            using var query = connection.CreateCommand();
            query.CommandText = "SELECT total_changes()";
            return (long)query.ExecuteScalar()!;
        }
    }

    [Fact]
    public async Task Erase_WhileRequestsRun_CoversThoseThatWereAcceptedBefore()
    {
        await using var ledger = await OpenAsync();
        var (running, unwritten, later) = (Of("acme", "u1", Noon), Of("acme", "u1", Noon), Of("acme", "u1", Noon.AddHours(2)));
        ledger.Begin(running.Intent);

        await ledger.EraseUserAsync("acme", "u1", CancellationToken.None);
        Assert.Equal("erased", Assert.Single(_folder.Rows("SELECT user FROM open_requests"))[0].Value);
        foreach (var record in new[] { running, unwritten, later }) await ledger.Settle(record);
        await ledger.FlushAsync();

        Assert.Equal(["erased", "erased", "u1"], _folder.Rows("SELECT user FROM requests ORDER BY accepted_at_us, user").Select(row => row[0].Value));
        Assert.Empty(_folder.Rows("SELECT * FROM open_requests"));
    }

    private static async Task<IEnumerable<string>> ByUserAsync(SqliteLedger ledger)
    {
        var report = await ledger.CostsAsync(new CostQuery { From = Noon, Until = Noon.AddHours(1), By = [CostDimension.Tenant, CostDimension.User] }, CancellationToken.None);
        return report.Rows.Select(row => $"{string.Join('|', row.Values)}={row.Sums.Cost.NanoDollars}").Order(StringComparer.Ordinal);
    }

    private static RequestRecord Of(string tenant, string user, DateTimeOffset acceptedAt) =>
        Records.BareRecord(Records.BareIntent(0) with { Id = RequestId.Create(acceptedAt), AcceptedAt = acceptedAt, Tenant = tenant, User = user }, new Usd(1));

    private static StoreKey Key(string secret) => StoreKey.Open(new StoreSettings(SqliteLedgerOptions.InMemory, LedgerDurability.Group) { Key = new Secret("env:KEY", secret) });

    private Task<SqliteLedger> OpenAsync() => SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, _time, CancellationToken.None);
}
