using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Auditing;

namespace Fairlead.Auditing;

/// <summary>
/// Records, checkpoints and verdicts as JSON. A record is a line of an export, and a checkpoint one of its file; both are read back as strictly as the
/// chain is checked: what was not written like that is none.
/// </summary>
internal static class AuditJson
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>The members of a record, within an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, AuditRecord record)
    {
        json.WriteNumber("seq", record.Number);
        json.WriteString("at", AuditTime.Write(record.At));
        json.WriteString("action", record.Entry.Action);
        json.WriteString("actor", record.Entry.Actor);
        json.WriteString("subject", record.Entry.Subject);
        json.WriteString("reason", record.Entry.Reason);
        json.WriteString("detail", record.Entry.Detail);
        json.WriteString("previous", record.Previous);
        json.WriteString("hash", record.Hash);
        json.WriteString("mac", record.Mac);
    }

    /// <summary>The members of a checkpoint, within an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, AuditCheckpoint checkpoint)
    {
        json.WriteString("at", AuditTime.Write(checkpoint.At));
        json.WriteNumber("seq", checkpoint.Number);
        json.WriteString("hash", checkpoint.Hash);
        json.WriteString("mac", checkpoint.Mac);
    }

    /// <summary>A verdict as an object.</summary>
    public static void Write(Utf8JsonWriter json, AuditVerdict verdict, IEnumerable<string> notes)
    {
        json.WriteStartObject();
        json.WriteBoolean("valid", verdict.Finding is null);
        json.WriteNumber("records", verdict.Records);
        if (verdict.Last is { } last)
        {
            json.WriteStartObject("last");
            json.WriteNumber("seq", last.Number);
            json.WriteString("at", AuditTime.Write(last.At));
            json.WriteString("hash", last.Hash);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("last");
        }

        if (verdict.Finding is { } finding)
        {
            json.WriteStartObject("finding");
            json.WriteString("kind", NameOf(finding.Fault));
            json.WriteNumber("seq", finding.Position);
            json.WriteString("text", finding.Text);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("finding");
        }

        json.WriteBoolean("macs_checked", verdict.AreMacsChecked);
        json.WriteNumber("checkpoints", verdict.Checkpoints);
        json.WriteNumber("clock_steps", verdict.ClockSteps);
        json.WriteStartArray("notes");
        foreach (var note in notes) json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What a verdict does not show, in sentences.</summary>
    public static IEnumerable<string> NotesOn(AuditVerdict verdict)
    {
        if (!verdict.AreMacsChecked) yield return "MACs were not checked, for the store's key is not here: whoever can write the log could have made the whole chain anew.";
        if (verdict.Checkpoints == 0) yield return "No checkpoint was given: an older copy of the log, or one whose end was cut off with care, looks the same.";
        if (verdict.ClockSteps > 0) yield return $"{verdict.ClockSteps} {(verdict.ClockSteps == 1 ? "record is" : "records are")} older than the one before: the clock was set back.";
    }

    public static string NameOf(AuditFault fault) => fault switch
    {
        AuditFault.Changed => "changed",
        AuditFault.Removed => "removed",
        AuditFault.Inserted => "inserted",
        AuditFault.Reordered => "reordered",
        AuditFault.Forged => "forged",
        AuditFault.CutOff => "cut_off",
        _ => "replaced",
    };

    /// <summary>An object on one line, without its end.</summary>
    public static string Line(Action<Utf8JsonWriter> writeMembers)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>The record of a line; null when it is none.</summary>
    public static AuditRecord? ReadRecord(string line) => Read(line, 10, members =>
    {
        var entry = new AuditEntry(Text(members, "action"), Text(members, "actor"), Text(members, "subject")) { Reason = OptionalText(members, "reason"), Detail = OptionalText(members, "detail") };
        return new AuditRecord(members.GetProperty("seq").GetInt64(), Time(members), entry, Text(members, "previous"), Text(members, "hash"), Text(members, "mac"));
    });

    /// <summary>The checkpoint of a line; null when it is none.</summary>
    public static AuditCheckpoint? ReadCheckpoint(string line) =>
        Read(line, 4, members => new AuditCheckpoint(Time(members), members.GetProperty("seq").GetInt64(), Text(members, "hash"), Text(members, "mac")));

    private static T? Read<T>(string line, int count, Func<JsonElement, T> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.GetPropertyCount() == count ? read(document.RootElement) : null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null; // the last two: a member of another type, half a character, a number that is none of ours
        }
    }

    private static DateTimeOffset Time(JsonElement members) => AuditTime.Read(Text(members, "at")) ?? throw new FormatException("No time of the audit log.");

    private static string Text(JsonElement members, string name) => members.GetProperty(name).GetString() ?? throw new FormatException("A member has no value.");

    private static string? OptionalText(JsonElement members, string name) => members.GetProperty(name).GetString();
}
