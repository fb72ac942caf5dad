using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Alerting;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;

namespace Fairlead.Alerting;

/// <summary>What is posted of an alert.</summary>
internal static class AlertPayload
{
    /// <summary>Breaks what chats read as a mention: nobody is called by a name that stands in an alert.</summary>
    private const char WordJoiner = '\u2060';

    /// <summary>A message in the format of the one who is told.</summary>
    /// <param name="format">The format.</param>
    /// <param name="alert">The alert.</param>
    /// <param name="what">The name of its event.</param>
    /// <param name="snapshot">The configuration in force.</param>
    public static byte[] Of(AlertFormat format, Alert alert, string what, GatewaySnapshot snapshot)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (format == AlertFormat.Slack) WriteSlack(json, alert, what, GatewayOf(snapshot));
            else WriteMembers(json, alert, what, snapshot);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The members of an alert, in messages and reports.</summary>
    public static void WriteMembers(Utf8JsonWriter json, Alert alert, string what)
    {
        json.WriteString("id", alert.Id);
        json.WriteString("event", what);
        json.WriteString("severity", AlertSeverities.NameOf(alert.Severity));
        json.WriteString("status", StatusOf(alert));
        json.WriteString("subject", alert.Subject);
        json.WriteString("text", alert.Text);
        json.WriteNumber("count", alert.Count);
        json.WriteString("since", AuditTime.Write(alert.Since));
        json.WriteString("at", AuditTime.Write(alert.At));
    }

    private static void WriteMembers(Utf8JsonWriter json, Alert alert, string what, GatewaySnapshot snapshot)
    {
        WriteMembers(json, alert, what);
        json.WriteString("gateway", GatewayOf(snapshot));
        json.WriteString("revision", snapshot.Revision);
    }

    private static void WriteSlack(Utf8JsonWriter json, Alert alert, string what, string gateway)
    {
        var status = alert.IsResolved ? "Resolved" : AlertSeverities.NameOf(alert.Severity) switch { var name => string.Concat(name[..1].ToUpperInvariant(), name.AsSpan(1)) };
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{status}: {what} {alert.Subject}. {alert.Text} (since {alert.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, found {alert.Count} ×, {gateway})");
        json.WriteString("text", Escape(text));
        json.WriteBoolean("mrkdwn", false);
        json.WriteBoolean("unfurl_links", false);
    }

    private static string StatusOf(Alert alert) => alert.IsResolved ? "resolved" : "firing";

    private static string GatewayOf(GatewaySnapshot snapshot) => snapshot.Listen.OriginalString;

    /// <summary>As Slack wants it; &lt;, &gt; and &amp; are all that it reads as more than text, and @ is what others do.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            switch (character)
            {
                case '&':
                    escaped.Append("&amp;");
                    break;
                case '<':
                    escaped.Append("&lt;");
                    break;
                case '>':
                    escaped.Append("&gt;");
                    break;
                case '@':
                    escaped.Append('@').Append(WordJoiner);
                    break;
                default:
                    escaped.Append(char.IsControl(character) ? ' ' : character);
                    break;
            }
        }

        return escaped.ToString();
    }
}
