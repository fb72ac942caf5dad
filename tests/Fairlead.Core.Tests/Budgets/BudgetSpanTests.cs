using System.Globalization;
using Fairlead.Core.Budgets;

namespace Fairlead.Core.Tests.Budgets;

public sealed class BudgetSpanTests
{
    [Theory]
    [InlineData("UTC", "Day", "2026-11-26T12:00:00Z", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z")]
    [InlineData("UTC", "Month", "2026-02-28T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")]
    [InlineData("UTC", "Month", "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("UTC", "Week", "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z")] // a Sunday belongs to the Monday before
    [InlineData("UTC", "Hour", "2026-11-26T12:59:59Z", "2026-11-26T12:00:00Z", "2026-11-26T13:00:00Z")]
    [InlineData("Asia/Kolkata", "Hour", "2026-11-26T12:10:00Z", "2026-11-26T11:30:00Z", "2026-11-26T12:30:00Z")]
    [InlineData("Europe/Berlin", "Day", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")] // 23 hours
    [InlineData("Europe/Berlin", "Day", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")] // 25 hours
    [InlineData("Europe/Berlin", "Month", "2026-03-31T22:30:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z")] // already April there
    [InlineData("America/Havana", "Day", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z")] // midnight does not exist
    [InlineData("America/Havana", "Day", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z")] // midnight comes twice
    public void BeginAndEndAtTheMidnightsOfTheirZone(string zone, string period, string at, string start, string end)
    {
        var span = BudgetSpan.Of(Time(at), Enum.Parse<BudgetPeriod>(period), TimeZoneInfo.FindSystemTimeZoneById(zone));
        Assert.Equal((Time(start), Time(end)), (span.Start, span.End));
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Havana")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("Asia/Kolkata")]
    [InlineData("Pacific/Apia")] // a day that never was: 2011-12-30
    [InlineData("Australia/Lord_Howe")]
    public void FollowEachOtherWithoutGapOrOverlap(string zone)
    {
        var there = TimeZoneInfo.FindSystemTimeZoneById(zone);
        foreach (var period in Enum.GetValues<BudgetPeriod>())
        {
            var span = BudgetSpan.Of(Time("2011-01-01T12:00:00Z"), period, there);
            while (span.End < Time(period == BudgetPeriod.Hour ? "2012-06-01T00:00:00Z" : "2027-01-01T00:00:00Z"))
            {
                Assert.True(span.Start < span.End);
                Assert.Equal(span, BudgetSpan.Of(span.Start, period, there));
                Assert.Equal(span, BudgetSpan.Of(span.End.AddTicks(-1), period, there));
                var next = BudgetSpan.Of(span.End, period, there);
                Assert.Equal(span.End, next.Start);
                span = next;
            }
        }
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
