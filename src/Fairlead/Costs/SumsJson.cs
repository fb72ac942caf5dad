using System.Text.Json;
using Fairlead.Admin;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;

namespace Fairlead.Costs;

/// <summary>Reports of outcomes, of values and of changes as JSON: the same from the commands and from the administration API. Money is decimal dollars, as text.</summary>
internal static class SumsJson
{
    /// <summary>What a successful answer costs.</summary>
    public static void WriteOutcomes(Utf8JsonWriter json, CostQuery query, SumsReport report) => Write(json, query, report, WriteOutcomes);

    /// <summary>What was earned and saved.</summary>
    public static void WriteValue(Utf8JsonWriter json, CostQuery query, SumsReport report) => Write(json, query, report, WriteValue);

    /// <summary>Why a cost changed.</summary>
    public static void WriteChange(Utf8JsonWriter json, ChangeQuery query, ChangeReport report)
    {
        json.WriteStartObject();
        GroupedJson.WritePeriod(json, query.After);
        json.WriteString("against_from", TimeZoneInfo.ConvertTime(query.Before.From, query.Before.Zone));
        json.WriteString("against_until", TimeZoneInfo.ConvertTime(query.Before.Until, query.Before.Zone));
        json.WriteString("per", query.IsPerOutcome ? "outcome" : "total");
        json.WriteStartArray("rows");
        foreach (var row in report.Rows)
        {
            json.WriteStartObject();
            GroupedJson.WriteGroup(json, query.After, row.Values);
            WriteMembers(json, row.Change, query.IsPerOutcome);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("other_groups", report.OtherGroups);
        json.WriteStartObject("total");
        WriteMembers(json, report.Total, query.IsPerOutcome);
        json.WriteEndObject();
        json.WriteNumber("unknown_costs", report.UnknownAfter);
        json.WriteNumber("against_unknown_costs", report.UnknownBefore);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CostQuery query, SumsReport report, Action<Utf8JsonWriter, RequestSums> write) =>
        GroupedJson.Write(json, query, report.Rows.Select(row => (row.Values, row.Sums)), report.Others, report.OtherGroups, report.Total, write);

    private static void WriteOutcomes(Utf8JsonWriter json, RequestSums sums)
    {
        json.WriteNumber("requests", sums.Requests);
        json.WriteNumber("reported", sums.Reported);
        json.WriteMeasured("coverage", sums.Coverage);
        json.WriteNumber("successes", sums.Successes);
        json.WriteNumber("failures", sums.Failures);
        json.WriteNumber("neutral", sums.Neutrals);
        json.WriteMeasured("success_rate", sums.SuccessRate);
        json.WriteMeasured("mean_score", sums.MeanScore);
        json.WriteString("cost_usd", sums.Cost.ToString());
        json.WriteNumber("unknown_costs", sums.UnknownCosts);
        WriteMoney(json, "cost_per_success_usd", sums.CostPerSuccess);
        json.WriteString("value_usd", sums.Value.ToString());
    }

    private static void WriteValue(Utf8JsonWriter json, RequestSums sums)
    {
        json.WriteNumber("requests", sums.Requests);
        json.WriteNumber("answered", sums.Answered);
        json.WriteNumber("rescued", sums.Rescued);
        json.WriteNumber("successes", sums.Successes);
        json.WriteString("cost_usd", sums.Cost.ToString());
        json.WriteNumber("unknown_costs", sums.UnknownCosts);
        json.WriteString("earned_usd", sums.Value.ToString());
        json.WriteString("margin_usd", sums.Margin.ToString());
        json.WriteString("saved_usd", sums.Saved.ToString());
    }

    private static void WriteMembers(Utf8JsonWriter json, CostChange? change, bool isPerOutcome)
    {
        json.WriteString("sentence", change is null ? null : CostChangeSentence.Of(change, isPerOutcome));
        WriteMoney(json, "before_usd", change?.Before);
        WriteMoney(json, "after_usd", change?.After);
        WriteMoney(json, "change_usd", change?.Change);
        if (change is null)
        {
            json.WriteNull("parts_usd");
            return;
        }

        json.WriteStartObject("parts_usd");
        foreach (var factor in Enum.GetValues<CostFactor>()) json.WriteString(CostFactors.NameOf(factor), change[factor].ToString());
        json.WriteEndObject();
    }

    private static void WriteMoney(Utf8JsonWriter json, string name, Usd? amount) => json.WriteString(name, amount?.ToString());
}
