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
        var memory = findings.PositiveShare(reader.Find("memory"));
        reader.Close();
        return settings with { Concurrent = concurrent?.Value ?? settings.Concurrent, Memory = memory?.Value ?? settings.Memory };
    }

    public static StopSettings Stop(YamlNode? node, Findings findings)
    {
        var settings = StopSettings.Default;
        if (node is null || SectionReader.Open(node, Section.Stop, findings) is not { } reader) return settings;
        var drain = findings.Duration(reader.Find("drain"), most: StopSettings.MostDrain, mayBeNone: true);
        var notice = findings.Duration(reader.Find("notice"), most: StopSettings.MostNotice, mayBeNone: true);
        reader.Close();
        return settings with { Drain = drain?.Value ?? settings.Drain, Notice = notice?.Value ?? settings.Notice };
    }
}
