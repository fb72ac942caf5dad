using Fairlead.Core.Ledger;

namespace Fairlead.Core.Tests.Ledger;

/// <summary>Hours, days and months as calendars have them.</summary>
public sealed class CostPeriodsTests
{
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z")]
    [InlineData("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z")]      // after 23 hours
    [InlineData("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z")]  // clocks were set over midnight
    [InlineData("America/Havana", "2025-11-02", "2025-11-02T04:00:00Z")]     // midnight came twice
    [InlineData("Asia/Kolkata", "2026-03-05", "2026-03-04T18:30:00Z")]
    [InlineData("Asia/Kathmandu", "2026-03-05", "2026-03-04T18:15:00Z")]
    [InlineData("UTC", "2024-02-29", "2024-02-29T00:00:00Z")]
    public void StartOf_ADay_IsItsFirstInstant(string zone, string day, string expected)
    {
        var start = CostPeriods.StartOf(DateOnly.Parse(day, null), TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal(DateTimeOffset.Parse(expected, null), start);
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-31T21:59:59Z", "2026-03-31T23:00+02:00", "2026-03-31", "2026-03")]
    [InlineData("Europe/Berlin", "2026-03-31T22:00:00Z", "2026-04-01T00:00+02:00", "2026-04-01", "2026-04")]
    [InlineData("Asia/Kolkata", "2026-02-28T18:29:59Z", "2026-02-28T23:00+05:30", "2026-02-28", "2026-02")]
    [InlineData("Asia/Kolkata", "2026-02-28T18:30:00Z", "2026-03-01T00:00+05:30", "2026-03-01", "2026-03")]
    public void NameOf_ATime_IsThatOfItsPeriod(string zone, string time, string hour, string day, string month)
    {
        var (at, its) = (DateTimeOffset.Parse(time, null), TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal((hour, day, month), (CostPeriods.NameOf(CostPeriod.Hour, at, its), CostPeriods.NameOf(CostPeriod.Day, at, its), CostPeriods.NameOf(CostPeriod.Month, at, its)));
    }
}
