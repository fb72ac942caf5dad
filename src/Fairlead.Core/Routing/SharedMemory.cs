namespace Fairlead.Core.Routing;

/// <summary>
/// Bounds what the routes of one snapshot remember together, however many kinds of requests callers think up: beyond it, all is forgotten
/// and begins anew. Safe for any number of threads.
/// </summary>
internal sealed class SharedMemory
{
    /// <summary>Candidates and reasons that are kept: about a hundred bytes each.</summary>
    private const int Most = 200_000;

    private int _generation;
    private int _size;

    /// <summary>Grows when all is forgotten: what was kept under another one no longer counts.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Counts what a route keeps from now on.</summary>
    /// <param name="entries">Candidates and reasons.</param>
    public void Took(int entries)
    {
        if (Interlocked.Add(ref _size, entries + 10) <= Most) return; // an entry has a weight of its own
        Interlocked.Exchange(ref _size, 0);
        Interlocked.Increment(ref _generation);
    }
}
