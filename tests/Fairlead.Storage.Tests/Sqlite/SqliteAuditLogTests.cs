using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>The conformance suite over a file.</summary>
public sealed class SqliteFileAuditTests : SqliteAuditConformance, IDisposable
{
    private readonly LedgerFolder _folder = new();

    protected override string Path => _folder.Ledger;

    public void Dispose() => _folder.Dispose();
}

/// <summary>The conformance suite in memory.</summary>
public sealed class SqliteMemoryAuditTests : SqliteAuditConformance
{
    protected override string Path => SqliteLedgerOptions.InMemory;
}

public abstract class SqliteAuditConformance : AuditConformance, IAsyncDisposable
{
    private readonly StoreKey _key = StoreKey.Open(new StoreSettings(SqliteLedgerOptions.InMemory, LedgerDurability.Group));
    private SqliteLedger? _ledger;
    private SqliteAuditLog? _log;

    protected abstract string Path { get; }

    protected override byte[] Key => _key.Derive(AuditChain.KeyPurpose);

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null) await _ledger.DisposeAsync();
    }

    protected override async ValueTask<IAuditLog> OpenAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = Path }, TimeProvider.System, CancellationToken.None);
        return _log = _ledger.AuditWith(_key);
    }

    protected override async ValueTask<IReadOnlyList<AuditRecord>> ReadAsync() => [.. (await _log!.ListAsync(1000, null, CancellationToken.None)).Reverse()];
}

/// <summary>The audit log in the ledger's file: beside a second process, a busy ledger, a disk that refuses.</summary>
public sealed class SqliteAuditLogTests : IDisposable
{
    private static readonly AuditEntry Entry = new("key.create", "admin", "marketing");

    private readonly LedgerFolder _folder = new();
    private readonly StoreKey _key = StoreKey.Open(new StoreSettings(SqliteLedgerOptions.InMemory, LedgerDurability.Group));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Append_EveryColumn_HoldsItsValue()
    {
        await using var ledger = await OpenAsync(new ManualTime());

        await ledger.AuditWith(_key).AppendAsync(Entry with { Reason = "why", Detail = "{}" }, CancellationToken.None);

        var record = Assert.Single(await ledger.AuditWith(_key).ListAsync(10, null, CancellationToken.None));
        Assert.Equal(
            [
                ("seq", "1"), ("made_at_us", "1772701200000000"), ("action", "key.create"), ("actor", "admin"), ("subject", "marketing"), ("reason", "why"), ("detail", "{}"),
                ("previous", AuditChain.Genesis), ("hash", record.Hash), ("mac", record.Mac),
            ],
            Assert.Single(_folder.Rows("SELECT * FROM audit")));
        Assert.Matches("^[0-9a-f]{64}$", record.Hash);
        Assert.Matches("^[0-9a-f]{64}$", record.Mac);
    }

    [Fact]
    public async Task Append_ByTwoProcessesInTurns_IsOneChain()
    {
        await using var ledger = await OpenAsync();
        await using var beside = await SqliteAuditLog.OpenAsync(_folder.Ledger, _key, TimeProvider.System, CancellationToken.None);
        var log = ledger.AuditWith(_key);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? log : beside).AppendAsync(Entry with { Subject = $"{i}" }, CancellationToken.None).AsTask()));

        var records = (await log.ListAsync(100, null, CancellationToken.None)).Reverse().ToList();
        Assert.Equal(40, records.Count);
        Assert.Equal(Enumerable.Range(1, 40), records.Select(record => (int)record.Number));
        Assert.Equal(records[..^1].Select(record => record.Hash), records[1..].Select(record => record.Previous));
    }

    [Fact]
    public async Task Append_WhileAnotherProcessWrites_IsRefusedAndWorksAfterwards()
    {
        await using var ledger = await OpenAsync();
        var log = ledger.AuditWith(_key);
        using (_folder.LockForWriting())
        {
            var exception = await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Entry, CancellationToken.None));
            Assert.Contains("locked", exception.Message, StringComparison.Ordinal);
        }

        await log.AppendAsync(Entry, CancellationToken.None);

        Assert.Equal(1, Assert.Single(await log.ListAsync(10, null, CancellationToken.None)).Number);
        ledger.Begin(Records.BareIntent(1)); // and the connection is as the ledger needs it
        await ledger.FlushAsync();
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM open_requests"));
    }

    [Fact]
    public async Task Add_DiskIsFull_IsRefusedAndWorksOnceThereIsRoom()
    {
        await (await OpenAsync()).DisposeAsync();
        var key = _key.Derive(AuditChain.KeyPurpose);
        await using var connection = LedgerFile.Open(_folder.Ledger, "audit", "audit log");
        Number("PRAGMA synchronous = NORMAL; PRAGMA max_page_count = 1"); // SQLite takes as many as there are
        var written = 0;
        var refused = Record.Exception(() =>
        {
            for (; written < 1000; written++) Add();
        });

        Assert.Equal(13, Assert.IsType<Microsoft.Data.Sqlite.SqliteException>(refused).SqliteErrorCode);
        Assert.Equal(1, Number("PRAGMA synchronous")); // as it was
        Number("PRAGMA max_page_count = 100000");
        Add();
        Assert.Equal(written + 1, Number("SELECT max(seq) FROM audit"));
        var verdict = AuditRows.Verify(connection, key, []);
        Assert.Equal((null, written + 1), (verdict.Finding, (int)verdict.Records));

        void Add() => AuditRows.Add(
            connection, synchronous: 1, (number, previous) => AuditChain.Next(number, previous, DateTimeOffset.UnixEpoch, Entry with { Reason = new string('x', 5000) }, key));

        long Number(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Append_LedgerIsClosed_IsRefused()
    {
        var ledger = await OpenAsync();
        var log = ledger.AuditWith(_key);
        await ledger.DisposeAsync();

        await Assert.ThrowsAsync<AuditException>(async () => await log.AppendAsync(Entry, CancellationToken.None));
    }

    [Fact]
    public async Task Append_LastRecordWasTakenOut_GivesItsNumberNotAgain()
    {
        await using var ledger = await OpenAsync();
        var log = ledger.AuditWith(_key);
        for (var i = 0; i < 3; i++) await log.AppendAsync(Entry, CancellationToken.None);
        _folder.Execute("DELETE FROM audit WHERE seq = 3");

        await log.AppendAsync(Entry, CancellationToken.None);

        Assert.Equal([4, 2, 1], (await log.ListAsync(10, null, CancellationToken.None)).Select(record => (int)record.Number));
    }

    [Fact]
    public async Task List_PageByPage_HasEachOnce()
    {
        await using var ledger = await OpenAsync();
        var log = ledger.AuditWith(_key);
        for (var i = 0; i < 5; i++) await log.AppendAsync(Entry, CancellationToken.None);

        var first = await log.ListAsync(3, null, CancellationToken.None);
        var second = await log.ListAsync(3, first[^1].Number, CancellationToken.None);

        Assert.Equal([5, 4, 3, 2, 1], first.Concat(second).Select(record => (int)record.Number));
    }

    [Fact]
    public async Task Open_FileIsMissing_SaysSo()
    {
        var exception = await Assert.ThrowsAsync<LedgerException>(() => SqliteAuditLog.OpenAsync(_folder.Ledger, _key, TimeProvider.System, CancellationToken.None));

        Assert.Equal($"There is no ledger {_folder.Ledger}.", exception.Message);
        Assert.False(File.Exists(_folder.Ledger));
    }

    [Fact]
    public async Task Open_NoLedgerOfThisVersion_SaysSo()
    {
        _folder.Execute("CREATE TABLE x (y)");

        var exception = await Assert.ThrowsAsync<LedgerException>(() => SqliteAuditLog.OpenAsync(_folder.Ledger, _key, TimeProvider.System, CancellationToken.None));

        Assert.Equal($"The ledger {_folder.Ledger} has no audit log: no gateway of this version has served it yet.", exception.Message);
    }

    private Task<SqliteLedger> OpenAsync(TimeProvider? time = null) =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, time ?? TimeProvider.System, CancellationToken.None);
}
