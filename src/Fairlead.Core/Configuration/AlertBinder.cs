using System.Collections.Immutable;
using Fairlead.Core.Alerting;

namespace Fairlead.Core.Configuration;

/// <summary>What is written of one who is told of alerts.</summary>
internal sealed record AlertDocument(Place At)
{
    public Located<string>? Name { get; init; }

    public Located<string>? Webhook { get; init; }

    public Located<string>? Key { get; init; }

    public Located<string>? Format { get; init; }

    /// <summary>Null: all.</summary>
    public ImmutableArray<Located<string>>? Events { get; init; }

    public Located<TimeSpan>? Remind { get; init; }

    public Located<bool>? Resolved { get; init; }
}

/// <summary>Binds what a configuration says of alerts.</summary>
internal static class AlertBinder
{
    private const int MostSinks = 16;

    private static readonly ImmutableArray<string> Formats = ["json", "slack"];

    public static ImmutableArray<AlertDocument> Alerts(YamlNode? node, Findings findings)
    {
        var sinks = ImmutableArray.CreateBuilder<AlertDocument>();
        foreach (var item in findings.List(node, MostSinks, "[ { webhook: \"env:ONCALL_URL\" } ]"))
        {
            if (SectionReader.Open(item, Section.Alert, findings) is not { } reader) continue;
            sinks.Add(new AlertDocument(reader.At)
            {
                Name = findings.Text(reader.Find("name"), 64),
                Webhook = findings.Reference(reader.Require("webhook", "where the address stands, such as env:ONCALL_URL")),
                Key = findings.Reference(reader.Find("key")),
                Format = findings.Word(reader.Find("format"), Formats),
                Events = Events(reader.Find("events"), findings),
                Remind = findings.Duration(reader.Find("remind"), least: TimeSpan.FromMinutes(1)),
                Resolved = findings.Bool(reader.Find("resolved")),
            });
            reader.Close();
        }

        return sinks.DrainToImmutable();
    }

    private static ImmutableArray<Located<string>>? Events(YamlNode? node, Findings findings)
    {
        if (node is null) return null;
        if (node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "needs at least one event; leave the key out for all");
        var events = ImmutableArray.CreateBuilder<Located<string>>();
        foreach (var item in findings.List(node, AlertEvents.Names.Length, "[breaker, budget]"))
        {
            if (findings.Word(item, AlertEvents.Names) is { } word) events.Add(word);
        }

        return events.DrainToImmutable();
    }
}
