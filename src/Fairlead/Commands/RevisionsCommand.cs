using System.CommandLine;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>
/// <c>fairlead revisions</c>: which configurations were in force, what each changed, and the way back. Reads the ledger's file, also
/// beside the gateway that serves it.
/// </summary>
internal static class RevisionsCommand
{
    private const int MostListed = IRevisionStore.MostKept;

    public static Command Build()
    {
        var file = new Option<string>("--config", "-c") { Description = "The configuration file.", DefaultValueFactory = _ => ConfigurationArgument.Default, Recursive = true };
        var ledger = new Option<string?>("--ledger") { Description = "The ledger's file. Default: the one that the configuration names.", Recursive = true };
        var json = new Option<bool>("--json") { Description = "Print JSON.", Recursive = true };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValue(limit) is < 1 or > MostListed) result.AddError($"--limit must be a whole number from 1 to {MostListed}.");
        });
        var against = new Option<string?>("--against") { Description = "The revision it is compared with. Default: the last one that was applied." };
        var revision = new Argument<string>("revision") { Description = "A revision, as 'list' shows it and requests name it." };

        var list = new Command("list", "List applied configurations, the newest first.") { limit };
        var show = new Command("show", "Show a revision: who applied it last, what it changed, its content.") { revision };
        var diff = new Command("diff", "Show what a revision means differently from another one, and what that touches.") { revision, against };
        var rollback = new Command("rollback", "Write the content of a revision into the configuration file; a running gateway applies it within a second.") { revision };
        list.SetAction((parsed, cancellationToken) => RunAsync(parsed, async opened =>
            RevisionsOutput.List(await opened.Store.ListAsync(parsed.GetValue(limit), null, cancellationToken), parsed.GetValue(json))));
        show.SetAction((parsed, cancellationToken) => RunAsync(parsed, async opened =>
            await FindAsync(opened, parsed.GetValue(revision)!, cancellationToken) is { } stored ? RevisionsOutput.Show(stored, parsed.GetValue(json)) : ExitCodes.Configuration));
        diff.SetAction((parsed, cancellationToken) => RunAsync(parsed, opened => DiffAsync(opened, parsed.GetValue(revision)!, parsed.GetValue(against), parsed.GetValue(json), cancellationToken)));
        rollback.SetAction((parsed, cancellationToken) => RunAsync(parsed, async opened =>
            await FindAsync(opened, parsed.GetValue(revision)!, cancellationToken) is { } stored ? RollBack(opened, stored, parsed.GetValue(file)!, parsed.GetValue(json)) : ExitCodes.Configuration));

        var command = new Command("revisions", "See and roll back the configurations that were in force.") { file, ledger, json };
        foreach (var subcommand in new[] { list, show, diff, rollback }) command.Subcommands.Add(subcommand);
        return command;

        async Task<int> RunAsync(ParseResult parsed, Func<OpenedRevisions, Task<int>> run)
        {
            try
            {
                await using var opened = await OpenedRevisions.OpenAsync(parsed.GetValue(file)!, parsed.GetValue(ledger), CancellationToken.None);
                return opened is null ? ExitCodes.Configuration : await run(opened);
            }
            catch (LedgerException exception)
            {
                return await FailAsync(exception.Message, ExitCodes.Failure);
            }
        }
    }

    private static async Task<int> DiffAsync(OpenedRevisions opened, string revision, string? against, bool isJson, CancellationToken cancellationToken)
    {
        against ??= (await opened.Store.ListAsync(1, null, cancellationToken)).FirstOrDefault()?.Revision ?? "";
        if (await FindAsync(opened, revision, cancellationToken) is not { } stored) return ExitCodes.Configuration;
        if (await FindAsync(opened, against, cancellationToken) is not { } other) return ExitCodes.Configuration;
        var diff = ContentDiff.Between(opened.Read, other.Content, stored.Content);
        if (!diff.Errors.IsEmpty) return Report(diff.Errors);
        var now = TimeProvider.System.GetUtcNow();
        var reach = Reach.Of(diff.Changes, await opened.Store.TrafficAsync(now - Reach.Span, now, cancellationToken));
        return RevisionsOutput.Diff(stored.Last.Revision, other.Last.Revision, diff, reach, isJson);
    }

    private static int RollBack(OpenedRevisions opened, StoredRevision stored, string file, bool isJson)
    {
        // Secrets stand in the environment of the gateway, not in ours: it refuses on its own what it cannot serve.
        var compiled = opened.Read(stored.Content);
        if (!compiled.Errors.IsEmpty) return Report(compiled.Errors);
        var isChange = ConfigurationFile.Read(file, file, out _) != stored.Content;
        if (isChange && ConfigurationFile.Write(file, stored.Content) is { } failure)
        {
            Console.Error.WriteLine($"fairlead: {file} cannot be changed: {failure}.");
            return ExitCodes.Failure;
        }

        return RevisionsOutput.RolledBack(stored.Last.Revision, file, isChange, isJson);
    }

    private static async Task<StoredRevision?> FindAsync(OpenedRevisions opened, string revision, CancellationToken cancellationToken)
    {
        var stored = await opened.Store.FindAsync(revision, cancellationToken);
        if (stored is null) await FailAsync($"no configuration of the revision '{revision}' is kept; 'fairlead revisions list' shows which are.", ExitCodes.Configuration);
        return stored;
    }

    private static int Report(IEnumerable<ConfigurationError> errors)
    {
        foreach (var error in errors) Console.Error.WriteLine(error);
        Console.Error.WriteLine("fairlead: this version cannot use that configuration any more; nothing was changed.");
        return ExitCodes.Configuration;
    }

    private static async Task<int> FailAsync(string message, int code)
    {
        await Console.Error.WriteLineAsync("fairlead: " + message);
        return code;
    }
}
