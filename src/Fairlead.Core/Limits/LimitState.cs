namespace Fairlead.Core.Limits;

/// <summary>What one holder of limits has taken: a key, a tenant, a route, a target. Safe for any number of threads.</summary>
internal sealed class LimitState
{
    private int _running;

    public RateMeter Requests { get; } = new();

    public RateMeter Tokens { get; } = new();

    /// <summary>Requests that run.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Whether nothing runs and nothing is missing.</summary>
    public bool IsFull(long now) => Running == 0 && Requests.IsFull(now) && Tokens.IsFull(now);

    public bool TryBegin(int most)
    {
        var running = Volatile.Read(ref _running);
        while (running < most)
        {
            var seen = Interlocked.CompareExchange(ref _running, running + 1, running);
            if (seen == running) return true;
            running = seen;
        }

        return false;
    }

    public void End() => Interlocked.Decrement(ref _running);
}
