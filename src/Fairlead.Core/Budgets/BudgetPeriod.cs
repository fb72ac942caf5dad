namespace Fairlead.Core.Budgets;

/// <summary>How long a budget lasts before it begins anew.</summary>
public enum BudgetPeriod
{
    /// <summary>From one full hour of its time zone to the next.</summary>
    Hour = 0,

    /// <summary>From midnight to midnight of its time zone: 23 or 25 hours where the clock is changed.</summary>
    Day,

    /// <summary>From Monday's midnight, as in ISO 8601.</summary>
    Week,

    /// <summary>From midnight of the first day.</summary>
    Month,
}

/// <summary>The span of time that a budget counts in: from <see cref="Start"/> to before <see cref="End"/>, both in UTC.</summary>
/// <param name="Start">The first instant.</param>
/// <param name="End">The first instant of the next one.</param>
public readonly record struct BudgetSpan(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>No time zone is further from UTC.</summary>
    private const int SecondsAround = 15 * 60 * 60;

    /// <summary>The span that an instant is in. Spans of one budget follow each other without gap or overlap, whatever the time zone does.</summary>
    /// <param name="at">The instant.</param>
    /// <param name="period">How long it lasts.</param>
    /// <param name="zone">Whose midnights count.</param>
    public static BudgetSpan Of(DateTimeOffset at, BudgetPeriod period, TimeZoneInfo zone)
    {
        var utc = at.ToUniversalTime();
        if (period == BudgetPeriod.Hour)
        {
            // By its standard time: where summer differs from it by half an hour, hours would overlap.
            var offset = zone.BaseUtcOffset;
            var local = utc.Ticks + offset.Ticks;
            var start = new DateTimeOffset(local - (local % TimeSpan.TicksPerHour) - offset.Ticks, TimeSpan.Zero);
            return new BudgetSpan(start, start.AddHours(1));
        }

        var day = DateOnly.FromDateTime((utc + zone.GetUtcOffset(utc)).DateTime);
        var first = period switch
        {
            BudgetPeriod.Day => day,
            BudgetPeriod.Week => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
            _ => new DateOnly(day.Year, day.Month, 1),
        };
        var next = period switch
        {
            BudgetPeriod.Day => first.AddDays(1),
            BudgetPeriod.Week => first.AddDays(7),
            _ => first.AddMonths(1),
        };
        return new BudgetSpan(MidnightOf(first, zone), MidnightOf(next, zone));
    }

    /// <summary>Whether an instant is in it.</summary>
    public bool Contains(DateTimeOffset at) => at >= Start && at < End;

    /// <summary>
    /// When a day begins: with the first instant that is of it there. So the first of two midnights counts where the clock is set back over it, and
    /// where it is set forward over it, or over a whole day, what comes next. Looked for from UTC, where every instant has one local time.
    /// </summary>
    private static DateTimeOffset MidnightOf(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var (before, after) = (-SecondsAround, SecondsAround);
        while (after - before > 1)
        {
            var between = (before + after) / 2;
            var at = midnight.AddSeconds(between);
            if (at + zone.GetUtcOffset(at) >= midnight) after = between;
            else before = between;
        }

        return midnight.AddSeconds(after);
    }
}
