using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>A time that a test turns, whose wall clock may be wrong.</summary>
internal sealed class SetClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>How far the wall clock is ahead of what it was and what has passed since.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    public override long GetTimestamp() => base.GetUtcNow().UtcTicks;
}
