namespace Fairlead.Bench.EndToEnd.Mock;

/// <summary>How the mock upstream paces the chunks of a stream.</summary>
internal abstract record Pacing
{
    private Pacing()
    {
    }

    /// <summary>The whole stream in one write.</summary>
    public sealed record AtOnce : Pacing;

    /// <summary>A write per chunk, one straight after the other.</summary>
    public sealed record OneByOne : Pacing;

    /// <summary>A write per chunk, with a wait between.</summary>
    /// <param name="Interval">From one chunk to the next; kept on average, to a millisecond or two.</param>
    public sealed record Every(TimeSpan Interval) : Pacing;
}
