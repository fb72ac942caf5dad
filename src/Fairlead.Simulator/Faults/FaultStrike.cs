namespace Fairlead.Simulator.Faults;

/// <summary>What a fault makes of one request, its draws made.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Slowness">How many times as long its answer takes.</param>
/// <param name="IsOverloaded">Whether it is answered with the dialect's error of an overloaded vendor.</param>
internal sealed record FaultStrike(SimulatedFault Fault, double Slowness, bool IsOverloaded)
{
    /// <summary>Draws what a request suffers.</summary>
    /// <param name="fault">Its fault.</param>
    /// <param name="elapsed">How long the fault has been in force.</param>
    /// <param name="draw">A number between 0 and 1, of this request and fault.</param>
    public static FaultStrike Of(SimulatedFault fault, TimeSpan elapsed, double draw)
    {
        var slowness = fault.Find<FaultEffect.Slower>()?.Factor ?? 1;
        if (fault.Find<FaultEffect.Brownout>() is not { } brownout) return new FaultStrike(fault, slowness, false);
        var part = fault.For is { } length ? elapsed / length : 0;
        return new FaultStrike(fault, slowness * brownout.Latency.At(part), draw < brownout.Errors.At(part));
    }
}
