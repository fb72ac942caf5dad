using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Providers.Registry;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>The keys of a configuration's store, with or without a gateway that serves it.</summary>
internal sealed class OpenedKeys : IAsyncDisposable
{
    private readonly SqliteKeys _store;
    private readonly SqliteAuditLog _audit;

    private OpenedKeys(GatewaySnapshot snapshot, SqliteKeys store, SqliteAuditLog audit, KeyDigester digester)
    {
        Snapshot = snapshot;
        _store = store;
        _audit = audit;
        Administration = new KeyAdministration(store, digester, audit, TimeProvider.System);
    }

    /// <summary>The configuration; its secrets are made up.</summary>
    public GatewaySnapshot Snapshot { get; }

    public IKeyStore Store => _store;

    public KeyAdministration Administration { get; }

    /// <summary>Opens them.</summary>
    /// <param name="file">The configuration file; null for the one of this folder, or for what the environment says where there is none.</param>
    /// <param name="mayMake">Whether the store is made where there is none yet.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="InputException">The configuration cannot be read, or keeps nothing.</exception>
    /// <exception cref="LedgerException">The store cannot be opened.</exception>
    public static async Task<OpenedKeys> OpenAsync(string? file, bool mayMake, CancellationToken cancellationToken)
    {
        var snapshot = Load(file);
        var settings = snapshot.Store with { Key = KeyOf(snapshot.Store, file) };
        var path = settings.LedgerPath;
        if (path == SqliteLedgerOptions.InMemory) throw new InputException("the configuration keeps its store in memory: keys of a running gateway can be changed over its administration API only");
        var store = await OpenStoreAsync(path, mayMake, cancellationToken);
        try
        {
            var key = StoreKey.Open(settings);
            var audit = await SqliteAuditLog.OpenAsync(path, key, TimeProvider.System, cancellationToken);
            return new OpenedKeys(snapshot, store, audit, new KeyDigester(key.Derive(KeyDigester.Purpose)));
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _audit.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static async Task<SqliteKeys> OpenStoreAsync(string path, bool mayMake, CancellationToken cancellationToken)
    {
        try
        {
            return await SqliteKeys.OpenAsync(path, cancellationToken);
        }
        catch (LedgerException) when (mayMake)
        {
            // There is none yet, or one of an older version: then it is made, unless a gateway has it open; whatever else is wrong is told by this.
            await (await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = path }, TimeProvider.System, cancellationToken)).DisposeAsync();
            return await SqliteKeys.OpenAsync(path, cancellationToken);
        }
    }

    private static GatewaySnapshot Load(string? file)
    {
        if (file is not null || File.Exists(ConfigurationArgument.Default)) return ConfigurationArgument.Load(file ?? ConfigurationArgument.Default);
        var vendors = VendorRegistry.LoadBuiltIn();
        if (EnvironmentConfiguration.Write(vendors, Environment.GetEnvironmentVariable) is not { } text) throw new InputException($"there is no {ConfigurationArgument.Default} in this folder; name the configuration with --config");
        return ConfigurationArgument.Compiler(vendors, SecretReader.AllSet).Compile(text, "environment", "").Snapshot!;
    }

    /// <summary>The one secret that is needed here; the others may be elsewhere.</summary>
    public static Secret? KeyOf(StoreSettings store, string? file)
    {
        if (store.Key is not { Reference: var reference }) return null;
        var folder = Path.GetDirectoryName(Path.GetFullPath(file ?? ConfigurationArgument.Default)) ?? "";
        return SecretReader.System.Read(reference, folder) is { } value ? new Secret(reference, value) : throw new InputException($"store.key: no value in {reference}; keys and users cannot be told without it");
    }
}
