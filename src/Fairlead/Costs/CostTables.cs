using System.Globalization;
using Fairlead.Commands;
using Fairlead.Core.Ledger;
using Spectre.Console;

namespace Fairlead.Costs;

/// <summary>Reports of costs as a table for people, and as CSV for their spreadsheets.</summary>
internal static class CostTables
{
    private static readonly (string Name, Func<CostSums, string> Of)[] Fields =
    [
        ("requests", sums => Number(sums.Requests)),
        ("answered", sums => Number(sums.Answered)),
        ("failed", sums => Number(sums.Failed)),
        ("client_gone", sums => Number(sums.ClientGone)),
        ("interrupted", sums => Number(sums.Interrupted)),
        ("attempts", sums => Number(sums.Attempts)),
        ("failed_attempts", sums => Number(sums.FailedAttempts)),
        ("retries", sums => Number(sums.Retries)),
        ("input_tokens", sums => Number(sums.InputTokens)),
        ("cached_input_tokens", sums => Number(sums.CachedInputTokens)),
        ("cache_write_tokens", sums => Number(sums.CacheWriteTokens)),
        ("cache_write_1h_tokens", sums => Number(sums.CacheWriteOneHourTokens)),
        ("output_tokens", sums => Number(sums.OutputTokens)),
        ("reasoning_tokens", sums => Number(sums.ReasoningTokens)),
        ("cost_usd", sums => sums.Cost.ToString()),
        ("output_cost_usd", sums => sums.OutputCost.ToString()),
        ("estimated_cost_usd", sums => sums.EstimatedCost.ToString()),
        ("unpriced_cost_usd", sums => sums.UnpricedCost.ToString()),
        ("failed_cost_usd", sums => sums.FailedCost.ToString()),
        ("dearest_cost_usd", sums => sums.DearestCost.ToString()),
        ("unknown_costs", sums => Number(sums.UnknownCosts)),
        ("corrections", sums => Number(sums.Corrections)),
        ("corrections_usd", sums => sums.CorrectionsCost.ToString()),
    ];

    public static void Print(CommandConsole console, CostQuery query, CostReport report)
    {
        var table = CommandConsole.Table([.. query.By.Select(dimension => dimension.Name), "requests", "attempts", "input", "output", "cost $", "estimated", "unpriced $", "failed $", "unknown"]);
        for (var i = query.By.Length; i < table.Columns.Count; i++) table.Columns[i].RightAligned();
        foreach (var row in report.Rows) Add(table, row.Values.Select(value => value ?? "–"), row.Sums);
        if (report.Others is { } others) Add(table, Label(query, $"{report.OtherGroups} others"), others);
        if (report.Rows.Length != 1) Add(table, Label(query, "total"), report.Total);
        console.Line($"Costs of requests from {Time(query.From, query)} to {Time(query.Until, query)} ({query.Zone.Id})");
        console.Write(table);
        if (report.Total.UnknownCosts > 0) console.Line($"Attempts of unknown cost, which are not in the sums: {Number(report.Total.UnknownCosts)}. 'fairlead costs rerate' computes them where their targets have a price by now.");
        if (report.Total.UnpricedCost != Usd.Zero) console.Line($"${report.Total.UnpricedCost} of it stand for targets without a price, at the dearest price of their routes.");
    }

    public static void Csv(CommandConsole console, CostQuery query, CostReport report)
    {
        console.Out.Write(Costs.Csv.Line([.. query.By.Select(dimension => Costs.Csv.Text(dimension.Name)), .. Fields.Select(field => field.Name)]));
        foreach (var row in report.Rows) Line(row.Values, row.Sums);
        if (query.By.IsEmpty) Line([], report.Total);
        if (report.OtherGroups > 0) console.Error.WriteLine($"fairlead: {report.OtherGroups} more groups are left out; ask for a shorter time, or filter");

        void Line(IEnumerable<string?> values, CostSums sums) => console.Out.Write(Costs.Csv.Line([.. values.Select(Costs.Csv.Text), .. Fields.Select(field => field.Of(sums))]));
    }

    private static IEnumerable<string> Label(CostQuery query, string label) => query.By.Select((_, i) => i == 0 ? label : "");

    private static void Add(Table table, IEnumerable<string> labels, CostSums sums) => table.AddRow(
    [
        .. labels.Select(label => new Text(label)),
        new Text(Number(sums.Requests)),
        new Text(Number(sums.Attempts)),
        new Text(Number(sums.InputTokens)),
        new Text(Number(sums.OutputTokens)),
        new Text(sums.Cost.ToString()),
        new Text(Share(sums.EstimatedCost, sums.Cost)),
        new Text(sums.UnpricedCost.ToString()),
        new Text(sums.FailedCost.ToString()),
        new Text(Number(sums.UnknownCosts)),
    ]);

    private static string Share(Usd part, Usd whole) =>
        whole.NanoDollars == 0 ? "–" : (100d * part.NanoDollars / whole.NanoDollars).ToString("0.#", CultureInfo.InvariantCulture) + "%";

    private static string Time(DateTimeOffset time, CostQuery query) => TimeZoneInfo.ConvertTime(time, query.Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
