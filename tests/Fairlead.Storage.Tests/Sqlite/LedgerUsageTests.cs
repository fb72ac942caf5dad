using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>Sums of tokens, read beside the gateway that writes.</summary>
public sealed class LedgerUsageTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Read_SumsByRouteTargetAndSize_FromATimeOn()
    {
        await using (var ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger, Durability = LedgerDurability.Strict }, TimeProvider.System, CancellationToken.None))
        {
            await ledger.Settle(Request(1, "a", Attempt(1, "mini", 100, 10), Attempt(2, "mini", 201, 20)));
            await ledger.Settle(Request(2, "a", Attempt(1, "mini", 200, 30), Attempt(2, "nano", 5000, 1)));
            await ledger.Settle(Request(3, null, Attempt(1, "mini", 1, 1)));
            await ledger.Settle(Request(4, "a", Attempt(1, "mini", 7, 7) with { StartedAt = Records.Morning - TimeSpan.FromTicks(10) }));
            await ledger.Settle(Request(5, "a", Attempt(1, "mini", 0, 0) with { UsageSource = UsageSource.None }));

            Assert.Equal(Expected(), LedgerUsage.Read(_folder.Ledger, Records.Morning, [200, 1000]));
        }

        Assert.Equal(Expected(), LedgerUsage.Read(_folder.Ledger, Records.Morning, [200, 1000]));
        Assert.Equal(
            [new TargetUsage(null, "mini", 0, 1, new TokenUsage(1, 0, 0, 1, 0)), new TargetUsage("a", "mini", 0, 3, new TokenUsage(501, 0, 0, 60, 0)), new TargetUsage("a", "nano", 0, 1, new TokenUsage(5000, 0, 0, 1, 0))],
            LedgerUsage.Read(_folder.Ledger, Records.Morning, []));

        static TargetUsage[] Expected() =>
        [
            new(null, "mini", 0, 1, new TokenUsage(1, 0, 0, 1, 0)),
            new("a", "mini", 0, 2, new TokenUsage(300, 0, 0, 40, 0)),
            new("a", "mini", 200, 1, new TokenUsage(201, 0, 0, 20, 0)),
            new("a", "nano", 1000, 1, new TokenUsage(5000, 0, 0, 1, 0)),
        ];
    }

    [Fact]
    public void Read_NoLedger_OrNone_IsSaid()
    {
        File.WriteAllText(_folder.Ledger, "This is no database, and long enough to be looked at as if it were one. " + new string('x', 4096));

        Assert.Throws<LedgerException>(() => LedgerUsage.Read(_folder.Of("none.db"), Records.Morning, []));
        Assert.Throws<LedgerException>(() => LedgerUsage.Read(":memory:", Records.Morning, []));
        Assert.Throws<LedgerException>(() => LedgerUsage.Read(_folder.Ledger, Records.Morning, []));
        Assert.False(File.Exists(_folder.Of("none.db")));
    }

    private static RequestRecord Request(int number, string? route, params AttemptRecord[] attempts)
    {
        var whole = Records.Record(Records.Intent(number) with { Route = route });
        return whole with { Attempts = attempts };
    }

    private static AttemptRecord Attempt(int number, string target, long input, long output) => Records.Record(Records.Intent()).Attempts[0] with
    {
        Number = number,
        Target = target,
        StartedAt = Records.Morning,
        Usage = new TokenUsage(input, 0, 0, output, 0),
        UsageSource = UsageSource.Reported,
    };
}
