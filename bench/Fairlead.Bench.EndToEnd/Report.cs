using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Bench.EndToEnd.Measurements;

namespace Fairlead.Bench.EndToEnd;

/// <summary>The result of a run, as a table or as JSON.</summary>
/// <param name="Yardstick">The yardstick's name.</param>
/// <param name="Options">What was asked for.</param>
internal sealed record Report(string Yardstick, BenchOptions Options)
{
    /// <summary>The lines, each with the name of its subject.</summary>
    public List<(string Subject, Row Row)> Rows { get; } = [];

    /// <summary>A table for people.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendLine(Header());
        string[] head = ["", "unit", "direct", Yardstick, "subject", "ratio", "min..max", "bar", "goal", "", "remarks"];
        var lines = new List<(string? Title, string[] Cells)> { (null, head) };
        foreach (var group in Rows.GroupBy(entry => (entry.Row.Group, entry.Subject)))
        {
            lines.Add(($"{group.Key.Group}: {group.Key.Subject} against {group.First().Row.Yardstick ?? Yardstick}", []));
            lines.AddRange(group.Select(entry => ((string?)null, Cells(entry.Row))));
        }

        var widths = Enumerable.Range(0, head.Length).Select(column => lines.Max(line => line.Cells.Length == 0 ? 0 : line.Cells[column].Length)).ToArray();
        foreach (var (title, cells) in lines)
        {
            if (title is not null) text.AppendLine().AppendLine(title);
            else text.AppendLine(string.Join("  ", cells.Select((cell, column) => column is 0 or 1 or >= 9 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        }

        return text.ToString();
    }

    /// <summary>Everything, for programs.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("at", DateTimeOffset.UtcNow);
            json.WriteNumber("rounds", Options.Rounds);
            json.WriteBoolean("quick", Options.IsQuick);
            json.WriteString("runtime", Environment.Version.ToString());
            json.WriteNumber("cores", Cores());
            json.WriteString("yardstick", Yardstick);
            json.WriteStartArray("rows");
            foreach (var (subject, row) in Rows)
            {
                json.WriteStartObject();
                json.WriteString("group", row.Group);
                json.WriteString("name", row.Name);
                json.WriteString("subject", subject);
                json.WriteString("unit", row.Unit);
                if (row.Direct is { } direct) json.WriteNumber("direct", Math.Round(direct, 3));
                Values(json, "yardstick_values", row.Values.Yardstick);
                Values(json, "subject_values", row.Values.Subject);
                Values(json, "ratios", row.Values.Ratios);
                json.WriteNumber("ratio", Math.Round(Paired.Median(row.Values.Ratios), 4));
                Optional(json, "bar", row.Bar);
                Optional(json, "goal", row.Goal);
                Optional(json, "value_bar", row.ValueBar);
                Optional(json, "value_goal", row.ValueGoal);
                if (row.Note is { } note) json.WriteString("note", note);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static int Cores() => File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal));

    private static void Values(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(Math.Round(value, 4));
        json.WriteEndArray();
    }

    private static void Optional(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    private string Header() => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, .NET {Environment.Version}, {Cores()} cores, gateway on one of them; {Options.Rounds} rounds{(Options.IsQuick ? ", quick: not to be quoted" : "")}.");

    private string[] Cells(Row row)
    {
        var ratios = row.Values.Ratios;
        var ratio = Paired.Median(ratios);
        var subject = Paired.Median(row.Values.Subject);
        return
        [
            row.Name,
            row.Unit,
            row.Direct is { } direct ? Value(direct) : "",
            Value(Paired.Median(row.Values.Yardstick)),
            Value(subject),
            Ratio(ratio),
            $"{Ratio(ratios.Min())}..{Ratio(ratios.Max())}",
            !Options.HasBars ? "" : row.Bar is { } most ? Ratio(most) : row.ValueBar is { } mostValue ? $"{Value(mostValue)} {row.Unit}" : "",
            !Options.HasBars ? "" : row.Goal is { } aim ? Ratio(aim) : row.ValueGoal is { } aimValue ? $"{Value(aimValue)} {row.Unit}" : "",
            Verdict(row, ratio, subject),
            row.Note ?? "",
        ];
    }

    private string Verdict(Row row, double ratio, double subject)
    {
        if (!Options.HasBars || (row.Bar is null && row.ValueBar is null)) return "";
        if (ratio > row.Bar || subject > row.ValueBar) return "misses";
        return ratio > row.Goal || subject > row.ValueGoal ? "meets" : "meets the goal";
    }

    private static string Value(double value) => value.ToString(value < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Ratio(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
}
