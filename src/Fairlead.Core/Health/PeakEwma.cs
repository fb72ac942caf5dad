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

    /// <summary>
    /// The average in milliseconds; not a number without a sample. Above what the target usually takes it falls towards that by time alone:
    /// one that is avoided for a peak gets no sample that would end it.
    /// </summary>
    /// <param name="usual">What the target usually takes, in milliseconds.</param>
    /// <param name="now">Now.</param>
    public double At(double usual, long now)
    {
        var average = Volatile.Read(ref _average);
        return average > usual ? usual + ((average - usual) * Kept(now)) : average;
    }

    /// <summary>Adds a sample.</summary>
    public void Add(double milliseconds, long now)
    {
        var average = Volatile.Read(ref _average);
        var kept = Kept(now);
        Volatile.Write(ref _at, now);
        if (double.IsNaN(average) || milliseconds >= average)
        {
            Volatile.Write(ref _average, milliseconds);
            return;
        }

        Volatile.Write(ref _average, (average * kept) + (milliseconds * (1 - kept)));
    }

    private double Kept(long now) => Math.Exp(-Math.Max(0, time.GetElapsedTime(Volatile.Read(ref _at), now) / Decay));
}
