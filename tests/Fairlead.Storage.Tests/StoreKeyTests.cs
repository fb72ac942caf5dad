using Fairlead.Core.Configuration;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Storage.Tests;

public sealed class StoreKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fairlead-").FullName;

    [Fact]
    public void IsMadeOnceForItsOwnerAlone()
    {
        var settings = Settings("ledger.db");
        var first = StoreKey.Open(settings).Derive("client keys");
        var file = StoreKey.FileOf(settings.LedgerPath);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(first, StoreKey.Open(settings).Derive("client keys"));
        Assert.Equal([file], Directory.GetFiles(_folder));
    }

    [Fact]
    public void EachPurposeAndEachStoreHasAnother()
    {
        var one = StoreKey.Open(Settings("one.db"));
        Assert.NotEqual(one.Derive("client keys"), one.Derive("users"));
        Assert.NotEqual(one.Derive("client keys"), StoreKey.Open(Settings("two.db")).Derive("client keys"));
    }

    [Fact]
    public void ComesFromTheConfigurationWhereItIsWrittenThere()
    {
        var settings = Settings("ledger.db") with { Key = new Secret("env:STORE_KEY", "of the configuration") };
        Assert.Equal(StoreKey.Open(settings).Derive("users"), StoreKey.Open(Settings("other.db") with { Key = settings.Key }).Derive("users"));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void AFileThatHoldsSomethingElseIsRefused()
    {
        var settings = Settings("ledger.db");
        File.WriteAllText(StoreKey.FileOf(settings.LedgerPath), "not a key");
        var refused = Assert.Throws<LedgerException>(() => StoreKey.Open(settings));
        Assert.Contains("64 hexadecimal digits", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not a key", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherKeyThanTheStoreWasUsedWithIsRefused()
    {
        var settings = Settings("ledger.db");
        await UseAsync(settings);
        StoreKey.Open(settings); // the same again
        var file = StoreKey.FileOf(settings.LedgerPath);
        var saved = File.ReadAllText(file);

        File.Delete(file);
        Assert.Contains("is missing", Assert.Throws<LedgerException>(() => StoreKey.Open(settings)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file)); // none is made in its place
        File.WriteAllText(file, new string('a', 64));
        Assert.Contains("is not the key", Assert.Throws<LedgerException>(() => StoreKey.Open(settings)).Message, StringComparison.Ordinal);
        Assert.Contains("store.key (env:STORE_KEY) is not the key", Assert.Throws<LedgerException>(() => StoreKey.Open(settings with { Key = new Secret("env:STORE_KEY", "another one") })).Message, StringComparison.Ordinal);
        File.WriteAllText(file, saved);
        StoreKey.Open(settings);
    }

    private static async Task UseAsync(StoreSettings settings)
    {
        await using var ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = settings.LedgerPath }, TimeProvider.System, CancellationToken.None);
        await ledger.AuditWith(StoreKey.Open(settings)).AppendAsync(new Fairlead.Core.Auditing.AuditEntry("gateway.start", "start", ""), CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private StoreSettings Settings(string name) => new(Path.Combine(_folder, name), LedgerDurability.Group);
}
