namespace Fairlead.Core.Outcomes;

/// <summary>Where outcomes are kept, beside the requests that they belong to. Reports are only added; the last one counts. Safe for any number of threads.</summary>
public interface IOutcomeStore
{
    /// <summary>Keeps a report, of a request that has ended, however long ago, or still runs. Completes when it is as durable as the ledger's records are.</summary>
    /// <param name="report">The report.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    /// <returns>How the request stands with it; null when the tenant has no such request.</returns>
    ValueTask<StoredOutcome?> ReportAsync(OutcomeReport report, CancellationToken cancellationToken);
}
