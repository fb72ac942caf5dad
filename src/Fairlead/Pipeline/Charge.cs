using Fairlead.Core.Catalog;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Routing;

namespace Fairlead.Pipeline;

/// <summary>What one attempt owes.</summary>
/// <param name="Usage">Tokens, in canonical counts.</param>
/// <param name="Source">Where they come from.</param>
/// <param name="Cost">Null when unknown, which is never zero.</param>
/// <param name="Basis">What the cost rests on.</param>
/// <param name="PriceVersion">The price it was computed with.</param>
internal readonly record struct Charge(TokenUsage Usage, UsageSource Source, Usd? Cost, CostBasis Basis, string? PriceVersion)
{
    /// <summary>The part of the cost that the output tokens cost; null when the cost is unknown.</summary>
    public Usd? OutputCost { get; private init; }

    /// <summary>Tokens are about four bytes of text each; rounded up, so that an estimate is not zero.</summary>
    private const int BytesPerToken = 4;

    /// <summary>
    /// The charge of an ended attempt: on the vendor's usage where it gave one; nothing where nothing was processed; else on our
    /// own estimate, marked so.
    /// </summary>
    public static Charge Of(Attempt attempt, long promptBytes, Price? worstOfRoute)
    {
        var (usage, source) = Tokens(attempt, promptBytes);
        if (source == UsageSource.None) return new Charge(default, UsageSource.None, Usd.Zero, CostBasis.Priced, null) { OutputCost = Usd.Zero };
        if (attempt.Choice.Target.Price is { } price) return At(price, usage, source, CostBasis.Priced);
        return worstOfRoute is null ? new Charge(usage, source, null, CostBasis.Unknown, null) : At(worstOfRoute, usage, source, CostBasis.WorstOfRoute);
    }

    /// <summary>What the tokens would have cost at the dearest priced candidate of a plan; null when none is priced.</summary>
    public Usd? AtDearestOf(RoutePlan plan)
    {
        Usd? dearest = null;
        foreach (var tier in plan.Tiers)
        {
            foreach (var candidate in tier.Candidates)
            {
                if (candidate.Target.Price is not { } price) continue;
                var cost = PriceArithmetic.Cost(price, Usage);
                if (dearest is not { } most || cost.NanoDollars > most.NanoDollars) dearest = cost;
            }
        }

        return dearest;
    }

    private static Charge At(Price price, TokenUsage usage, UsageSource source, CostBasis basis) =>
        new(usage, source, PriceArithmetic.Cost(price, usage), basis, price.Version) { OutputCost = PriceArithmetic.OutputCost(price, usage) };

    private static (TokenUsage Usage, UsageSource Source) Tokens(Attempt attempt, long promptBytes)
    {
        if (attempt.ReportedUsage is { } reported) return (reported, UsageSource.Reported);
        if (!attempt.WasSent) return default;
        // A status of its own says that nothing was processed; the same error within an answer of status 200 came after the prompt was read.
        var isRefusal = attempt.UpstreamStatus != 200 && attempt.Failure != FailureClass.None;
        if (isRefusal && FailureTable.Of(attempt.Failure).Billing == FailureBilling.Nothing) return default;
        return (Estimate(attempt, promptBytes), UsageSource.Estimated);
    }

    /// <summary>Our own estimate of an attempt's tokens, as far as it has come.</summary>
    public static TokenUsage Estimate(Attempt attempt, long promptBytes) => new(Estimate(promptBytes), 0, 0, Estimate(attempt.ContentBytes), 0);

    private static long Estimate(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;
}
