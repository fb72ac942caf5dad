using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Revisions;
using Fairlead.Revisions;
using Spectre.Console;

namespace Fairlead.Commands;

/// <summary>What <c>fairlead revisions</c> prints, for people or as JSON.</summary>
internal static class RevisionsOutput
{
    public static int List(ImmutableArray<RecordedRevision> revisions, bool isJson)
    {
        if (isJson)
        {
            return Json(json =>
            {
                json.WriteStartArray();
                foreach (var recorded in revisions)
                {
                    json.WriteStartObject();
                    RevisionJson.Write(json, recorded);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in new[] { "#", "revision", "applied (UTC)", "author", "reason", "changes" }) table.AddColumn(new TableColumn(column) { NoWrap = column is "#" or "revision" });
        foreach (var recorded in revisions)
        {
            table.AddRow(
                new Text(recorded.Number.ToString(CultureInfo.InvariantCulture)), new Text(recorded.Revision), new Text(Time(recorded)), new Text(recorded.Author), new Text(recorded.Reason ?? ""), new Text(Summary(recorded)));
        }

        AnsiConsole.Write(table);
        return ExitCodes.Success;
    }

    public static int Show(StoredRevision stored, bool isJson)
    {
        var recorded = stored.Last;
        if (isJson)
        {
            return Json(json =>
            {
                json.WriteStartObject();
                RevisionJson.Write(json, recorded);
                json.WriteString("content", stored.Content);
                json.WriteEndObject();
            });
        }

        Console.WriteLine($"Revision {recorded.Revision}, number {recorded.Number}, applied {Time(recorded)} UTC by {recorded.Author}{(recorded.Reason is { } reason ? ": " + reason : "")}");
        if (recorded.Previous is { } previous) Console.WriteLine($"Before it: {previous}");
        Lines(recorded.Changes, recorded.Reach);
        Console.WriteLine();
        Console.WriteLine(stored.Content.TrimEnd('\n'));
        return ExitCodes.Success;
    }

    public static int Diff(string revision, string against, ContentDiff diff, Reach reach, bool isJson)
    {
        var lines = diff.Changes.Select(change => change.ToString()).ToList();
        if (isJson)
        {
            return Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("revision", revision);
                json.WriteString("against", against);
                RevisionJson.Write(json, lines, reach);
                json.WriteEndObject();
            });
        }

        Console.WriteLine($"From {against} to {revision}:");
        Lines(lines, reach);
        return ExitCodes.Success;
    }

    public static int RolledBack(string revision, string file, bool isChange, bool isJson)
    {
        if (isJson)
        {
            return Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("revision", revision);
                json.WriteString("file", file);
                json.WriteBoolean("changed", isChange);
                json.WriteEndObject();
            });
        }

        Console.WriteLine(isChange ? $"{file} holds revision {revision} again; a running gateway applies it within a second." : $"{file} holds revision {revision} already.");
        return ExitCodes.Success;
    }

    private static void Lines(IReadOnlyCollection<string> lines, Reach? reach)
    {
        if (lines.Count == 0) Console.WriteLine("  nothing that Fairlead reads differently");
        foreach (var line in lines) Console.WriteLine("  " + line);
        if (lines.Count > 0 && reach is { } counted) Console.WriteLine($"  ({counted})");
    }

    private static string Summary(RecordedRevision recorded) => recorded.Changes.Length switch
    {
        0 => recorded.Previous is null ? "the first" : "none that is read differently",
        1 => recorded.Changes[0] + Touched(recorded),
        _ => $"{recorded.Changes[0]} and {recorded.Changes.Length - 1} more{Touched(recorded)}",
    };

    private static string Touched(RecordedRevision recorded) => recorded.Reach is { } reach ? $"; {reach}" : "";

    private static string Time(RecordedRevision recorded) => recorded.AppliedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static int Json(Action<Utf8JsonWriter> write)
    {
        using (var output = Console.OpenStandardOutput())
        {
            using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) write(json);
            output.Write("\n"u8);
        }

        return ExitCodes.Success;
    }
}
