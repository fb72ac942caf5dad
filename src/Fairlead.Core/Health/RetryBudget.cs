namespace Fairlead.Core.Health;

/// <summary>
/// How often a target may be tried once more by requests that it has just failed: a tenth of what is sent there, or three times a second
/// where that is more, so that retries never make an overload worse. Safe for any number of threads.
/// </summary>
internal sealed class RetryBudget(TimeProvider time)
{
    private const long PerSend = 100;        // thousandths of a retry
    private const long PerSecond = 3_000;
    private const long PerRetry = 1_000;

    /// <summary>What can be saved up: little, for what was not needed while all was well is not to fall on a target that breaks down.</summary>
    private const long Most = 10 * PerRetry;

    private readonly Lock _gate = new();
    private long _saved = Most;
    private long _at = time.GetTimestamp();
    private long _sent; // since then

    /// <summary>What is there, in retries.</summary>
    public double Balance => Math.Min(Most, Volatile.Read(ref _saved) + EarnedAt(time.GetTimestamp())) / (double)PerRetry;

    /// <summary>Something was sent that is no retry.</summary>
    public void Sent() => Interlocked.Increment(ref _sent);

    /// <summary>Takes a retry; false when there is none.</summary>
    public bool TryTake(long now)
    {
        lock (_gate)
        {
            if (EarnedAt(now) is > 0 and var earned)
            {
                Volatile.Write(ref _at, now);
                Interlocked.Exchange(ref _sent, 0);
                Volatile.Write(ref _saved, Math.Min(Most, Volatile.Read(ref _saved) + earned));
            }

            if (Volatile.Read(ref _saved) < PerRetry) return false;
            Volatile.Write(ref _saved, _saved - PerRetry);
            return true;
        }
    }

    /// <summary>What has come in since it was last asked.</summary>
    private long EarnedAt(long now) => Math.Max((long)(time.GetElapsedTime(Volatile.Read(ref _at), now).TotalSeconds * PerSecond), Volatile.Read(ref _sent) * PerSend);
}
