using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Costs;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>
/// Where a command changes a ledger: through the gateway that runs, when its address is given; else in the ledger itself, which no gateway may have
/// open meanwhile.
/// </summary>
internal sealed class LedgerGateway
{
    /// <summary>A gateway that was asked goes on to the end, whoever waits: minutes where it reads every request of years.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly Option<string?> _config = ConfigurationArgument.Option();
    private readonly Option<string?> _url = new("--url") { Description = $"The gateway that runs, such as {GatewayClient.DefaultAddress}. Without one the ledger is changed itself: no gateway may run then." };
    private readonly Option<string?> _key = new("--key") { Description = "The gateway's admin key: env:NAME or file:PATH." };
    private readonly Option<string> _author = new("--author") { Description = "Who does it, for the audit log. Default: the name of this user.", DefaultValueFactory = _ => Environment.UserName is { Length: > 0 } name ? name : "cli" };
    private readonly Option<string?> _reason = new("--reason") { Description = "Why, for the audit log." };

    /// <summary>A ledger that a command has for itself.</summary>
    /// <param name="Ledger">The ledger.</param>
    /// <param name="Snapshot">The configuration that names it.</param>
    /// <param name="Key">The store's key.</param>
    /// <param name="Changes">What can be done.</param>
    /// <param name="Author">Who does it.</param>
    /// <param name="Reason">Why; null where nobody says.</param>
    public sealed record Opened(SqliteLedger Ledger, GatewaySnapshot Snapshot, StoreKey Key, LedgerChanges Changes, string Author, string? Reason);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _url, _key, _config, _author, _reason }) command.Options.Add(option);
    }

    /// <summary>Does it, here or there.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="console">Hears what goes wrong.</param>
    /// <param name="path">The operation of the administration API.</param>
    /// <param name="write">Writes the members of its body.</param>
    /// <param name="here">Does it in the ledger, and tells of it.</param>
    /// <param name="told">Tells of what the gateway answered.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<int> RunAsync(
        ParseResult parsed, CommandConsole console, string path, Action<Utf8JsonWriter> write, Func<Opened, Task<int>> here, Func<JsonElement, int> told, CancellationToken cancellationToken)
    {
        var (author, reason) = (parsed.GetValue(_author)!, parsed.GetValue(_reason));
        if (author.Length is 0 or > 128 || author.Any(char.IsControl)) throw new InputException("--author must have 1 to 128 characters without control characters");
        if (author is AppliedConfiguration.ByFile or AppliedConfiguration.ByStart) throw new InputException($"--author {author}: this name is kept for changes that nobody sent");
        if (reason is not null && (reason.Length is 0 or > 1000 || reason.Any(char.IsControl))) throw new InputException("--reason must have 1 to 1000 characters without control characters");
        try
        {
            if (parsed.GetValue(_url) is not { } url) return await OpenAsync(parsed.GetValue(_config) ?? ConfigurationArgument.Default, author, reason, here, cancellationToken);
            using var client = new GatewayClient(GatewayClient.AddressOf(url), GatewayClient.KeyOf(parsed.GetValue(_key)), Patience);
            ReadOnlySpan<(string, string)> headers = reason is null ? [("x-fairlead-author", author)] : [("x-fairlead-author", author), ("x-fairlead-reason", reason)];
            return await AskAsync(console, client.PostAsync(path, Body(write), cancellationToken, headers), told);
        }
        catch (Exception exception) when (exception is LedgerException or AuditException or GatewayException)
        {
            await console.Error.WriteLineAsync("fairlead: " + exception.Message);
            return ExitCodes.Failure;
        }
    }

    private static async Task<int> AskAsync(CommandConsole console, Task<GatewayReply> asking, Func<JsonElement, int> told)
    {
        var reply = await asking;
        using var answer = reply.Body;
        try
        {
            if (reply.Status == 200) return told(answer.RootElement);
            var error = answer.RootElement.GetProperty("error");
            await console.Error.WriteLineAsync($"fairlead: the gateway refused with {reply.Status} {error.GetProperty("code").GetString()}: {error.GetProperty("message").GetString()}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            await console.Error.WriteLineAsync("fairlead: what answers is no Fairlead of this version: its JSON is of another form");
        }

        return ExitCodes.Failure;
    }

    private static async Task<int> OpenAsync(string file, string author, string? reason, Func<Opened, Task<int>> here, CancellationToken cancellationToken)
    {
        var snapshot = ConfigurationArgument.Load(file);
        if (snapshot.Store.LedgerPath == SqliteLedgerOptions.InMemory) throw new InputException($"{file} keeps its ledger in memory: give the address of the running gateway with --url");
        var settings = snapshot.Store with { Key = OpenedKeys.KeyOf(snapshot.Store, file) };
        if (!File.Exists(snapshot.Store.LedgerPath)) throw new LedgerException($"There is no ledger {snapshot.Store.LedgerPath}.");
        await using var ledger = await OpenAsync(snapshot.Store, cancellationToken);
        var key = StoreKey.Open(settings);
        return await here(new Opened(ledger, snapshot, key, new LedgerChanges(ledger, ledger.AuditWith(key)), author, reason));
    }

    private static async Task<SqliteLedger> OpenAsync(StoreSettings store, CancellationToken cancellationToken)
    {
        try
        {
            return await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = store.LedgerPath, Durability = store.Durability }, TimeProvider.System, cancellationToken);
        }
        catch (LedgerException exception) when (exception.IsInUse)
        {
            throw new LedgerException($"A gateway that runs has the ledger {store.LedgerPath} open: give its address with --url, or stop it first.", exception);
        }
    }

    private static byte[] Body(Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }
}
