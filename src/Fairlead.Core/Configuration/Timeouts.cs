namespace Fairlead.Core.Configuration;

/// <summary>The four clocks of an attempt and the request's deadline. All are positive.</summary>
/// <param name="Connect">Until a connection is there, TLS included.</param>
/// <param name="Headers">From the connection until the response headers; streams only.</param>
/// <param name="FirstToken">From the start of the attempt until the first meaningful content; streams only.</param>
/// <param name="Gap">Between two pieces of meaningful content; streams only.</param>
/// <param name="Deadline">From admission until the last byte, over all attempts.</param>
public sealed record Timeouts(TimeSpan Connect, TimeSpan Headers, TimeSpan FirstToken, TimeSpan Gap, TimeSpan Deadline)
{
    /// <summary>connect 1 s, headers 10 s, first token 15 s, gap 20 s, deadline 120 s.</summary>
    public static Timeouts Default { get; } = new(
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(120));
}
