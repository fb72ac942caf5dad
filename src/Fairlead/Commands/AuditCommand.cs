using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Fairlead.Auditing;
using Fairlead.Core.Auditing;
using Fairlead.Storage.Sqlite;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary>
/// <c>fairlead audit</c>: checks the audit log, lists and exports it. Reads the ledger's file, also beside the gateway that serves it, or an export.
/// </summary>
internal static class AuditCommand
{
    private const int MostListed = 10_000;

    public static Command Build()
    {
        var source = new AuditSourceOptions();
        var json = new Option<bool>("--json") { Description = "Print JSON.", Recursive = true };
        var command = new Command("audit", "Check, list and export the log of administrative changes.") { source.Configuration, source.Ledger, json };
        command.Subcommands.Add(BuildVerify(source, json));
        command.Subcommands.Add(BuildList(source, json));
        command.Subcommands.Add(BuildExport(source));
        return command;
    }

    private static Command BuildVerify(AuditSourceOptions source, Option<bool> json)
    {
        var export = new Option<string?>("--file") { Description = "Check an export (JSON lines) instead of the ledger; - is standard input." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "A file of checkpoints that was kept elsewhere: finds a cut-off end and an older copy." };
        var command = new Command("verify", "Go through the chain; say what was changed, removed, inserted or cut off, and where. Ends with 0 when nothing was, with 1 when something was, with 2 when it cannot be told.")
        {
            export, checkpoint, source.Key, source.KeyFile,
        };
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var located = source.Locate(parsed, needsLedger: parsed.GetValue(export) is null);
            var checkpoints = parsed.GetValue(checkpoint) is { } path ? AuditFiles.ReadCheckpoints(path, located.Key?.Derive(AuditCheckpoint.KeyPurpose)) : [];
            var key = located.Key?.Derive(AuditChain.KeyPurpose);
            var verdict = parsed.GetValue(export) is { } file ? AuditFiles.Verify(file, key, checkpoints) : await VerifyAsync(located.Ledger!, key, checkpoints, cancellationToken);
            Print(console, verdict, parsed.GetValue(json));
            return verdict.Finding is null ? ExitCodes.Success : ExitCodes.Failure;
        }));
        return command;
    }

    private static Command BuildList(AuditSourceOptions source, Option<bool> json)
    {
        var last = new Option<int>("--last") { Description = "At most so many, the newest first.", DefaultValueFactory = _ => 20 };
        last.Validators.Add(result =>
        {
            if (result.GetValue(last) is < 1 or > MostListed) result.AddError($"--last must be a whole number from 1 to {MostListed}.");
        });
        var command = new Command("list", "List records, the newest first. Checks nothing.") { last };
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            await using var reader = await OpenAsync(source.Locate(parsed, needsLedger: true).Ledger!, cancellationToken);
            var records = await ReadingAsync(async () => await reader.ListAsync(parsed.GetValue(last), cancellationToken));
            if (parsed.GetValue(json)) PrintJson(console, records);
            else PrintTable(console, records);
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command BuildExport(AuditSourceOptions source)
    {
        var command = new Command("export", "Print every record from the first as a line of JSON; 'verify --file' checks what was printed. Checks nothing.");
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            await using var reader = await OpenAsync(source.Locate(parsed, needsLedger: true).Ledger!, cancellationToken);
            await ReadingAsync(async () =>
            {
                await reader.ReadAsync(record => console.Out.Write(AuditJson.Line(json => AuditJson.Write(json, record)) + "\n"), cancellationToken);
                return 0;
            });
            return ExitCodes.Success;
        }));
        return command;
    }

    private static async Task<AuditVerdict> VerifyAsync(string ledger, byte[]? key, ImmutableArray<AuditCheckpoint> checkpoints, CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(ledger, cancellationToken);
        return await ReadingAsync(async () => await reader.VerifyAsync(key, checkpoints, cancellationToken));
    }

    private static Task<SqliteAuditReader> OpenAsync(string ledger, CancellationToken cancellationToken) => ReadingAsync(() => SqliteAuditReader.OpenAsync(ledger, cancellationToken));

    private static async Task<T> ReadingAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (LedgerException exception)
        {
            throw new InputException(exception.Message);
        }
    }

    private static void Print(CommandConsole console, AuditVerdict verdict, bool isJson)
    {
        if (isJson)
        {
            console.Json(json => AuditJson.Write(json, verdict, AuditJson.NotesOn(verdict)));
            return;
        }

        var upTo = verdict.Last is { } last ? $", the last of {AuditTime.Write(last.At)}" : "";
        if (verdict.Finding is { } finding)
        {
            console.Line($"TAMPERED at {finding.Position} ({AuditJson.NameOf(finding.Fault)}): {finding.Text}.", new Style(Color.Red));
            console.Line($"Good before that: {verdict.Records} {Records(verdict.Records)}{upTo}.");
        }
        else
        {
            console.Line($"Good: {verdict.Records} {Records(verdict.Records)}{upTo}; {verdict.Checkpoints} {(verdict.Checkpoints == 1 ? "checkpoint" : "checkpoints")} met.");
        }

        foreach (var note in AuditJson.NotesOn(verdict)) console.Line(note);
    }

    private static string Records(long count) => count == 1 ? "record" : "records";

    private static void PrintJson(CommandConsole console, ImmutableArray<AuditRecord> records) => console.Json(json =>
    {
        json.WriteStartArray();
        foreach (var record in records)
        {
            json.WriteStartObject();
            AuditJson.Write(json, record);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void PrintTable(CommandConsole console, ImmutableArray<AuditRecord> records)
    {
        var table = CommandConsole.Table("#", "at (UTC)", "action", "by", "subject", "reason", "detail");
        foreach (var record in records)
        {
            string[] cells =
            [
                record.Number.ToString(CultureInfo.InvariantCulture), record.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), record.Entry.Action, record.Entry.Actor, record.Entry.Subject,
                record.Entry.Reason ?? "", record.Entry.Detail ?? "",
            ];
            table.AddRow(cells.Select(cell => new Text(Printable(cell))));
        }

        console.Write(table);
    }

    /// <summary>What a terminal would obey is no part of what somebody wrote.</summary>
    private static string Printable(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(character => char.IsControl(character) ? '\ufffd' : character)) : text;
}
