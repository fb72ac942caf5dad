using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Core.Routing;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>The revisions of a configuration file's ledger, and how contents of that file are read.</summary>
internal sealed class OpenedRevisions : IAsyncDisposable
{
    private readonly SqliteRevisions _store;

    private OpenedRevisions(SqliteRevisions store, Func<string, CompiledConfiguration> read)
    {
        _store = store;
        Read = read;
    }

    public IRevisionStore Store => _store;

    /// <summary>Compiles a content without reading secrets.</summary>
    public Func<string, CompiledConfiguration> Read { get; }

    /// <summary>Opens them; null when the ledger cannot be told, and the user has heard why.</summary>
    /// <param name="file">The configuration file.</param>
    /// <param name="ledger">The ledger's file; null for the one that the configuration names.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <exception cref="LedgerException">There is no such ledger, or it has no revisions.</exception>
    public static async Task<OpenedRevisions?> OpenAsync(string file, string? ledger, CancellationToken cancellationToken)
    {
        var compiler = new ConfigurationCompiler(VendorRegistry.LoadBuiltIn(), BuiltInCatalog.Load(), SecretReader.System, SimulatedVendors.Defect, PolicyProof.Of).WithoutSecrets();
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "";
        CompiledConfiguration Read(string content) => compiler.Compile(content, file, folder);

        ledger ??= LedgerOf(file, Read);
        return ledger is null ? null : new OpenedRevisions(await SqliteRevisions.OpenAsync(ledger, cancellationToken), Read);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static string? LedgerOf(string file, Func<string, CompiledConfiguration> read)
    {
        var compiled = ConfigurationFile.Read(file, file, out var error) is { } content ? read(content) : new CompiledConfiguration(null, [error!]);
        if (compiled.Snapshot is { } snapshot)
        {
            if (snapshot.Store.LedgerPath != SqliteLedgerOptions.InMemory) return snapshot.Store.LedgerPath;
            Console.Error.WriteLine($"fairlead: {file} keeps its ledger in memory: what a running gateway has applied can be asked over its administration API only.");
            return null;
        }

        foreach (var each in compiled.Errors) Console.Error.WriteLine(each);
        Console.Error.WriteLine("fairlead: the configuration does not say where its ledger is; name it with --ledger.");
        return null;
    }
}
