namespace Fairlead.Core.Health;

/// <summary>
/// A moving average of a target's time to the answer that follows a rise at once and a fall slowly, so that a target that has become slow
/// is avoided from the first slow answer on. Safe for any number of threads; of two at the same moment one may be lost.
/// </summary>
/// <remarks>
/// The average decays with <see cref="Decay"/>: a sample counts 1 − e^(−t/τ), with t the time since the one before; one above the average
/// replaces it (peak EWMA, as in Twitter's Finagle).
/// </remarks>
internal sealed class PeakEwma(TimeProvider time)
{
    /// <summary>τ: after so long a sample has lost about two thirds of its weight.</summary>
    public static readonly TimeSpan Decay = TimeSpan.FromSeconds(10);

    private double _average = double.NaN;
    private long _at;

    /// <summary>The average in milliseconds, as it has decayed towards the last sample; not a number without any.</summary>
    public double Milliseconds => Volatile.Read(ref _average);

    /// <summary>Adds a sample.</summary>
    public void Add(double milliseconds, long now)
    {
        var average = Volatile.Read(ref _average);
        var elapsed = time.GetElapsedTime(Volatile.Read(ref _at), now);
        Volatile.Write(ref _at, now);
        if (double.IsNaN(average) || milliseconds >= average)
        {
            Volatile.Write(ref _average, milliseconds);
            return;
        }

        var kept = Math.Exp(-Math.Max(0, elapsed / Decay));
        Volatile.Write(ref _average, (average * kept) + (milliseconds * (1 - kept)));
    }
}
