using System.Globalization;

namespace Fairlead.Simulator.Faults;

/// <summary>A figure that goes evenly from one value to another while a fault lasts.</summary>
/// <param name="From">Its value at the start.</param>
/// <param name="To">Its value at the end.</param>
public readonly record struct Ramp(double From, double To)
{
    /// <summary>Whether the two differ.</summary>
    public bool Changes => From != To;

    /// <summary>Its value when that part of the fault's time is over, 0 to 1.</summary>
    public double At(double part) => From + (To - From) * Math.Clamp(part, 0, 1);

    /// <summary>Its notation: one value, or two with <c>..</c> between them.</summary>
    internal string Text(string before, string after, double scale)
    {
        return Changes ? $"{One(From)}..{One(To)}" : One(From);

        string One(double value) => string.Create(CultureInfo.InvariantCulture, $"{before}{Math.Round(value * scale, 10)}{after}");
    }
}
