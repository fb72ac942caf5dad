using Fairlead.Core.Revisions;

namespace Fairlead.Core.Tests.Revisions;

/// <summary>How much of a week's traffic a change touches; the counts are the table's.</summary>
public sealed class ReachTests
{
    /// <summary>A thousand requests.</summary>
    private static readonly Traffic Week = new(1000,
    [
        new RequestGroup("support", null, "gpt-4o", 400),
        new RequestGroup("support", null, "claude-sonnet-4-5", 100),
        new RequestGroup("batch", null, "batch", 300),
        new RequestGroup(null, "mini", "mini", 120),
        new RequestGroup(null, "east/other", "east/other", 50),
        new RequestGroup(null, null, "west/none", 20),
        new RequestGroup("fun", null, "fun", 5),
    ]);

    [Theory]
    [InlineData("support", "", "", 500)]
    [InlineData("support batch", "", "", 800)]
    [InlineData("mini", "", "", 0)] // a target is no route
    [InlineData("", "mini", "", 120)]
    [InlineData("", "support", "", 0)]
    [InlineData("support", "mini", "", 620)]
    [InlineData("", "", "gpt-4o", 400)]
    [InlineData("", "", "claude-*", 100)]
    [InlineData("", "", "east/*", 50)]
    [InlineData("support", "", "gpt-4o claude-*", 500)] // each request once
    [InlineData("nothing", "nothing", "nothing", 0)]
    public void Of_Changes_CountsTheirRequestsOnce(string routes, string targets, string models, long touched) =>
        Assert.Equal(new Reach(touched, 1000), Reach.Of([Change(routes, targets, models)], Week));

    [Fact]
    public void Of_SeveralChanges_CountsWhatStandsInAny() =>
        // 5 of fun, 300 of batch by route and by name, 120 pinned, 100 by the beginning, 20 that nothing answered
        Assert.Equal(new Reach(545, 1000), Reach.Of([Change("fun", "", ""), Change("batch", "mini", ""), Change("", "", "batch claude-*"), Change("", "", "west/*")], Week));

    [Fact]
    public void Of_AGlobalChange_IsAllOfIt() =>
        Assert.Equal(new Reach(1000, 1000), Reach.Of([Change("fun", "", ""), Change("", "", "") with { IsGlobal = true }], Week));

    [Fact]
    public void Of_NoChange_IsNone() => Assert.Equal(new Reach(0, 1000), Reach.Of([], Week));

    [Theory]
    [InlineData(0, 0, "last week had no requests")]
    [InlineData(0, 7, "touches none of last week's requests")]
    [InlineData(3, 1000, "touches less than 1 % of last week's requests")]
    [InlineData(123, 1000, "touches 12 % of last week's requests")]
    [InlineData(996, 1000, "touches more than 99 % of last week's requests")]
    [InlineData(7, 7, "touches 100 % of last week's requests")]
    public void Text_SaysTheShare(long touched, long requests, string text) => Assert.Equal(text, new Reach(touched, requests).ToString());

    private static SnapshotChange Change(string routes, string targets, string models) =>
        new("x", "y", [.. Names(routes)]) { Targets = [.. Names(targets)], Models = [.. Names(models)] };

    private static string[] Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
