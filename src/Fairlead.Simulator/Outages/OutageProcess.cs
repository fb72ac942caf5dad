namespace Fairlead.Simulator.Outages;

/// <summary>
/// One layer: up and down in turn, for times drawn from exponential distributions, the two-state model of Gilbert and Elliott in continuous time.
/// Drawn as far as it has been asked; safe for any number of threads.
/// </summary>
/// <param name="layer">What kind of outages these are.</param>
/// <param name="availability">The share of time it is up; below 1.</param>
/// <param name="meanRepair">The mean time down.</param>
/// <param name="seed">The seed of its times and symptoms.</param>
internal sealed class OutageProcess(OutageLayer layer, double availability, TimeSpan meanRepair, ulong seed)
{
    private const int Symptoms = 3;

    // A time is the sum of many draws, each a whole number of ticks.
    private static readonly TimeSpan Tick = new(1);

    private readonly Lock _gate = new();
    private readonly List<Outage> _outages = [];
    private readonly double _meanUpSeconds = meanRepair.TotalSeconds * availability / (1 - availability);

    /// <summary>The outage at that time, or else the next one after it.</summary>
    public Outage AtOrAfter(TimeSpan at)
    {
        lock (_gate)
        {
            while (_outages.Count == 0 || _outages[^1].End <= at) _outages.Add(Draw(_outages.Count));
            var (low, high) = (0, _outages.Count - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_outages[middle].End <= at) low = middle + 1;
                else high = middle;
            }

            return _outages[low];
        }
    }

    private Outage Draw(int number)
    {
        // It starts in the middle of its life: down with the share of time that it is down. What is left of an exponential time is drawn as a whole one is.
        var isDownAtTheStart = number == 0 && SeededDraw.Share(seed, -1, Purpose) >= availability;
        var start = number == 0 ? TimeSpan.Zero : _outages[^1].End;
        if (!isDownAtTheStart) start += Time(_meanUpSeconds, SeededDraw.Share(seed, number, Purpose));
        var end = start + Time(meanRepair.TotalSeconds, SeededDraw.Share(seed, number, Purpose + 1));
        return new Outage(layer, number, start, end, (OutageSymptom)(int)(SeededDraw.Share(seed, number, Purpose + 2) * Symptoms));
    }

    private static TimeSpan Time(double meanSeconds, double share)
    {
        // Three centuries are as good as never: sums must not overflow.
        var seconds = Math.Min(-Math.Log(1 - share) * meanSeconds, TimeSpan.FromDays(100_000).TotalSeconds);
        var time = TimeSpan.FromSeconds(seconds);
        return time < Tick ? Tick : time;
    }

    private int Purpose => SeededDraw.Outage + 10 * (int)layer;
}
