namespace Fairlead.Core.Health;

/// <summary>
/// How often a target may be tried once more by requests that it has just failed: a tenth of what is sent there, and three times a second
/// at least, so that retries never make an overload worse. Safe for any number of threads.
/// </summary>
internal sealed class RetryBudget(TimeProvider time)
{
    private const long PerSend = 100;        // thousandths of a retry
    private const long PerSecond = 3_000;
    private const long PerRetry = 1_000;

    /// <summary>What can be saved up: ten seconds of the least.</summary>
    private const long Most = 10 * PerSecond;

    private readonly Lock _gate = new();
    private long _saved = Most;
    private long _at = time.GetTimestamp();

    /// <summary>What is there, in retries.</summary>
    public double Balance => Math.Min(Most, Volatile.Read(ref _saved)) / (double)PerRetry;

    /// <summary>Something was sent that is no retry.</summary>
    public void Sent()
    {
        if (Volatile.Read(ref _saved) < Most) Interlocked.Add(ref _saved, PerSend);
    }

    /// <summary>Takes a retry; false when there is none.</summary>
    public bool TryTake(long now)
    {
        lock (_gate)
        {
            var earned = (long)(time.GetElapsedTime(_at, now).TotalSeconds * PerSecond);
            if (earned > 0)
            {
                _at = now;
                Volatile.Write(ref _saved, Math.Min(Most, Volatile.Read(ref _saved) + earned));
            }

            if (Volatile.Read(ref _saved) < PerRetry) return false;
            Interlocked.Add(ref _saved, -PerRetry);
            return true;
        }
    }
}
