using System.CommandLine;
using Fairlead.Costs;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary><c>fairlead costs export</c>: requests or attempts, a row each, as CSV or JSON.</summary>
internal static class CostsExportCommand
{
    public static Command Build()
    {
        var format = new Option<string>("--format") { Description = "csv, or jsonl: a JSON object a line.", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "jsonl");
        var attempts = new Option<bool>("--attempts") { Description = "A row for each attempt, in place of each request." };
        var range = new CostRangeOptions();
        var command = new Command("export", "Print requests or attempts with what they cost, a row each.") { format, attempts };
        range.AddTo(command, canFilter: false);
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, console =>
        {
            var query = range.Read(parsed, null, null);
            return CostsCommand.ReadAsync(console, async () =>
            {
                await using var costs = await SqliteCosts.OpenAsync(range.LedgerOf(parsed), cancellationToken);
                var export = new CostExport(parsed.GetValue(format) == "csv", parsed.GetValue(attempts));
                await console.Out.WriteAsync(export.Head);
                await foreach (var page in costs.ExportAsync(query.From, query.Until, export.AreAttempts, cancellationToken)) await console.Out.WriteAsync(export.Write(page));
                return ExitCodes.Success;
            });
        }));
        return command;
    }
}
