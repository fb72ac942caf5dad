using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Telemetry;

namespace Fairlead.Revisions;

/// <summary>
/// Records every configuration that comes into force: one after the other, off the threads that apply and serve. What cannot be
/// recorded is logged, and serving goes on; the next one is then compared with the last that was.
/// </summary>
internal sealed class RevisionRecorder(SnapshotSource snapshots, IRevisionStore store, RevisionReview review, TimeProvider time, ILogger<RevisionRecorder> logger) : IAsyncDisposable
{
    /// <summary>More lines than anyone reads of one change.</summary>
    private const int MostLines = 500;

    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private AppliedConfiguration? _queued;

    /// <summary>Completes when everything that was applied before the call is recorded, or is logged as not.</summary>
    public Task Recorded
    {
        get
        {
            lock (_gate) return _last;
        }
    }

    /// <summary>Records what is in force, unless it is what was recorded last, and follows from then on.</summary>
    public void Start()
    {
        snapshots.Applied += OnApplied;
        Enqueue(snapshots.InForce);
    }

    /// <summary>Ends following, and records what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        snapshots.Applied -= OnApplied;
        await Recorded;
    }

    private void OnApplied(GatewaySnapshot snapshot) => Enqueue(snapshots.InForce);

    private void Enqueue(AppliedConfiguration applied)
    {
        lock (_gate)
        {
            if (ReferenceEquals(applied, _queued)) return; // applied while following began
            _queued = applied;
            var (before, at) = (_last, time.GetUtcNow());
            _last = Task.Run(() => RecordAsync(before, applied, at));
        }
    }

    private async Task RecordAsync(Task before, AppliedConfiguration applied, DateTimeOffset at)
    {
        await before;
        var revision = applied.Snapshot.Revision;
        try
        {
            var last = (await store.ListAsync(1, null, CancellationToken.None)).FirstOrDefault();
            if (applied.Author == AppliedConfiguration.ByStart && last?.Revision == revision) return;
            var previous = last is null ? null : await store.FindAsync(last.Revision, CancellationToken.None);
            var reviewed = previous is null ? null : await review.CompareAsync(previous.Content, applied.Content, CancellationToken.None);
            await store.RecordAsync(
                new RecordedRevision(0, revision, at, applied.Author, applied.Reason, last?.Revision, Lines(reviewed?.Diff), reviewed?.Reach), applied.Content, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Whatever a store does wrong: the configuration holds, and requests are served with it.
            logger.RevisionNotRecorded(revision, exception.Message);
        }
    }

    private static ImmutableArray<string> Lines(ContentDiff? diff)
    {
        if (diff is null) return [];
        if (!diff.Errors.IsEmpty) return ["configuration: not compared, for the one before it is none for this version"];
        var lines = diff.Changes.Take(MostLines).Select(change => change.ToString()).ToImmutableArray();
        return diff.Changes.Length <= MostLines ? lines : lines.Add($"configuration: {diff.Changes.Length - MostLines} more changes");
    }
}
