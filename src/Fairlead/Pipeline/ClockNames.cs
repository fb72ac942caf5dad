using Fairlead.Core.Execution;

namespace Fairlead.Pipeline;

/// <summary>Names of the clocks in sentences and records.</summary>
internal static class ClockNames
{
    public static string Of(AttemptClock clock) => clock switch
    {
        AttemptClock.Connect => "connect",
        AttemptClock.Headers => "headers",
        AttemptClock.FirstToken => "first token",
        AttemptClock.Gap => "gap",
        AttemptClock.Deadline => "deadline",
        AttemptClock.Answer => "answer",
        AttemptClock.Floor => "floor",
        AttemptClock.Client => "client",
        AttemptClock.Stop => "stop",
        _ => "no",
    };
}
