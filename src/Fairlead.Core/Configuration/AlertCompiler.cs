using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Alerting;

namespace Fairlead.Core.Configuration;

/// <summary>Whom alerts are told. One whose secrets have no value is told nothing, with a warning: an alert is no reason not to serve.</summary>
internal sealed class AlertCompiler(SecretReader secrets, string folder, Findings findings)
{
    public ImmutableArray<AlertSink> Compile(ImmutableArray<AlertDocument> documents)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var sinks = ImmutableArray.CreateBuilder<AlertSink>(documents.Length);
        foreach (var document in documents)
        {
            var name = document.Name?.Value ?? string.Create(CultureInfo.InvariantCulture, $"webhook-{sinks.Count + 1}");
            if (!names.Add(name)) findings.Error(document.Name?.At ?? document.At, $"the name {Words.Quote(name)} stands twice");
            sinks.Add(new AlertSink
            {
                Name = name,
                Webhook = null,
                Format = document.Format?.Value == "slack" ? AlertFormat.Slack : AlertFormat.Json,
                Events = document.Events is { } events ? [.. Enum.GetValues<AlertEvent>().Where(one => events.Any(word => word.Value == AlertEvents.NameOf(one)))] : [.. Enum.GetValues<AlertEvent>()],
                Remind = document.Remind?.Value ?? AlertSink.DefaultRemind,
                TellsResolved = document.Resolved?.Value ?? true,
            });
            if (Secrets(document) is var (webhook, key)) sinks[^1] = sinks[^1] with { Webhook = webhook, Key = key };
            else sinks[^1] = sinks[^1] with { Missing = new[] { document.Webhook, document.Key }.OfType<Located<string>>().Select(one => one.Value).FirstOrDefault(one => secrets.Read(one, folder) is null) };
        }

        return sinks.DrainToImmutable();
    }

    /// <summary>Its address and key; null where one has no value: unsigned in place of signed is not what was asked for.</summary>
    private (Secret Webhook, Secret? Key)? Secrets(AlertDocument document)
    {
        if (document.Webhook is not { } address) return null;
        var webhook = Read(address);
        var key = document.Key is { } signs ? Read(signs) : null;
        if (webhook is null || (document.Key is not null && key is null)) return null;
        return secrets.AreStandIns || Webhooks.Check(webhook, address.At, findings) ? (webhook, key) : null;
    }

    private Secret? Read(Located<string> reference)
    {
        if (secrets.Read(reference.Value, folder) is { } value) return new Secret(reference.Value, value);
        findings.Warning(reference.At, $"no value in {reference.Value}; no alerts are sent there");
        return null;
    }
}
