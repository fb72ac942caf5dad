namespace Fairlead.Core.Health;

/// <summary>
/// How long a target takes now beside what it is used to: averages of the logarithms of its times over seconds and over minutes. Of
/// logarithms, because any target has an answer of many times the usual length now and then, and one alone makes no slow target. Safe for
/// any number of threads; of two samples at the same moment one may be lost.
/// </summary>
internal sealed class UsualPace(TimeProvider time)
{
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Usually = TimeSpan.FromMinutes(10);

    /// <summary>The most that one sample counts lately, however rare samples are.</summary>
    private const double MostWeight = 0.2;

    private double _lately = double.NaN;
    private double _usually = double.NaN;
    private long _at;
    private int _samples;

    /// <summary>How long it takes now, in milliseconds: a geometric mean; not a number without a sample.</summary>
    public double Milliseconds => Math.Exp(Volatile.Read(ref _lately));

    /// <summary>How long it usually takes, in milliseconds; not a number without a sample.</summary>
    public double UsualMilliseconds => Math.Exp(Volatile.Read(ref _usually));

    /// <summary>How many times longer that is than it is used to; not a number without a sample.</summary>
    public double Slowness => Math.Exp(Volatile.Read(ref _lately) - Volatile.Read(ref _usually));

    /// <summary>Adds a sample.</summary>
    public void Add(double milliseconds, long now)
    {
        var sample = Math.Log(Math.Max(milliseconds, 0.001));
        var elapsed = time.GetElapsedTime(Volatile.Read(ref _at), now);
        var samples = Volatile.Read(ref _samples);
        Volatile.Write(ref _at, now);
        if (samples < int.MaxValue) Volatile.Write(ref _samples, samples + 1);
        if (samples == 0)
        {
            Volatile.Write(ref _usually, sample);
            Volatile.Write(ref _lately, sample);
            return;
        }

        // The first samples count alike: else the very first would be what it is used to for as long as that is looked back at.
        var alike = 1.0 / (samples + 1.0);
        Mix(ref _lately, sample, Math.Max(alike, Math.Min(MostWeight, Weight(elapsed, Lately))));
        Mix(ref _usually, sample, Math.Max(alike, Weight(elapsed, Usually)));
    }

    private static double Weight(TimeSpan elapsed, TimeSpan decay) => 1 - Math.Exp(-Math.Max(0, elapsed / decay));

    private static void Mix(ref double average, double sample, double weight) => Volatile.Write(ref average, (Volatile.Read(ref average) * (1 - weight)) + (sample * weight));
}
