namespace Fairlead.Core.Configuration;

/// <summary>The clocks of an attempt and the request's deadline. All times are positive.</summary>
/// <param name="Connect">Until a connection is there, TLS included.</param>
/// <param name="Headers">From the connection until the response headers; streams only.</param>
/// <param name="FirstToken">From the start of the attempt until the first meaningful content; streams only.</param>
/// <param name="Gap">Between two pieces of meaningful content; streams only.</param>
/// <param name="Deadline">From admission until the last byte, over all attempts.</param>
public sealed record Timeouts(TimeSpan Connect, TimeSpan Headers, TimeSpan FirstToken, TimeSpan Gap, TimeSpan Deadline)
{
    /// <summary>From the start of an attempt until the last byte of a JSON answer; null: the deadline alone ends it.</summary>
    public TimeSpan? Answer { get; init; }

    /// <summary>Tokens a second, at four bytes each, below which an answer that has begun is too slow; 0: none is.</summary>
    public int Floor { get; init; } = 2;

    /// <summary>How long a client may take nothing of what is written for it before it is cut off.</summary>
    public TimeSpan Client { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>connect 1 s, headers 10 s, first token 15 s, gap 20 s, deadline 120 s, no time for a JSON answer of its own, a floor of 2 tokens a second, client 30 s.</summary>
    public static Timeouts Default { get; } = new(
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(120));

    /// <summary>A clock that is shortened is not made shorter than this, unless it was before.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The clocks after so many attempts whose time ran out: half as long for each, so that others get their turn within the deadline, but
    /// never less than twice what the target usually takes: it would be called slow for what it always was.
    /// </summary>
    /// <param name="timeouts">How many; not negative.</param>
    /// <param name="usual">What the target usually takes to its answer; null while that is not known.</param>
    public Timeouts After(int timeouts, TimeSpan? usual = null)
    {
        var least = Math.Max(Least.Ticks, 2 * (usual ?? TimeSpan.Zero).Ticks);
        if (timeouts == 0) return this;
        return this with { Headers = Shorter(Headers), FirstToken = Shorter(FirstToken) };

        TimeSpan Shorter(TimeSpan clock) => TimeSpan.FromTicks(Math.Min(clock.Ticks, Math.Max(least, clock.Ticks >> Math.Min(timeouts, 10))));
    }
}
