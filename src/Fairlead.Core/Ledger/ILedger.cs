using Fairlead.Core.Outcomes;

namespace Fairlead.Core.Ledger;

/// <summary>
/// Where requests, attempts and their cost are kept. Appending never blocks and never waits for disk; rows are committed in
/// groups. Safe for any number of threads.
/// </summary>
public interface ILedger : IAsyncDisposable
{
    /// <summary>
    /// Keeps the intent of a request whose first attempt starts now. An intent that is never followed by a settlement, because
    /// the process died, is settled as interrupted, with an estimate, at the next start.
    /// </summary>
    void Begin(RequestIntent intent);

    /// <summary>
    /// Keeps how a request ended. Money is never dropped: also when <see cref="IsFull"/> this takes the record.
    /// </summary>
    /// <returns>Completes when the record is durable; callers without <c>strict</c> need not await it.</returns>
    ValueTask Settle(RequestRecord record);

    /// <summary>
    /// Whether it holds as many records in memory as it may, because the disk has refused them for long; or whether the disk refuses
    /// and clients are to wait for it. No request is to be accepted then; what runs is still taken.
    /// </summary>
    bool IsFull { get; }

    /// <summary>The record of a request, or null when unknown, or of another tenant.</summary>
    ValueTask<StoredRequest?> FindAsync(string id, string tenant, CancellationToken cancellationToken);
}

/// <summary>A request as it stands in the ledger.</summary>
/// <param name="Intent">What was known at its start.</param>
/// <param name="Record">How it ended; null while it runs.</param>
public sealed record StoredRequest(RequestIntent Intent, RequestRecord? Record)
{
    /// <summary>The last outcome that was reported for it; null for none.</summary>
    public StoredOutcome? Outcome { get; init; }
}
