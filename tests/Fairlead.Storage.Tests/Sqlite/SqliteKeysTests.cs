using Fairlead.Core.Keys;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>The conformance suite over a file.</summary>
public sealed class SqliteFileKeyTests : KeyConformance, IAsyncDisposable
{
    private readonly LedgerFolder _folder = new();
    private SqliteLedger? _ledger;

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null) await _ledger.DisposeAsync();
        _folder.Dispose();
    }

    protected override async ValueTask<IKeyStore> OpenAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
        return _ledger.Keys;
    }

    [Fact]
    public async Task Change_OfAnotherProcess_IsSeenBesideARunningLedger()
    {
        var running = await OpenAsync();
        var version = await running.VersionAsync(default);

        await using (var beside = await SqliteKeys.OpenAsync(_folder.Ledger, CancellationToken.None))
        {
            Assert.Equal(KeyAddition.Added, await beside.AddAsync(Key("1", "app"), default));
        }

        Assert.NotEqual(version, await running.VersionAsync(default));
        Assert.Equal("app", Assert.Single((await running.ReadAsync(default)).Keys).Name);
    }

    [Fact]
    public async Task Permissions_ThatAreNotUnderstood_OpenNoDoor()
    {
        var store = await OpenAsync();
        await store.AddAsync(Key("1", "app"), default);
        await store.AddAsync(Key("2", "other"), default);
        foreach (var text in new[] { "{\"planets\":[\"mars\"]}", "[]", "{\"routes\":\"all\"}", "", "{\"expose\":\"all\"}", "{\"routes\":[null]}" })
        {
            _folder.Execute($"UPDATE client_keys SET permissions = '{text}' WHERE id = '1'");
            var (shut, other) = ((await store.ReadAsync(default)).Keys[0], (await store.ReadAsync(default)).Keys[1]);
            Assert.NotNull(shut.Defect);
            Assert.Equal(("1", "app", false), (shut.Id, shut.Name, shut.IsLive(shut.CreatedAt)));
            Assert.False(shut.Permissions.AllowsOperation("chat"));
            Assert.True(other.Defect is null && other.IsLive(other.CreatedAt)); // which is read none the less
        }
    }

    [Fact]
    public async Task Open_NoLedger_SaysSo()
    {
        var exception = await Assert.ThrowsAsync<LedgerException>(() => SqliteKeys.OpenAsync(_folder.Of("none.db"), CancellationToken.None));
        Assert.Contains("There is no ledger", exception.Message, StringComparison.Ordinal);
    }
}

/// <summary>The conformance suite in memory, where keys and ledger share a connection.</summary>
public sealed class SqliteMemoryKeyTests : KeyConformance, IAsyncDisposable
{
    private SqliteLedger? _ledger;

    public async ValueTask DisposeAsync()
    {
        if (_ledger is not null) await _ledger.DisposeAsync();
    }

    protected override async ValueTask<IKeyStore> OpenAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = SqliteLedgerOptions.InMemory }, TimeProvider.System, CancellationToken.None);
        return _ledger.Keys;
    }
}
