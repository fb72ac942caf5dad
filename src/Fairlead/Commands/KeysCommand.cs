using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>
/// <c>fairlead keys</c>: makes, lists, replaces and revokes the keys of the store. Works on the store's file, with or without a gateway that serves it; a
/// running one hears of it within a second.
/// </summary>
internal static class KeysCommand
{
    private const string None = "none";

    private static readonly Option<string?> Config = new("--config", "-c") { Description = $"The configuration file. Default: {ConfigurationArgument.Default} in this folder.", Recursive = true };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object.", Recursive = true };
    private static readonly Option<string> Author = new("--author") { Description = "Who does it, for the audit log. Default: the name of this user.", DefaultValueFactory = _ => Environment.UserName is { Length: > 0 } name ? name : "cli" };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why, for the audit log." };
    private static readonly Argument<string> Key = new("KEY") { Description = "A key, by its id or its name." };

    public static Command Build()
    {
        var command = new Command("keys", "Make, list, replace and revoke the keys that clients send.") { Config, Json };
        command.Subcommands.Add(BuildCreate());
        command.Subcommands.Add(BuildList());
        command.Subcommands.Add(BuildShow());
        command.Subcommands.Add(BuildRotate());
        command.Subcommands.Add(BuildRevoke());
        return command;
    }

    private static Command BuildCreate()
    {
        var name = new Argument<string>("NAME") { Description = "What records and logs say instead of the secret." };
        var owner = new Option<string?>("--owner") { Description = "Who answers for it." };
        var tenant = new Option<string>("--tenant") { Description = "Whose requests these are.", DefaultValueFactory = _ => "default" };
        var team = new Option<string?>("--team") { Description = "The team it is for." };
        var feature = new Option<string?>("--feature") { Description = "The feature it is for. Default: what the request says." };
        var expires = new Option<string?>("--expires") { Description = "The last day that it holds, in UTC, such as 2027-06-30. Default: it never ends." };
        var routes = List("--route", "A route that it may use. Default: all that are not restricted.");
        var targets = List("--target", "A target that it may use. Default: all that are not restricted.");
        var environments = List("--environment", "An environment that it is for. Default: any.");
        var maySet = List("--may-set", "A claim that its requests may make; none for none. Default: all.");
        var operations = List("--operation", "What it may ask for: chat, count_tokens, models, explain, requests, outcomes. Default: everything.");
        var tools = List("--tool", "A tool that its requests may offer; none for none. Default: any.");
        var expose = new Option<string>("--expose") { Description = "How much it hears of how its requests are served.", DefaultValueFactory = _ => "full" };
        expose.AcceptOnlyFromAmong("full", "minimal");
        var criticality = new Option<string>("--criticality") { Description = "How much its requests matter while there is no room for all.", DefaultValueFactory = _ => "normal" };
        criticality.AcceptOnlyFromAmong([.. Criticalities.Names]);
        var rpm = new Option<int?>("--rpm") { Description = "Requests per minute, at most." };
        var tpm = new Option<int?>("--tpm") { Description = "Tokens per minute, at most." };
        var concurrent = new Option<int?>("--concurrent") { Description = "Requests at the same time, at most." };
        var command = new Command("create", "Make a key. Its secret is shown once.")
        {
            name, owner, tenant, team, feature, expires, routes, targets, environments, maySet, operations, tools, expose, criticality, rpm, tpm, concurrent, Author, Reason,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, mayMake: true, async (console, opened) =>
        {
            var limits = new RateLimits(parsed.GetValue(rpm), parsed.GetValue(tpm), parsed.GetValue(concurrent));
            var request = new KeyRequest
            {
                Name = parsed.GetValue(name)!,
                Owner = parsed.GetValue(owner),
                Tenant = parsed.GetValue(tenant)!,
                Team = parsed.GetValue(team),
                Feature = parsed.GetValue(feature),
                Expires = Day(parsed.GetValue(expires)),
                Routes = Names(parsed.GetValue(routes)),
                Targets = Names(parsed.GetValue(targets)),
                Environments = Names(parsed.GetValue(environments)),
                MaySet = Names(parsed.GetValue(maySet)),
                Operations = Names(parsed.GetValue(operations)),
                Tools = Names(parsed.GetValue(tools)),
                IsMinimal = parsed.GetValue(expose) == "minimal",
                Criticality = Criticalities.Of(parsed.GetValue(criticality)),
                Limits = limits is { RequestsPerMinute: null, TokensPerMinute: null, Concurrent: null } ? null : limits,
            };
            var snapshot = opened.Snapshot;
            var outcome = await opened.Administration.CreateAsync(request, other => snapshot.Keys.Any(key => key.Name == other), AuthorOf(parsed), cancellationToken);
            return Print(console, parsed, opened, outcome);
        }, cancellationToken));
        return command;
    }

    private static Command BuildList()
    {
        var all = new Option<bool>("--all") { Description = "Also those that have expired or are revoked." };
        var command = new Command("list", "List the keys of the store, and those of the configuration.") { all };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, mayMake: false, async (console, opened) =>
        {
            var now = TimeProvider.System.GetUtcNow();
            ImmutableArray<StoredKey> keys = [.. (await opened.Store.ReadAsync(cancellationToken)).Keys.Where(key => parsed.GetValue(all) || key.IsLive(now))];
            KeysOutput.List(console, keys, opened.Snapshot, now, parsed.GetValue(Json));
            return ExitCodes.Success;
        }, cancellationToken));
        return command;
    }

    private static Command BuildShow()
    {
        var command = new Command("show", "Show a key: what it may do, since when, by whom.") { Key };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, mayMake: false, async (console, opened) =>
        {
            var found = KeyAdministration.Find((await opened.Store.ReadAsync(cancellationToken)).Keys, parsed.GetValue(Key)!);
            if (found is null) throw new InputException($"the store has no key '{parsed.GetValue(Key)}'; 'fairlead keys list --all' shows which it has");
            KeysOutput.Show(console, found, opened.Snapshot, TimeProvider.System.GetUtcNow(), parsed.GetValue(Json));
            return ExitCodes.Success;
        }, cancellationToken));
        return command;
    }

    private static Command BuildRotate()
    {
        var overlap = new Option<string>("--overlap") { Description = "How long the old secret goes on: 0, or a time to 30d such as 90m, 24h, 7d.", DefaultValueFactory = _ => "24h" };
        var command = new Command("rotate", "Give a key a new secret, which is shown once. The old one goes on for a while.") { Key, overlap, Author, Reason };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, mayMake: false, async (console, opened) =>
        {
            if (!KeyOverlap.TryRead(parsed.GetValue(overlap)!, out var time)) throw new InputException($"--overlap {KeyOverlap.Rule}");
            return Print(console, parsed, opened, await opened.Administration.RotateAsync(parsed.GetValue(Key)!, time, AuthorOf(parsed), cancellationToken));
        }, cancellationToken));
        return command;
    }

    private static Command BuildRevoke()
    {
        var command = new Command("revoke", "End a key for good: one by its id, or every one of a name.") { Key, Author, Reason };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, mayMake: false, async (console, opened) =>
            Print(console, parsed, opened, await opened.Administration.RevokeAsync(parsed.GetValue(Key)!, AuthorOf(parsed), cancellationToken)), cancellationToken));
        return command;
    }

    private static int Print(CommandConsole console, ParseResult parsed, OpenedKeys opened, KeyOutcome outcome)
    {
        switch (outcome)
        {
            case KeyOutcome.Issued issued:
                KeysOutput.Issued(console, issued, opened.Snapshot, TimeProvider.System.GetUtcNow(), parsed.GetValue(Json));
                return ExitCodes.Success;
            case KeyOutcome.Revoked revoked:
                KeysOutput.Revoked(console, revoked, opened.Snapshot, TimeProvider.System.GetUtcNow(), parsed.GetValue(Json));
                return ExitCodes.Success;
            case KeyOutcome.Invalid invalid:
                throw new InputException($"{invalid.Defect.Member}: {invalid.Defect.Message}");
            case KeyOutcome.Conflict conflict:
                console.Error.WriteLine("fairlead: " + conflict.Why);
                return ExitCodes.Failure;
            default:
                throw new InputException($"the store has no key '{parsed.GetValue(Key)}'; 'fairlead keys list --all' shows which it has");
        }
    }

    private static Task<int> RunAsync(ParseResult parsed, bool mayMake, Func<CommandConsole, OpenedKeys, Task<int>> run, CancellationToken cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
    {
        try
        {
            await using var opened = await OpenedKeys.OpenAsync(parsed.GetValue(Config), mayMake, cancellationToken);
            return await run(console, opened);
        }
        catch (Exception exception) when (exception is LedgerException or AuditException)
        {
            console.Error.WriteLine("fairlead: " + exception.Message);
            return ExitCodes.Failure;
        }
    });

    private static KeyAuthor AuthorOf(ParseResult parsed)
    {
        var author = parsed.GetValue(Author)!;
        if (author.Length is 0 or > 128 || author.Any(char.IsControl)) throw new InputException("--author must have 1 to 128 characters without control characters");
        if (author is AppliedConfiguration.ByFile or AppliedConfiguration.ByStart) throw new InputException($"--author {author}: this name is kept for changes that nobody sent");
        var reason = parsed.GetValue(Reason);
        if (reason is not null && (reason.Length is 0 or > 1000 || reason.Any(char.IsControl))) throw new InputException("--reason must have 1 to 1000 characters without control characters");
        return new KeyAuthor(author, reason);
    }

    private static Option<string[]> List(string name, string description) => new(name) { Description = description + " May be given several times, or as a list with commas.", AllowMultipleArgumentsPerToken = false };

    /// <summary>The names of an option; null when it was not given, none when it says so.</summary>
    private static ImmutableArray<string>? Names(string[]? values)
    {
        if (values is not { Length: > 0 }) return null;
        string[] names = [.. values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal)];
        return names is [None] ? [] : [.. names];
    }

    private static DateOnly? Day(string? text)
    {
        if (text is null) return null;
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new InputException("--expires must be a day, such as 2027-06-30");
    }
}
