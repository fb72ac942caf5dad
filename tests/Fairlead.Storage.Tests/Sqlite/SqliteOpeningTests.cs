using System.Globalization;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>What a ledger opens, and what it refuses with a message that helps.</summary>
public sealed class SqliteOpeningTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_FolderIsMissing_IsMade()
    {
        var path = _folder.Of("deep/er/ledger.db");

        await using var ledger = await OpenAsync(path);

        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Open_Again_KeepsEverything()
    {
        await using (var first = await OpenAsync()) await first.Settle(Records.Record(Records.Intent()));

        await using var second = await OpenAsync();

        Records.AssertSame(Records.Record(Records.Intent()), (await second.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record);
        Assert.Equal(0, second.Interrupted);
    }

    [Fact]
    public async Task Open_InUseByAnother_IsRefusedAndDisturbsNothing()
    {
        await using var first = await OpenAsync();
        first.Begin(Records.Intent());
        await first.FlushAsync();

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());

        Assert.Contains("in use by another gateway", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM requests"));
    }

    [Fact]
    public async Task Open_InMemory_EachIsOfItsOwn()
    {
        await using var one = await OpenAsync(SqliteLedgerOptions.InMemory);
        await using var other = await OpenAsync(SqliteLedgerOptions.InMemory);
        await one.Settle(Records.Record(Records.Intent()));

        Assert.NotNull(await one.FindAsync(Records.Id(1), "acme", CancellationToken.None));
        Assert.Null(await other.FindAsync(Records.Id(1), "acme", CancellationToken.None));
        Assert.False(File.Exists(":memory:") || File.Exists(":memory:.lock"));
    }

    [Fact]
    public async Task Open_NoDatabase_SaysSo()
    {
        await File.WriteAllTextAsync(_folder.Ledger, new string('x', 8192));

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());

        Assert.Contains($"{_folder.Ledger} is damaged or is no SQLite database", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 8192), await File.ReadAllTextAsync(_folder.Ledger));
    }

    [Fact]
    public async Task Open_DamagedDatabase_SaysSo()
    {
        await (await OpenAsync()).DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(_folder.Ledger);
        bytes.AsSpan(100, bytes.Length - 100).Fill(0xA5); // the header stays, the schema is gone
        await File.WriteAllBytesAsync(_folder.Ledger, bytes);

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());

        Assert.Contains("is damaged", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FolderCannotBeWritten_SaysSo()
    {
        // For the superuser no folder of a disk is read-only, and /proc is for everyone.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /proc.");

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync("/proc/fairlead/ledger.db"));

        Assert.Contains("The ledger /proc/fairlead/ledger.db cannot be opened for writing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_PathIsAFolder_SaysSo()
    {
        Directory.CreateDirectory(_folder.Of("folder"));

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync(_folder.Of("folder")));

        Assert.Contains("cannot be opened for writing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_Refused_LeavesTheFileFreeForTheNext()
    {
        await File.WriteAllTextAsync(_folder.Ledger, new string('x', 8192));
        await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());
        File.Delete(_folder.Ledger);

        await using var ledger = await OpenAsync();

        Assert.Equal(0, (await ledger.TotalsAsync(CancellationToken.None)).Requests);
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherApplication_IsRefusedUntouched()
    {
        _folder.Execute("CREATE TABLE bookmarks (url TEXT)");

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());

        Assert.Contains("belongs to another application", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(("name", "bookmarks"), Assert.Single(_folder.Rows("SELECT name FROM sqlite_schema"))[0]);
    }

    [Fact]
    public async Task Open_NewerVersion_IsRefused()
    {
        await (await OpenAsync()).DisposeAsync();
        _folder.Execute("INSERT INTO migrations VALUES (9999, '9999_from_the_future', 'abc', 0)");

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());

        Assert.Contains("newer version of Fairlead", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("9999_from_the_future", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_MigrationIsNotOurs_IsRefused()
    {
        await (await OpenAsync()).DisposeAsync();
        _folder.Execute("UPDATE migrations SET checksum = 'abc' WHERE number = 1");

        var refusal = await Assert.ThrowsAsync<LedgerException>(() => OpenAsync());

        Assert.Contains("another build: step 0001_ledger", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_Again_MigratesOnce()
    {
        await (await OpenAsync()).DisposeAsync();
        var first = _folder.Rows("SELECT * FROM migrations");
        await (await OpenAsync()).DisposeAsync();

        var scripts = typeof(SqliteLedger).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Select(name => Path.GetFileNameWithoutExtension(name.Replace('\\', '/'))).Order(StringComparer.Ordinal);
        Assert.Equal(scripts.Select(name => $"{int.Parse(name[..4], CultureInfo.InvariantCulture)} {name} 64"), _folder.Rows("SELECT number, name, length(checksum) FROM migrations").Select(row => string.Join(' ', row.Select(cell => cell.Value))));
        Assert.Equal(first, _folder.Rows("SELECT * FROM migrations"));
    }

    [Fact]
    public async Task Open_EveryTable_IsStrict()
    {
        await using var ledger = await OpenAsync();

        var tables = _folder.Rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").Select(row => row[0].Value).ToList();
        Assert.Contains("requests", tables);
        Assert.Equal(tables, _folder.Rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 1 ORDER BY name").Select(row => row[0].Value));
    }

    [Fact]
    public async Task Find_AnotherProcessWrites_IsNotHeldUp()
    {
        await using var ledger = await OpenAsync();
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(1)));
        await ledger.FlushAsync();

        using (_folder.LockForWriting())
        {
            Assert.NotNull(await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None));
        }
    }

    [Fact]
    public async Task Flush_AnotherProcessReads_IsNotHeldUp()
    {
        await using var ledger = await OpenAsync();
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(1)));
        await ledger.FlushAsync();

        using (_folder.ReadInTheMidst("SELECT * FROM requests"))
        {
            await ledger.Settle(Records.BareRecord(Records.BareIntent(2), new Usd(1)));
            await ledger.FlushAsync();
            Assert.Equal(2, _folder.Number("SELECT count(*) FROM requests"));
        }
    }

    private Task<SqliteLedger> OpenAsync(string? path = null) =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = path ?? _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
