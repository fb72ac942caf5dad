using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Costs;

/// <summary>Rows of the ledger as CSV or as JSON, an object a line. One export at a time each; holds a page at once.</summary>
internal sealed class CostExport(bool isCsv, bool areAttempts)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IReadOnlyList<ExportColumn> _columns = LedgerExport.Columns(areAttempts);

    public bool AreAttempts => areAttempts;

    public string ContentType => isCsv ? "text/csv; charset=utf-8" : "application/x-ndjson";

    public string FileName => (areAttempts ? "attempts" : "requests") + (isCsv ? ".csv" : ".jsonl");

    /// <summary>What stands above the rows.</summary>
    public string Head => isCsv ? Csv.Line(_columns.Select(column => column.Name)) : "";

    /// <summary>Rows as text, each with its end.</summary>
    public string Write(IReadOnlyList<object?[]> rows)
    {
        if (isCsv)
        {
            var text = new StringBuilder();
            foreach (var row in rows) text.Append(Csv.Line(row.Select((value, i) => Field(_columns[i].Kind, value))));
            return text.ToString();
        }

        var lines = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(lines, Plain))
        {
            foreach (var row in rows)
            {
                json.WriteStartObject();
                for (var i = 0; i < row.Length; i++) Write(json, _columns[i], row[i]);
                json.WriteEndObject();
                json.Flush();
                lines.Write("\n"u8);
                json.Reset();
            }
        }

        return Encoding.UTF8.GetString(lines.WrittenSpan);
    }

    private static string Field(ExportKind kind, object? value) => (kind, value) switch
    {
        (_, null) => "",
        (ExportKind.Text or ExportKind.Json, string text) => Csv.Text(text),
        (ExportKind.Flag, long number) => number == 0 ? "false" : "true",
        (ExportKind.Time, long micros) => Time(micros),
        (ExportKind.Duration, long micros) => Milliseconds(micros).ToString(CultureInfo.InvariantCulture),
        (ExportKind.Money, long nanos) => new Usd(nanos).ToString(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static void Write(Utf8JsonWriter json, ExportColumn column, object? value)
    {
        switch (column.Kind, value)
        {
            case (_, null):
                json.WriteNull(column.Name);
                break;
            case (ExportKind.Json, string text):
                json.WritePropertyName(column.Name);
                json.WriteRawValue(text);
                break;
            case (ExportKind.Text, string text):
                json.WriteString(column.Name, text);
                break;
            case (ExportKind.Number, long number):
                json.WriteNumber(column.Name, number);
                break;
            case (ExportKind.Flag, long number):
                json.WriteBoolean(column.Name, number != 0);
                break;
            case (ExportKind.Duration, long micros):
                json.WriteNumber(column.Name, Milliseconds(micros));
                break;
            default:
                json.WriteString(column.Name, Field(column.Kind, value));
                break;
        }
    }

    private static decimal Milliseconds(long micros) => micros / 1000m;

    private static string Time(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
