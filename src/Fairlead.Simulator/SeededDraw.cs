namespace Fairlead.Simulator;

/// <summary>The draws of a vendor: a pure function of seed, request number and purpose, so that a run can be repeated.</summary>
internal static class SeededDraw
{
    public const int FirstToken = 1;
    public const int Rate = 2;
    public const int OutputTokens = 3;

    /// <summary>Times and symptoms of outages; ten for each layer.</summary>
    public const int Outage = 100;

    /// <summary>The shares of the fault script; the fault's id is added.</summary>
    public const int Fault = 1_000;

    /// <summary>The errors of brownouts; the fault's id is added.</summary>
    public const int Overload = 500_000;

    /// <summary>The gaps of a slow answer; the token's index is added.</summary>
    public const int Gap = 1_000_000;

    /// <summary>A number strictly between 0 and 1.</summary>
    public static double Share(ulong seed, long number, int purpose)
    {
        // The finaliser of SplitMix64, once per ingredient: neighbouring numbers must not give neighbouring draws.
        var mixed = Mix(Mix(Mix(seed) ^ (ulong)number) ^ (uint)purpose);
        return ((mixed >> 11) + 0.5) / (1UL << 53);
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
