using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Ledger;

namespace Fairlead.Costs;

/// <summary>What is asked of costs, as texts: options of a command, or parameters of a request. All may be left out.</summary>
internal sealed record CostArguments
{
    /// <summary>The time that is looked at where none is given.</summary>
    public const int DefaultDays = 30;

    /// <summary>Groups that are told where no limit is given.</summary>
    public const int DefaultLimit = 50;

    /// <summary>The largest limit.</summary>
    public const int MostLimit = 10_000;

    private const int MostDimensions = 8;
    private const int MostFilters = 32;
    private const int MostValue = 256;

    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'"];

    /// <summary>Dimensions, separated by commas.</summary>
    public string? By { get; init; }

    /// <summary>The first day, or the first instant.</summary>
    public string? From { get; init; }

    /// <summary>The last day, whole, or the instant before which it ends.</summary>
    public string? To { get; init; }

    /// <summary>Filters, each <c>dimension=value</c>.</summary>
    public IReadOnlyList<string> Where { get; init; } = [];

    /// <summary>The name of a time zone.</summary>
    public string? Timezone { get; init; }

    /// <summary>How many groups to tell.</summary>
    public string? Limit { get; init; }

    /// <summary>Reads them.</summary>
    /// <param name="now">Now.</param>
    /// <param name="query">What they ask for.</param>
    /// <param name="error">The first that is wrong.</param>
    public bool TryRead(DateTimeOffset now, out CostQuery query, out CostArgumentError error)
    {
        query = null!;
        error = default;
        if (!TryZone(out var zone)) return Fail("timezone", "No such time zone: give a name such as Europe/Berlin, or UTC.", out error);
        if (!TryTime(From, zone, isEnd: false, out var from)) return Fail("from", NoTime, out error);
        if (!TryTime(To, zone, isEnd: true, out var until)) return Fail("to", NoTime, out error);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        // Whole days: these are in the rollups.
        until ??= CostPeriods.StartOf(today.AddDays(1), zone);
        if (from is null)
        {
            var last = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(until.Value.AddTicks(-1), zone).DateTime);
            from = CostPeriods.StartOf(last.DayNumber < DefaultDays ? DateOnly.MinValue.AddDays(1) : last.AddDays(1 - DefaultDays), zone);
        }

        if (from >= until) return Fail("from", "Must be before 'to'.", out error);
        var limit = DefaultLimit;
        if (Limit is not null && (!int.TryParse(Limit, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostLimit))
        {
            return Fail("limit", $"Must be a whole number from 1 to {MostLimit}.", out error);
        }

        if (!TryBy(out var by, out var wrong)) return Fail("by", wrong, out error);
        if (!TryWhere(out var where, out wrong)) return Fail("where", wrong, out error);
        query = new CostQuery { From = from.Value, Until = until.Value, By = by, Where = where, Zone = zone, Limit = limit };
        return true;
    }

    private const string NoTime = "Must be a day from 2000 to 2999, such as 2027-06-30, or a time with its offset, such as 2027-06-30T08:00:00Z.";

    private static bool Fail(string argument, string message, out CostArgumentError error)
    {
        error = new CostArgumentError(argument, message);
        return false;
    }

    private bool TryZone(out TimeZoneInfo zone)
    {
        zone = TimeZoneInfo.Utc;
        return Timezone is null || (Timezone.Length is > 0 and <= 64 && TimeZoneInfo.TryFindSystemTimeZoneById(Timezone, out zone!));
    }

    private static bool TryTime(string? text, TimeZoneInfo zone, bool isEnd, out DateTimeOffset? time)
    {
        time = null;
        if (text is null) return true;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and < 3000)
        {
            time = CostPeriods.StartOf(isEnd ? day.AddDays(1) : day, zone);
            return true;
        }

        if (!DateTimeOffset.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) || instant.UtcDateTime.Year is < 2000 or >= 3000) return false;
        time = instant;
        return true;
    }

    private bool TryBy(out ImmutableArray<CostDimension> by, out string error)
    {
        by = [];
        error = "";
        if (By is null) return true;
        var dimensions = ImmutableArray.CreateBuilder<CostDimension>();
        foreach (var text in By.Split(',', MostDimensions + 1, StringSplitOptions.TrimEntries))
        {
            if (!CostDimension.TryParse(text, out var dimension)) error = CostDimension.Unknown(text);
            else if (dimensions.Contains(dimension)) error = $"'{dimension}' is there twice.";
            else if (dimension.Period is not null && dimensions.Any(other => other.Period is not null)) error = "Only one of hour, day and month at a time.";
            else if (dimensions.Count == MostDimensions) error = $"At most {MostDimensions} at a time.";
            if (error.Length > 0) return false;
            dimensions.Add(dimension!);
        }

        by = dimensions.DrainToImmutable();
        return true;
    }

    private bool TryWhere(out ImmutableArray<(CostDimension, string?)> where, out string error)
    {
        where = [];
        error = Where.Count > MostFilters ? $"At most {MostFilters} filters." : "";
        if (error.Length > 0) return false;
        var filters = ImmutableArray.CreateBuilder<(CostDimension, string?)>();
        foreach (var text in Where)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            CostDimension? dimension = null;
            if (equals < 0) error = "A filter is written dimension=value; nothing behind the = stands for requests without one.";
            else if (!CostDimension.TryParse(text[..equals], out dimension)) error = CostDimension.Unknown(text[..equals]);
            else if (dimension.Period is not null) error = $"Not by {dimension}: give 'from' and 'to'.";
            else if (text.Length - equals > MostValue) error = $"A value has {MostValue} characters at most.";
            if (error.Length > 0) return false;
            filters.Add((dimension!, equals == text.Length - 1 ? null : text[(equals + 1)..]));
        }

        where = filters.DrainToImmutable();
        return true;
    }
}

/// <summary>Something that is asked wrongly of costs.</summary>
/// <param name="Argument">Which of the arguments.</param>
/// <param name="Message">What is wrong with it, a sentence.</param>
internal readonly record struct CostArgumentError(string Argument, string Message);
