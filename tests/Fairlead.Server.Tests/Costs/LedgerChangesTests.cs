using Fairlead.Core.Auditing;
using Fairlead.Core.Ledger;
using Fairlead.Costs;
using Fairlead.Server.Tests.Commands;
using Fairlead.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Costs;

/// <summary>What is written down of changes that do not come to their end.</summary>
public sealed class LedgerChangesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _givenUp = new();

    public void Dispose()
    {
        _givenUp.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Erase_ThatFails_IsWrittenDownAsThat()
    {
        await using var ledger = await OpenAsync();
        Execute("DROP TABLE open_requests");
        var audit = new Audit();

        await Assert.ThrowsAsync<LedgerException>(() => new LedgerChanges(ledger, audit).EraseUserAsync("acme", "u1", "ada", "asked for it", CancellationToken.None));

        Assert.Equal(["user.erase", "user.erase.failed"], audit.Entries.Select(entry => entry.Action));
        Assert.Equal(audit.Entries[0], audit.Entries[1] with { Action = "user.erase" });
    }

    [Fact]
    public async Task Erase_ThatIsGivenUp_IsWrittenDownAsThat()
    {
        await using var ledger = await OpenAsync();
        var audit = new Audit { Written = _givenUp.Cancel };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new LedgerChanges(ledger, audit).EraseUserAsync("acme", "u1", "ada", null, _givenUp.Token));

        Assert.Equal(["user.erase", "user.erase.failed"], audit.Entries.Select(entry => entry.Action));
    }

    [Fact]
    public async Task Erase_WhoseFailureCannotBeWrittenDown_FailsAsItDid()
    {
        await using var ledger = await OpenAsync();
        Execute("DROP TABLE open_requests");
        var audit = new Audit { Most = 1 };

        await Assert.ThrowsAsync<LedgerException>(() => new LedgerChanges(ledger, audit).EraseUserAsync("acme", "u1", "ada", null, CancellationToken.None));

        Assert.Equal("user.erase", Assert.Single(audit.Entries).Action);
    }

    [Fact]
    public async Task Removal_ThatAStopCutsOff_IsNoFailure()
    {
        await using var ledger = await OpenAsync();
        Execute("INSERT INTO rollups VALUES (0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)");
        var audit = new Audit { Written = _givenUp.Cancel };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new LedgerChanges(ledger, audit).RemoveExpiredAsync(new LedgerRetention(null, TimeSpan.FromDays(400)), new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero), _givenUp.Token));

        Assert.Equal("ledger.retention", Assert.Single(audit.Entries).Action);
    }

    private Task<SqliteLedger> OpenAsync() => SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.File("ledger.db") }, TimeProvider.System, CancellationToken.None);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("ledger.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class Audit : IAuditLog
    {
        public List<AuditEntry> Entries { get; } = [];

        public int Most { get; init; } = int.MaxValue;

        public Action? Written { get; init; }

        public ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Entries.Count == Most) throw new AuditException("no room");
            Entries.Add(entry);
            Written?.Invoke();
            return ValueTask.CompletedTask;
        }
    }
}
