using System.CommandLine;
using Fairlead.Core.Ledger;
using Fairlead.Costs;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary><c>fairlead costs</c>: what requests cost. Reads the ledger's file, also beside the gateway that serves it.</summary>
internal static class CostsCommand
{
    public static Command Build()
    {
        var by = new Option<string?>("--by") { Description = $"What to tell apart, separated by commas: {string.Join(", ", CostDimension.All)}, tag:NAME." };
        var limit = new Option<string?>("--limit") { Description = $"At most so many groups; the others become one. Default: {CostArguments.DefaultLimit}." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var csv = new Option<bool>("--csv") { Description = "Print CSV." };
        var range = new CostRangeOptions();

        var command = new Command("costs", "Show what requests cost, by tenant, team, feature, model and whatever else they are told apart by.") { by, limit, json, csv };
        range.AddTo(command);
        command.Subcommands.Add(CostsExportCommand.Build());
        command.Subcommands.Add(CostsRerateCommand.Build());
        command.Subcommands.Add(EraseUserCommand.Build());
        OutcomeCommands.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            if (parsed.GetValue(json) && parsed.GetValue(csv)) throw new InputException("--json and --csv: choose one");
            var query = range.Read(parsed, parsed.GetValue(by), parsed.GetValue(limit) ?? (parsed.GetValue(csv) ? CostArguments.MostLimit.ToString(null, null) : null));
            return await ReadAsync(console, async () =>
            {
                await using var costs = await SqliteCosts.OpenAsync(range.LedgerOf(parsed), cancellationToken);
                var report = await costs.ReportAsync(query, cancellationToken);
                if (parsed.GetValue(json)) console.Json(writer => CostJson.Write(writer, query, report));
                else if (parsed.GetValue(csv)) CostTables.Csv(console, query, report);
                else CostTables.Print(console, query, report);
                return ExitCodes.Success;
            });
        }));
        return command;
    }

    /// <summary>Runs what reads the ledger, and says why it could not.</summary>
    internal static async Task<int> ReadAsync(CommandConsole console, Func<Task<int>> read)
    {
        try
        {
            return await read();
        }
        catch (LedgerException exception)
        {
            await console.Error.WriteLineAsync("fairlead: " + exception.Message);
            return ExitCodes.Failure;
        }
        catch (CostQueryException exception)
        {
            throw new InputException(exception.Message);
        }
    }
}
