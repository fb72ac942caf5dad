using System.Text.Json;
using Fairlead.Core.Ledger;

namespace Fairlead.Costs;

/// <summary>Reports of costs as JSON: the same from the command and from the administration API. Money is decimal dollars, as text.</summary>
internal static class CostJson
{
    public static void Write(Utf8JsonWriter json, CostQuery query, CostReport report) =>
        GroupedJson.Write(json, query, report.Rows.Select(row => (row.Values, row.Sums)), report.Others, report.OtherGroups, report.Total, Write);

    /// <summary>What came of computing costs anew.</summary>
    public static void Write(Utf8JsonWriter json, RerateResult result, bool isDryRun)
    {
        json.WriteStartObject();
        json.WriteNumber("attempts", result.Attempts);
        json.WriteNumber("corrected", result.Corrected);
        json.WriteNumber("now_known", result.NowKnown);
        json.WriteNumber("unpriced", result.Unpriced);
        json.WriteString("difference_usd", result.Difference.ToString());
        json.WriteBoolean("dry_run", isDryRun);
        json.WriteEndObject();
    }

    /// <summary>The members of sums.</summary>
    public static void Write(Utf8JsonWriter json, CostSums sums)
    {
        json.WriteNumber("requests", sums.Requests);
        json.WriteNumber("answered", sums.Answered);
        json.WriteNumber("failed", sums.Failed);
        json.WriteNumber("client_gone", sums.ClientGone);
        json.WriteNumber("interrupted", sums.Interrupted);
        json.WriteNumber("attempts", sums.Attempts);
        json.WriteNumber("failed_attempts", sums.FailedAttempts);
        json.WriteNumber("retries", sums.Retries);
        json.WriteNumber("input_tokens", sums.InputTokens);
        json.WriteNumber("cached_input_tokens", sums.CachedInputTokens);
        json.WriteNumber("cache_write_tokens", sums.CacheWriteTokens);
        json.WriteNumber("cache_write_1h_tokens", sums.CacheWriteOneHourTokens);
        json.WriteNumber("output_tokens", sums.OutputTokens);
        json.WriteNumber("reasoning_tokens", sums.ReasoningTokens);
        json.WriteString("cost_usd", sums.Cost.ToString());
        json.WriteString("output_cost_usd", sums.OutputCost.ToString());
        json.WriteString("estimated_cost_usd", sums.EstimatedCost.ToString());
        json.WriteString("unpriced_cost_usd", sums.UnpricedCost.ToString());
        json.WriteString("failed_cost_usd", sums.FailedCost.ToString());
        json.WriteString("dearest_cost_usd", sums.DearestCost.ToString());
        json.WriteNumber("unknown_costs", sums.UnknownCosts);
        json.WriteNumber("corrections", sums.Corrections);
        json.WriteString("corrections_usd", sums.CorrectionsCost.ToString());
    }
}
