using Fairlead.Core.Overload;

namespace Fairlead.Core.Configuration;

/// <summary>Binds what a configuration says of the gateway's own limits, and of its stop.</summary>
internal static class OverloadBinder
{
    private const int MostConcurrent = 1_000_000;

    public static OverloadSettings Overload(YamlNode? node, Findings findings)
    {
        var settings = OverloadSettings.Default;
        if (node is null || SectionReader.Open(node, Section.Overload, findings) is not { } reader) return settings;
        var concurrent = findings.Int(reader.Find("concurrent"), 1, MostConcurrent);
        var memory = findings.Share(reader.Find("memory"));
        if (memory is { Value: <= 0 } none) findings.Error(none.At, "must be above 0");
        reader.Close();
        return settings with { Concurrent = concurrent?.Value ?? settings.Concurrent, Memory = memory?.Value ?? settings.Memory };
    }

    public static StopSettings Stop(YamlNode? node, Findings findings)
    {
        var settings = StopSettings.Default;
        if (node is null || SectionReader.Open(node, Section.Stop, findings) is not { } reader) return settings;
        var drain = Time(reader.Find("drain"), StopSettings.MostDrain, findings);
        var notice = Time(reader.Find("notice"), StopSettings.MostNotice, findings);
        reader.Close();
        return settings with { Drain = drain ?? settings.Drain, Notice = notice ?? settings.Notice };
    }

    /// <summary>A time that may be none at all.</summary>
    private static TimeSpan? Time(YamlNode? node, TimeSpan most, Findings findings)
    {
        if (node is YamlNode.Scalar { Text: "0" or "0s" or "none" }) return TimeSpan.Zero;
        if (findings.Duration(node) is not { } time) return null;
        if (time.Value > most) findings.Error(time.At, $"must be {most.TotalMinutes} minutes at most");
        return time.Value;
    }
}
