using static Fairlead.Core.Expressions.CelFunctionList;

namespace Fairlead.Core.Expressions;

/// <summary>The standard's parts of timestamps, at UTC or at a place, and of durations.</summary>
internal static class CelTimeFunctions
{
    public static void AddTo(CelFunctionList functions)
    {
        Add(functions, "getFullYear", local => local.Year);
        Add(functions, "getMonth", local => local.Month - 1);
        Add(functions, "getDate", local => local.Day);
        Add(functions, "getDayOfMonth", local => local.Day - 1);
        Add(functions, "getDayOfYear", local => local.DayOfYear - 1);
        Add(functions, "getDayOfWeek", local => (int)local.DayOfWeek);
        Add(functions, "getHours", local => local.Hour, 3600);
        Add(functions, "getMinutes", local => local.Minute, 60);
        Add(functions, "getSeconds", local => local.Second, 1);
        Add(functions, "getMilliseconds", local => local.Millisecond, 0);
    }

    /// <param name="ofLocal">The part of a clock.</param>
    /// <param name="seconds">The unit in which a duration is counted as a whole; 0 for the milliseconds within its second; null for no durations.</param>
    private static void Add(CelFunctionList functions, string name, Func<DateTime, int> ofLocal, int? seconds = null)
    {
        CelSignature[] signatures = seconds is null
            ? [Takes(CelType.Timestamp, CelType.Int)]
            : [Takes(CelType.Timestamp, CelType.Int), Takes(CelType.Duration, CelType.Int)];
        functions.Method(name, (ref _, in value) => value.Kind switch
        {
            CelKind.Timestamp => Part(value, null, ofLocal),
            CelKind.Duration when seconds == 0 => CelValue.Of(value.Bits / 1_000_000 % 1000),
            CelKind.Duration when seconds is { } unit => CelValue.Of(value.Bits / (unit * CelValue.NanosecondsPerSecond)),
            _ => CelStandardFunctions.NoOverload(name, value),
        }, signatures);
        functions.Method(name, (ref _, in value, in zone) => value.Kind == CelKind.Timestamp && zone.Kind == CelKind.String
            ? Part(value, zone.AsString, ofLocal)
            : CelStandardFunctions.NoOverload(name, value.Kind == CelKind.Timestamp ? zone : value), Takes(CelType.Timestamp, CelType.String, CelType.Int));
    }

    private static CelValue Part(in CelValue timestamp, string? zone, Func<DateTime, int> ofLocal) =>
        CelTime.Local(timestamp, zone) is { } local ? CelValue.Of((long)ofLocal(local)) : CelValue.Error("no time zone has that name, or its clock is out of range");
}
