using System.Collections.Concurrent;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Health;

/// <summary>
/// Holds every ended request against the promise of its route, over a rolling day. Kept by the route's name over reloads; a route whose
/// promise was changed starts anew, for what was counted was held against another one. Safe for any number of threads.
/// </summary>
/// <param name="promises">The promise of a route now; null when it has none. Only such routes are counted.</param>
/// <param name="time">Where time comes from.</param>
public sealed class PromiseTracker(Func<string, Promise?> promises, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, PromiseWindow> _windows = new(StringComparer.Ordinal);

    /// <summary>The promise of a route now; null when it has none.</summary>
    public Promise? PromiseOf(string route) => promises(route);

    /// <summary>
    /// Whether a request says anything of the promise. The client's own fault does not, nor one that left, read too slowly or had spent
    /// its budget; that the gateway ended while it ran does.
    /// </summary>
    /// <param name="outcome">How it ended for its client.</param>
    /// <param name="failure">Why, when it failed.</param>
    public static bool IsEvent(RequestOutcome outcome, FailureClass failure) =>
        outcome != RequestOutcome.ClientGone
        && failure is not (FailureClass.ClientGone or FailureClass.ClientSlow or FailureClass.BudgetExceeded)
        && (failure == FailureClass.None || !FailureTable.Of(failure).IsClientFault);

    /// <summary>Counts an ended request. One that was not answered has broken both objectives, unless its answer had begun in time.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="outcome">How it ended for its client.</param>
    /// <param name="failure">Why, when it failed.</param>
    /// <param name="timeToAnswer">From admission to the first content of a stream, or the whole of a JSON answer; null when none came.</param>
    public void Ended(string route, RequestOutcome outcome, FailureClass failure, TimeSpan? timeToAnswer)
    {
        if (WindowOf(route) is not { } window || !IsEvent(outcome, failure)) return;
        var now = time.GetUtcNow();
        var isLate = window.Promise.P95 is { } most && !(timeToAnswer <= most);
        window.Add(now, 1, isLate ? 1 : 0, outcome == RequestOutcome.Answered ? 0 : 1, now);
    }

    /// <summary>Adds what was counted before this process began; from the ledger. What has left the window, or has no promise, is dropped.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="minute">A time in the slice that they ended in.</param>
    /// <param name="count">Requests that are events, the client's own doing left out.</param>
    /// <param name="badLatency">Those of them that broke the promised time.</param>
    /// <param name="badSuccess">Those of them that were not answered.</param>
    public void Restore(string route, DateTimeOffset minute, long count, long badLatency, long badSuccess) =>
        WindowOf(route)?.Add(minute, count, badLatency, badSuccess, time.GetUtcNow());

    /// <summary>How a route stands to its promise; null when it has none.</summary>
    public PromiseFigures? Figures(string route) => WindowOf(route)?.Figures(time.GetUtcNow());

    /// <summary>What was counted of a route over the last time, of which the slice that runs now is one more; null when it has no promise.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="span">At most a day; rounded up to slices of five minutes.</param>
    public PromiseCounts? Counts(string route, TimeSpan span) => WindowOf(route)?.Counts(span, time.GetUtcNow());

    private PromiseWindow? WindowOf(string route)
    {
        if (promises(route) is not { } promise)
        {
            if (!_windows.IsEmpty) _windows.TryRemove(route, out _);
            return null;
        }

        while (true)
        {
            if (!_windows.TryGetValue(route, out var window)) return _windows.GetOrAdd(route, static (_, promise) => new PromiseWindow(promise), promise);
            if (window.Promise == promise) return window;
            _windows.TryUpdate(route, new PromiseWindow(promise), window);
        }
    }
}
