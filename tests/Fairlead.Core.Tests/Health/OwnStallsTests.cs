using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>Times at which the gateway itself stood still. A clock that jumps is what a suspended process sees.</summary>
public sealed class OwnStallsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Touches_ClockRunsEvenly_Never()
    {
        using var stalls = new OwnStalls(_time);
        var from = _time.GetTimestamp();
        Run(TimeSpan.FromMinutes(1));

        Assert.False(stalls.Touches(from, _time.GetTimestamp()));
    }

    [Fact]
    public void Touches_ClockJumps_WhatLivedThroughItAlone()
    {
        using var stalls = new OwnStalls(_time);
        var start = _time.GetTimestamp();
        Run(TimeSpan.FromSeconds(5));
        var before = _time.GetTimestamp();
        Run(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(3));
        var after = _time.GetTimestamp();
        Run(TimeSpan.FromSeconds(5));
        var end = _time.GetTimestamp();

        Assert.True(stalls.Touches(before, after));
        Assert.True(stalls.Touches(start, end));
        Assert.False(stalls.Touches(start, before));
        Assert.False(stalls.Touches(after, end));
    }

    [Fact]
    public void Touches_TickIsStillToCome_IsAStallAlready()
    {
        using var stalls = new OwnStalls(_time);
        var now = _time.GetTimestamp();

        Assert.True(stalls.Touches(now, now + (2 * _time.TimestampFrequency)));
        Assert.False(stalls.Touches(now, now + (_time.TimestampFrequency / 2)));
    }

    [Fact]
    public void WasLate_WhatLivedThroughIt_AndNothingElse()
    {
        using var stalls = new OwnStalls(_time);
        var start = _time.GetTimestamp();
        Run(TimeSpan.FromSeconds(1));
        var before = _time.GetTimestamp();
        stalls.Late(true);
        stalls.Late(true);
        Run(TimeSpan.FromSeconds(1));
        var within = _time.GetTimestamp();

        Assert.True(stalls.WasLate(start, within)); // it goes on
        Assert.False(stalls.WasLate(start, before));

        Run(TimeSpan.FromSeconds(1));
        stalls.Late(false);
        var after = _time.GetTimestamp();
        Run(TimeSpan.FromSeconds(1));
        var end = _time.GetTimestamp();

        Assert.True(stalls.WasLate(start, end));
        Assert.True(stalls.WasLate(within, end));
        Assert.False(stalls.WasLate(start, before));
        Assert.False(stalls.WasLate(after, end));
        Assert.False(stalls.Touches(start, end)); // late is not still
    }

    [Fact]
    public void Touches_MoreStallsThanAreKept_KnowsTheLatest()
    {
        using var stalls = new OwnStalls(_time);
        var longAgo = _time.GetTimestamp();
        for (var i = 0; i < 40; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            Run(TimeSpan.FromSeconds(1));
        }

        Assert.True(stalls.Touches(_time.GetTimestamp() - (2 * _time.TimestampFrequency), _time.GetTimestamp()));
        Assert.False(stalls.Touches(longAgo, longAgo + _time.TimestampFrequency));
    }

    private void Run(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(125)) _time.Advance(TimeSpan.FromMilliseconds(125));
    }
}
