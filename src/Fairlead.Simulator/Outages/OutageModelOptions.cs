namespace Fairlead.Simulator.Outages;

/// <summary>What an <see cref="OutageModel"/> is made from.</summary>
public sealed record OutageModelOptions
{
    /// <summary>The share of time it is up, all layers together: from 0.01 to 1, which is never down.</summary>
    public required double Availability { get; init; }

    /// <summary>The mean length of an incident, and of an outage of the whole vendor; from 100 ms to a day. Default: 2 minutes.</summary>
    public TimeSpan MeanRepair { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The mean length of a blip; from 100 ms to a day. Default: 5 seconds.</summary>
    public TimeSpan MeanBlip { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Seed of its blips, incidents and symptoms. Default: 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Seed of the outages of the whole vendor: models with the same one, and otherwise the same options, are down together. Null (the default): there are none.</summary>
    public ulong? VendorSeed { get; init; }

    /// <summary>The share of the time down that blips make; from 0 to 1. Default: 0.2.</summary>
    public double BlipShare { get; init; } = 0.2;

    /// <summary>The share of the time down that outages of the whole vendor make, where it has a seed; from 0 to 1, with the blips' not above 1. Default: 0.3.</summary>
    public double VendorShare { get; init; } = 0.3;

    /// <summary>Checks every value, as the model does.</summary>
    /// <exception cref="FormatException">A value is not usable; the message names it.</exception>
    public void Validate()
    {
        if (Availability is not (>= 0.01 and <= 1)) throw new FormatException("the availability is between 1% and 100%.");
        if (MeanRepair < Shortest || MeanRepair > Longest) throw new FormatException("the mean repair time is between 100ms and a day.");
        if (MeanBlip < Shortest || MeanBlip > Longest) throw new FormatException("the mean length of a blip is between 100ms and a day.");
        if (BlipShare is not (>= 0 and <= 1) || VendorShare is not (>= 0 and <= 1) || (VendorSeed is not null && BlipShare + VendorShare > 1)) throw new FormatException("the shares of blips and of the vendor's outages are between 0 and 1, and so is their sum.");
    }

    private static TimeSpan Shortest { get; } = TimeSpan.FromMilliseconds(100);

    private static TimeSpan Longest { get; } = TimeSpan.FromDays(1);
}
