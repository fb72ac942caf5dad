using System.Globalization;
using Fairlead.Commands;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Spectre.Console;

namespace Fairlead.Costs;

/// <summary>Reports of outcomes, of values and of changes as tables for people.</summary>
internal static class SumsTables
{
    private const string None = "–";

    public static void PrintOutcomes(CommandConsole console, CostQuery query, SumsReport report)
    {
        console.Line($"Outcomes of requests from {Period(query)}");
        Print(console, query, report, ["requests", "reported", "successes", "rate", "cost $", "$ per success", "value $", "score"], sums =>
        [
            Number(sums.Requests),
            Share(sums.Coverage),
            Number(sums.Successes),
            Share(sums.SuccessRate),
            AtLeast(sums, sums.Cost),
            sums.CostPerSuccess is { } cost ? AtLeast(sums, cost) : None,
            sums.Value.ToString(),
            sums.MeanScore?.ToString("0.###", CultureInfo.InvariantCulture) ?? None,
        ]);
        console.Line("The cost is that of all requests, with an outcome or without, in all their attempts.");
        Unknown(console, report.Total.UnknownCosts, "");
    }

    public static void PrintValue(CommandConsole console, CostQuery query, SumsReport report)
    {
        console.Line($"Value of requests from {Period(query)}");
        Print(console, query, report, ["requests", "answered", "rescued", "successes", "cost $", "earned $", "margin $", "saved $"], sums =>
        [
            Number(sums.Requests),
            Number(sums.Answered),
            Number(sums.Rescued),
            Number(sums.Successes),
            AtLeast(sums, sums.Cost),
            sums.Value.ToString(),
            (sums.UnknownCosts == 0 ? "" : "≤ ") + sums.Margin,
            sums.Saved.ToString(),
        ]);
        console.Line("Saved: what the answers would have cost at the dearest target that might have given each, less what they cost.");
        Unknown(console, report.Total.UnknownCosts, "");
    }

    public static void PrintChange(CommandConsole console, ChangeQuery query, ChangeReport report)
    {
        console.Line($"From {Period(query.Before)}");
        console.Line($"to   {Period(query.After)}");
        console.Line(report.Total is { } total ? CostChangeSentence.Of(total, query.IsPerOutcome) : "Without a successful outcome in both periods nothing can be compared per outcome.");
        var table = CommandConsole.Table([.. query.After.By.Select(dimension => dimension.Name), "before $", "after $", "change $", .. Enum.GetValues<CostFactor>().Select(CostFactors.WordsOf)]);
        for (var i = query.After.By.Length; i < table.Columns.Count; i++) table.Columns[i].RightAligned();
        foreach (var row in report.Rows) Add(table, row.Values.Select(value => value ?? None), row.Change);
        if (query.After.By.IsEmpty) Add(table, [], report.Total);
        else if (report.Rows.Length != 1) Add(table, query.After.By.Select((_, i) => i == 0 ? "total" : ""), report.Total);
        console.Write(table);
        if (report.OtherGroups > 0) console.Line($"{report.OtherGroups} more groups are in the total; --limit shows more.");
        Unknown(console, report.UnknownBefore, " before");
        Unknown(console, report.UnknownAfter, " after");

        static void Add(Table table, IEnumerable<string> labels, CostChange? change) => table.AddRow(
        [
            .. labels.Select(label => new Text(label)),
            new Text(change?.Before.ToString() ?? None),
            new Text(change?.After.ToString() ?? None),
            new Text(change?.Change.ToString() ?? None),
            .. Enum.GetValues<CostFactor>().Select(factor => new Text(change?[factor].ToString() ?? None)),
        ]);
    }

    private static void Print(CommandConsole console, CostQuery query, SumsReport report, string[] columns, Func<RequestSums, string[]> fields)
    {
        var table = CommandConsole.Table([.. query.By.Select(dimension => dimension.Name), .. columns]);
        for (var i = query.By.Length; i < table.Columns.Count; i++) table.Columns[i].RightAligned();
        foreach (var row in report.Rows) Add(row.Values.Select(value => value ?? None), row.Sums);
        if (report.Others is { } others) Add(query.By.Select((_, i) => i == 0 ? $"{report.OtherGroups} others" : ""), others);
        if (report.Rows.Length != 1) Add(query.By.Select((_, i) => i == 0 ? "total" : ""), report.Total);
        console.Write(table);

        void Add(IEnumerable<string> labels, RequestSums sums) => table.AddRow([.. labels.Concat(fields(sums)).Select(text => new Text(text))]);
    }

    private static void Unknown(CommandConsole console, long requests, string when)
    {
        if (requests > 0) console.Line($"Requests{when} of which a cost is not known, and is not in it: {Number(requests)}.");
    }

    private static string AtLeast(RequestSums sums, Usd amount) => (sums.UnknownCosts == 0 ? "" : "≥ ") + amount;

    private static string Share(double? share) => share is { } known ? (100 * known).ToString("0.#", CultureInfo.InvariantCulture) + "%" : None;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Period(CostQuery query) => $"{Time(query.From, query)} to {Time(query.Until, query)} ({query.Zone.Id})";

    private static string Time(DateTimeOffset time, CostQuery query) => TimeZoneInfo.ConvertTime(time, query.Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
