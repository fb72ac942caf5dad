using System.CommandLine;
using System.Text.Json;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Costs;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Commands;

/// <summary>
/// <c>fairlead costs outcomes</c>, <c>value</c> and <c>explain</c>: what successful answers cost, what was earned and saved, and why a cost changed. They read
/// the ledger's file, also beside the gateway that serves it.
/// </summary>
internal static class OutcomeCommands
{
    public static void AddTo(Command costs)
    {
        costs.Subcommands.Add(Report(
            "outcomes", "Show how many answers were a success, and what a successful one costs, with retries and failed attempts in it.", "workload,target", tellsRescued: false, SumsJson.WriteOutcomes, SumsTables.PrintOutcomes));
        costs.Subcommands.Add(Report(
            "value", "Show what successful answers were worth, and what was saved against the dearest target that might have answered.", "provider", tellsRescued: true, SumsJson.WriteValue, SumsTables.PrintValue));
        costs.Subcommands.Add(Explain());
    }

    private static Command Report(
        string name, string description, string groups, bool tellsRescued, Action<Utf8JsonWriter, CostQuery, SumsReport> write, Action<CommandConsole, CostQuery, SumsReport> print)
    {
        var by = new Option<string>("--by") { Description = ByDescription, DefaultValueFactory = _ => groups };
        var limit = LimitOption();
        var json = JsonOption();
        var range = new CostRangeOptions();
        var command = new Command(name, description) { by, limit, json };
        range.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var query = range.Read(parsed, parsed.GetValue(by) is { Length: > 0 } text ? text : null, parsed.GetValue(limit));
            return await CostsCommand.ReadAsync(console, async () =>
            {
                await using var costs = await SqliteCosts.OpenAsync(range.LedgerOf(parsed), cancellationToken);
                var report = SumsReport.Of(await costs.SumsAsync(query, tellsRescued, cancellationToken), query);
                if (parsed.GetValue(json)) console.Json(writer => write(writer, query, report));
                else print(console, query, report);
                return ExitCodes.Success;
            });
        }));
        return command;
    }

    private static Command Explain()
    {
        var by = new Option<string?>("--by") { Description = ByDescription + " Default: nothing." };
        var againstFrom = new Option<string?>("--against-from") { Description = "The first day or instant of the period that is compared with. Default: so that it is as long." };
        var againstTo = new Option<string?>("--against-to") { Description = "Its last day, or the instant before which it ends. Default: the instant at which the other one begins." };
        var per = new Option<string?>("--per") { Description = "What is explained: total, the cost of all requests, or outcome, the cost per successful outcome. Default: total." };
        var limit = LimitOption();
        var json = JsonOption();
        var range = new CostRangeOptions();
        var command = new Command("explain", "Show why a cost changed from one period to another: volume, model mix, retries, prompt and output length, price.") { by, againstFrom, againstTo, per, limit, json };
        range.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var after = range.Read(parsed, parsed.GetValue(by), parsed.GetValue(limit));
            if (!ChangeQuery.TryRead(after, parsed.GetValue(againstFrom), parsed.GetValue(againstTo), parsed.GetValue(per), TimeProvider.System.GetUtcNow(), out var query, out var error))
            {
                throw new InputException($"--{error.Argument.Replace('_', '-')}: {error.Message}");
            }

            return await CostsCommand.ReadAsync(console, async () =>
            {
                await using var costs = await SqliteCosts.OpenAsync(range.LedgerOf(parsed), cancellationToken);
                var report = await query.ReportAsync(groups => costs.SumsAsync(groups, tellsRescued: false, cancellationToken), cancellationToken);
                if (parsed.GetValue(json)) console.Json(writer => SumsJson.WriteChange(writer, query, report));
                else SumsTables.PrintChange(console, query, report);
                return ExitCodes.Success;
            });
        }));
        return command;
    }

    private static string ByDescription => $"What to tell apart, separated by commas: {string.Join(", ", CostDimension.All)}, tag:NAME.";

    private static Option<string?> LimitOption() => new("--limit") { Description = $"At most so many groups. Default: {CostArguments.DefaultLimit}." };

    private static Option<bool> JsonOption() => new("--json") { Description = "Print one JSON object." };
}
