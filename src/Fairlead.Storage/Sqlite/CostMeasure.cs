using Fairlead.Core.Ledger;

namespace Fairlead.Storage.Sqlite;

/// <summary>Something that is summed up: a column of the rollups, and how it comes from the rows.</summary>
/// <param name="Column">The column.</param>
/// <param name="OfAttempt">Of an attempt <c>a</c> of a request <c>r</c>; its columns are NULL where the request made none.</param>
/// <param name="OfCorrection">Of a correction <c>c</c> of such an attempt.</param>
internal sealed record CostMeasure(string Column, string OfAttempt, string OfCorrection = "0")
{
    // Attempts are numbered without gaps.
    private const string Last = "NOT EXISTS (SELECT 1 FROM attempts n WHERE n.seq = a.seq + 1)";
    private const string First = "NOT EXISTS (SELECT 1 FROM corrections e WHERE e.request_id = c.request_id AND e.attempt_number = c.attempt_number AND e.id < c.id)";
    private const string IsFailed = "coalesce(a.failure NOT IN ('none', 'client_gone'), 0)";

    /// <summary>All of them, in the order of the columns.</summary>
    public static readonly CostMeasure[] All =
    [
        new("requests", Last),
        Outcome("answered"),
        Outcome("failed"),
        Outcome("client_gone"),
        Outcome("interrupted"),
        new("attempts", "a.seq IS NOT NULL"),
        new("failed_attempts", IsFailed),
        new("retries", "coalesce(a.number > 1, 0)"),
        Tokens("input_tokens"),
        Tokens("cached_input_tokens"),
        Tokens("cache_write_tokens"),
        Tokens("cache_write_1h_tokens"),
        Tokens("output_tokens"),
        Tokens("reasoning_tokens"),
        new("cost_nanousd", "coalesce(a.cost_nanousd, 0)", "c.cost_nanousd"),
        new("output_cost_nanousd", "coalesce(a.output_cost_nanousd, 0)", "coalesce(c.output_cost_nanousd, 0)"),
        Part("estimated_nanousd", "a.usage_source = 'estimated'"),
        // What is corrected rests on a price, or a bill, of its own.
        new("unpriced_nanousd", "iif(a.cost_basis = 'worst_of_route', coalesce(a.cost_nanousd, 0), 0)", $"iif(a.cost_basis = 'worst_of_route' AND {First}, -coalesce(a.cost_nanousd, 0), 0)"),
        Part("failed_nanousd", IsFailed),
        new("dearest_nanousd", $"iif(r.dearest_nanousd IS NOT NULL AND {Last}, r.dearest_nanousd, 0)"),
        // An interrupted request made an attempt, of which nothing is left where there is none.
        new("unknown_costs", "iif(a.seq IS NULL, r.outcome = 'interrupted', a.cost_nanousd IS NULL)", $"iif(a.cost_nanousd IS NULL AND {First}, -1, 0)"),
        new("corrections", "0", "1"),
        new("corrections_nanousd", "0", "c.cost_nanousd"),
    ];

    /// <summary>The sums as they are told; in the order of <see cref="All"/>.</summary>
    public static CostSums Sums(ReadOnlySpan<long> values) => new()
    {
        Requests = values[0],
        Answered = values[1],
        Failed = values[2],
        ClientGone = values[3],
        Interrupted = values[4],
        Attempts = values[5],
        FailedAttempts = values[6],
        Retries = values[7],
        InputTokens = values[8],
        CachedInputTokens = values[9],
        CacheWriteTokens = values[10],
        CacheWriteOneHourTokens = values[11],
        OutputTokens = values[12],
        ReasoningTokens = values[13],
        Cost = new Usd(values[14]),
        OutputCost = new Usd(values[15]),
        EstimatedCost = new Usd(values[16]),
        UnpricedCost = new Usd(values[17]),
        FailedCost = new Usd(values[18]),
        DearestCost = new Usd(values[19]),
        UnknownCosts = values[20],
        Corrections = values[21],
        CorrectionsCost = new Usd(values[22]),
    };

    private static CostMeasure Outcome(string name) => new(name, $"iif(r.outcome = '{name}', {Last}, 0)");

    private static CostMeasure Tokens(string column) => new(column, $"coalesce(a.{column}, 0)");

    private static CostMeasure Part(string column, string condition) => new(column, $"iif({condition}, coalesce(a.cost_nanousd, 0), 0)", $"iif({condition}, c.cost_nanousd, 0)");
}
