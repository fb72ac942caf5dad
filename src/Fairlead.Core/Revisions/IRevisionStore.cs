using System.Collections.Immutable;

namespace Fairlead.Core.Revisions;

/// <summary>
/// Which configurations were in force, since when, by whom and why. A content is kept once, however often it is applied; an application
/// never changes once it is recorded. Safe for any number of threads.
/// </summary>
public interface IRevisionStore
{
    /// <summary>How many applications are kept; the oldest go first, and with them contents that no kept one has.</summary>
    const int MostKept = 1000;

    /// <summary>Keeps an application and its content.</summary>
    /// <returns>The same with its number.</returns>
    ValueTask<RecordedRevision> RecordAsync(RecordedRevision applied, string content, CancellationToken cancellationToken);

    /// <summary>Applications, the newest first.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="before">Only those with a smaller number; null from the newest on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ImmutableArray<RecordedRevision>> ListAsync(int limit, long? before, CancellationToken cancellationToken);

    /// <summary>The last application of a revision with its content, or null when none is kept.</summary>
    ValueTask<StoredRevision?> FindAsync(string revision, CancellationToken cancellationToken);

    /// <summary>Requests of the ledger that were accepted in a span of time, grouped by what a change may touch.</summary>
    ValueTask<Traffic> TrafficAsync(DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken);
}

/// <summary>A configuration that came into force. Immutable.</summary>
/// <param name="Number">Grows with every application; 0 until it is recorded.</param>
/// <param name="Revision">The hash of its content. Applied again later, it stands again under another number.</param>
/// <param name="AppliedAt">Since when it was in force.</param>
/// <param name="Author">Who brought it: <c>start</c>, <c>file</c>, or the name that came with the change.</param>
/// <param name="Reason">Why; null when nobody said.</param>
/// <param name="Previous">The revision that was recorded before it; null for the first.</param>
/// <param name="Changes">What it means differently from the one before, a line each; empty for the first, and where only comments or layout changed.</param>
/// <param name="Reach">How many of the requests of the week before it the changes touch; null when they could not be counted.</param>
public sealed record RecordedRevision(
    long Number, string Revision, DateTimeOffset AppliedAt, string Author, string? Reason, string? Previous, ImmutableArray<string> Changes, Reach? Reach);

/// <summary>A recorded application with its content.</summary>
/// <param name="Last">The last application of the revision.</param>
/// <param name="Content">The text of the configuration.</param>
public sealed record StoredRevision(RecordedRevision Last, string Content);
