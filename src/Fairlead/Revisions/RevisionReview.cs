using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Revisions;

/// <summary>What a change of the configuration means, and how much of last week's traffic it touches.</summary>
internal sealed record Reviewed(ContentDiff Diff, Reach? Reach);

/// <summary>Reviews changes: compares contents and counts what they touch. Safe for any number of threads.</summary>
internal sealed class RevisionReview(SnapshotSource snapshots, IRevisionStore store, TimeProvider time, ILogger<RevisionReview> logger)
{
    /// <summary>Compares two contents and counts over the week before now; without a count where the ledger cannot be read.</summary>
    public async Task<Reviewed> CompareAsync(string before, string after, CancellationToken cancellationToken)
    {
        // A large configuration takes a while to compile: not on a thread that may be serving sockets.
        var diff = await Task.Run(() => ContentDiff.Between(snapshots.Read, before, after), cancellationToken);
        return new Reviewed(diff, diff.Errors.IsEmpty ? await ReachAsync(diff.Changes, cancellationToken) : null);
    }

    private async Task<Reach?> ReachAsync(ImmutableArray<SnapshotChange> changes, CancellationToken cancellationToken)
    {
        try
        {
            var now = time.GetUtcNow();
            return Reach.Of(changes, await store.TrafficAsync(now - Reach.Span, now, cancellationToken));
        }
        catch (LedgerException exception)
        {
            logger.ReachNotCounted(exception.Message);
            return null;
        }
    }
}
