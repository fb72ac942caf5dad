using System.CommandLine;
using System.Globalization;
using Fairlead.Core.Ledger;
using Fairlead.Costs;

namespace Fairlead.Commands;

/// <summary><c>fairlead costs rerate</c>: computes costs anew at the prices in force.</summary>
internal static class CostsRerateCommand
{
    public static Command Build()
    {
        var from = new Option<string>("--from") { Description = "The first day (2027-06-01), or the first instant (2027-06-01T08:00:00Z).", Required = true };
        var to = new Option<string>("--to") { Description = "The last day, which is counted whole, or the instant before which it ends.", Required = true };
        var timezone = new Option<string?>("--timezone") { Description = "The time zone of days, such as Europe/Berlin. Default: UTC." };
        var target = new Option<string?>("--target") { Description = "Attempts of this target alone." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Tell what would come of it, and change nothing." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var gateway = new LedgerGateway();
        var command = new Command("rerate", "Compute costs anew from the tokens that are kept, at the prices in force; differences become corrections.") { from, to, timezone, target, dryRun, json };
        gateway.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandConsole.RunAsync(parsed, async console =>
        {
            var arguments = new CostArguments { From = parsed.GetValue(from), To = parsed.GetValue(to), Timezone = parsed.GetValue(timezone) };
            if (!arguments.TryRead(TimeProvider.System.GetUtcNow(), out var query, out var error)) throw new InputException($"--{error.Argument}: {error.Message}");
            var (only, isDryRun, isJson) = (parsed.GetValue(target), parsed.GetValue(dryRun), parsed.GetValue(json));
            return await gateway.RunAsync(
                parsed,
                console,
                "admin/v1/costs/rerate",
                body =>
                {
                    body.WriteString("from", query.From);
                    body.WriteString("to", query.Until);
                    if (only is not null) body.WriteString("target", only);
                    body.WriteBoolean("dry_run", isDryRun);
                },
                async opened =>
                {
                    try
                    {
                        return Tell(console, await opened.Changes.RerateAsync(query, only, isDryRun, opened.Snapshot, opened.Author, opened.Reason, cancellationToken), isDryRun, isJson);
                    }
                    catch (CostQueryException exception)
                    {
                        throw new InputException("--target: " + exception.Message);
                    }
                },
                reply => Tell(
                    console,
                    new RerateResult(
                        reply.GetProperty("attempts").GetInt64(),
                        reply.GetProperty("corrected").GetInt64(),
                        reply.GetProperty("now_known").GetInt64(),
                        reply.GetProperty("unpriced").GetInt64(),
                        Difference(reply.GetProperty("difference_usd").GetString()!)),
                    isDryRun,
                    isJson),
                cancellationToken);
        }));
        return command;
    }

    private static int Tell(CommandConsole console, RerateResult result, bool isDryRun, bool isJson)
    {
        if (isJson)
        {
            console.Json(json => CostJson.Write(json, result, isDryRun));
            return ExitCodes.Success;
        }

        console.Line($"{Number(result.Corrected)} of {Number(result.Attempts)} attempts {(isDryRun ? "would be" : "were")} corrected, by ${result.Difference} together.");
        if (result.NowKnown > 0) console.Line($"Costs that were unknown before: {Number(result.NowKnown)}.");
        if (result.Unpriced > 0) console.Line($"Attempts for which there is no price, which stay as they were: {Number(result.Unpriced)}.");
        return ExitCodes.Success;
    }

    private static Usd Difference(string text) => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars)
        ? new Usd((long)(dollars * 1_000_000_000))
        : throw new FormatException("An amount is expected.");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
