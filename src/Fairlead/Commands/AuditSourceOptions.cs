using System.CommandLine;
using Fairlead.Core.Configuration;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>Where an audit log and its key are: the options that say so, and what they come to.</summary>
internal sealed class AuditSourceOptions
{
    public Option<string> Configuration { get; } = new("--config", "-c") { Description = "The configuration file.", DefaultValueFactory = _ => ConfigurationArgument.Default, Recursive = true };

    public Option<string?> Ledger { get; } = new("--ledger") { Description = "The ledger's file. Default: the one that the configuration names.", Recursive = true };

    public Option<string?> Key { get; } = new("--key") { Description = "The store's key as in 'store.key': env:NAME or file:PATH. Default: the one that the configuration names, else the file beside the ledger." };

    public Option<string?> KeyFile { get; } = new("--key-file") { Description = "A copy of the file that a gateway made beside its ledger (….key)." };

    /// <summary>Where they are. The key is null when none is to be found; nothing is made.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="needsLedger">Whether there must be a ledger.</param>
    /// <exception cref="InputException">There is none, or a key that is named cannot be read.</exception>
    public (string? Ledger, StoreKey? Key) Locate(ParseResult parsed, bool needsLedger)
    {
        var file = parsed.GetValue(Configuration)!;
        var ledger = parsed.GetValue(Ledger);
        // A configuration is asked only for what nobody says; beside an export there need not be one.
        var store = ledger is null && (needsLedger || File.Exists(file)) ? StoreOf(file) : null;
        ledger ??= store?.LedgerPath;
        if (needsLedger && ledger == SqliteLedgerOptions.InMemory) throw new InputException($"{file} keeps its ledger in memory: what a running gateway has written down can be asked over its administration API only");
        try
        {
            return (ledger, KeyOf(parsed, file, ledger, store));
        }
        catch (LedgerException exception)
        {
            throw new InputException(exception.Message);
        }
    }

    private StoreKey? KeyOf(ParseResult parsed, string file, string? ledger, StoreSettings? store)
    {
        if (parsed.GetValue(KeyFile) is { } keyFile) return StoreKey.FromFile(keyFile);
        if (parsed.GetValue(Key) is { } reference)
        {
            if (!SecretReader.IsReference(reference)) throw new InputException("--key takes env:NAME or file:PATH, never the key itself");
            return Of(reference, "") ?? throw new InputException($"no value in {reference}");
        }

        // Elsewhere than where the gateway runs its environment may be missing, and the key with it.
        if (store?.Key is { } secret) return Of(secret.Reference, Path.GetDirectoryName(Path.GetFullPath(file)) ?? "");
        return ledger is null ? null : StoreKey.Find(new StoreSettings(ledger, LedgerDurability.Group));
    }

    private static StoreKey? Of(string reference, string folder) => SecretReader.System.Read(reference, folder) is { } value
        ? StoreKey.Open(new StoreSettings(SqliteLedgerOptions.InMemory, LedgerDurability.Group) { Key = new Secret(reference, value) })
        : null;

    private static StoreSettings StoreOf(string file)
    {
        try
        {
            return ConfigurationArgument.Load(file).Store;
        }
        catch (InputException exception) when (exception.IsComplete)
        {
            throw new InputException($"{exception.Message}{Environment.NewLine}fairlead: the configuration does not say where its ledger is; name it with --ledger.") { IsComplete = true };
        }
    }
}
