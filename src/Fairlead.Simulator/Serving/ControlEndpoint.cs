using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.Outages;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.Serving;

/// <summary>The vendor's own endpoints under <c>/_simulator/</c>: log, bill, fault script and shared outages. Neither logged nor billed.</summary>
internal sealed class ControlEndpoint(RequestLog log, VendorBill bill, FaultScript faults, OutageSchedule schedule)
{
    public const string Prefix = "/_simulator/";

    private const int PageSize = 1_000;
    private const int MaxScriptBytes = 64 * 1024;

    // As much of a key as tells two apart, and no more.
    private const int ShownKeyLetters = 8;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Task HandleAsync(HttpContext http)
    {
        var method = http.Request.Method;
        return http.Request.Path.Value![Prefix.Length..] switch
        {
            "requests" when HttpMethods.IsGet(method) => RequestsAsync(http),
            "bill" when HttpMethods.IsGet(method) => JsonAsync(http, WriteBill),
            "faults" when HttpMethods.IsGet(method) => FaultsAsync(http),
            "faults" when HttpMethods.IsPost(method) => AddAsync(http),
            "faults" when HttpMethods.IsDelete(method) => ClearAsync(http),
            "outage" when HttpMethods.IsGet(method) => JsonAsync(http, WriteOutage),
            "outage" when HttpMethods.IsPost(method) => BeginOutageAsync(http),
            "outage" when HttpMethods.IsDelete(method) => EndOutageAsync(http),
            _ => TextAsync(http, 404, "There are GET requests[?after=NUMBER], GET bill, and GET, POST and DELETE faults and outage.\n"),
        };
    }

    private Task RequestsAsync(HttpContext http)
    {
        long after = 0;
        if (http.Request.Query["after"].ToString() is { Length: > 0 } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after))
            return TextAsync(http, 400, "'after' is the number of a request.\n");
        return JsonAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", log.Count);
            json.WriteNumber("open", log.Open);
            json.WriteStartArray("requests");
            foreach (var request in log.After(after, PageSize)) Write(json, request);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, LoggedRequest request)
    {
        json.WriteStartObject();
        json.WriteNumber("number", request.Number);
        json.WriteString("received_at", request.ReceivedAt);
        json.WriteString("stamp", request.Stamp);
        json.WriteString("method", request.Method);
        json.WriteString("path", request.Path);
        json.WriteString("key", request.Key is { Length: > ShownKeyLetters } key ? key[..ShownKeyLetters] + "…" : request.Key is null ? null : "…");
        json.WriteString("model", request.Model);
        json.WriteBoolean("stream", request.IsStream);
        json.WriteString("fault", request.Fault);
        json.WriteNumber("status", request.StatusCode);
        json.WriteString("ending", request.Ending?.ToString());
        if (request.EndedAt is { } endedAt) json.WriteString("ended_at", endedAt);
        else json.WriteNull("ended_at");
        json.WriteNumber("events", request.EventsWritten);
        json.WriteNumber("input_tokens", request.InputTokens);
        json.WriteNumber("output_tokens", request.OutputTokens);
        json.WriteNumber("nano_dollars", request.NanoDollars);
        json.WriteNumber("body_bytes", request.BodyLength);
        json.WriteString("body", Encoding.UTF8.GetString(request.Body.Span));
        json.WriteStartObject("headers");
        foreach (var (name, value) in request.Headers) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteBill(Utf8JsonWriter json)
    {
        var (total, requests, inputTokens, outputTokens) = bill.Sums;
        json.WriteStartObject();
        json.WriteNumber("nano_dollars", total);
        json.WriteNumber("requests", requests);
        json.WriteNumber("input_tokens", inputTokens);
        json.WriteNumber("output_tokens", outputTokens);
        json.WriteEndObject();
    }

    private Task FaultsAsync(HttpContext http) => TextAsync(http, 200, string.Concat(faults.Lines.Select(fault => fault + "\n")));

    private Task ClearAsync(HttpContext http)
    {
        faults.Clear();
        return FaultsAsync(http);
    }

    /// <summary>Adds one fault a line, all or none. Blank lines and lines that begin with # are skipped.</summary>
    private async Task AddAsync(HttpContext http)
    {
        if (await ReadAsync(http) is not { } text)
        {
            await TextAsync(http, 413, $"A script has at most {MaxScriptBytes} bytes.\n");
            return;
        }

        var added = new List<SimulatedFault>();
        var number = 0;
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            number++;
            if (line.Length == 0 || line[0] == '#') continue;
            try
            {
                added.Add(SimulatedFault.Parse(line));
            }
            catch (FormatException exception)
            {
                await TextAsync(http, 400, $"Line {number}: {exception.Message}\n");
                return;
            }
        }

        try
        {
            if (added.FirstOrDefault(fault => fault is { IsOfTheSocket: true, For: null }) is { } endless) throw new InvalidOperationException($"'{endless}' needs 'for': it cuts off this endpoint too, and nothing could end it.");
            if (added.Count > faults.Room) throw new InvalidOperationException($"A fault script has at most {FaultScript.MaxLines} lines; none of these is added.");
            foreach (var fault in added.Where(fault => !fault.IsOfTheSocket)) faults.Add(fault);
            await FaultsAsync(http);
            // These cut this connection too: the answer goes first.
            foreach (var fault in added.Where(fault => fault.IsOfTheSocket)) faults.Add(fault);
        }
        catch (InvalidOperationException exception) when (!http.Response.HasStarted)
        {
            await TextAsync(http, 400, exception.Message + "\n");
        }
    }

    /// <summary>Takes every vendor of the schedule down, as the body's one line says; as unavailable when it says nothing.</summary>
    private async Task BeginOutageAsync(HttpContext http)
    {
        if (await ReadAsync(http) is not { } text)
        {
            await TextAsync(http, 413, $"A script has at most {MaxScriptBytes} bytes.\n");
            return;
        }

        try
        {
            var outage = SimulatedFault.Parse(string.IsNullOrWhiteSpace(text) ? "status 503" : text.Trim());
            OutageSchedule.Check(outage);
            if (outage is { IsOfTheSocket: true, For: null }) throw new FormatException($"'{outage}' needs 'for': it cuts off this endpoint too, and nothing could end it.");
            if (outage.IsOfTheSocket)
            {
                // It cuts this connection too: the answer goes first.
                await JsonAsync(http, json => WriteOutage(json, outage));
                schedule.Begin(outage);
            }
            else
            {
                schedule.Begin(outage);
                await JsonAsync(http, WriteOutage);
            }
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException && !http.Response.HasStarted)
        {
            await TextAsync(http, 400, exception.Message + "\n");
        }
    }

    private Task EndOutageAsync(HttpContext http)
    {
        schedule.End();
        return JsonAsync(http, WriteOutage);
    }

    private void WriteOutage(Utf8JsonWriter json) => WriteOutage(json, schedule.Current);

    private void WriteOutage(Utf8JsonWriter json, SimulatedFault? outage)
    {
        json.WriteStartObject();
        json.WriteString("outage", outage?.ToString());
        json.WriteStartArray("vendors");
        foreach (var vendor in schedule.Vendors) json.WriteStringValue(vendor);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static async Task<string?> ReadAsync(HttpContext http)
    {
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            foreach (var segment in read.Buffer) body.Write(segment.Span);
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (body.WrittenCount > MaxScriptBytes) return null;
            if (read.IsCompleted) return Encoding.UTF8.GetString(body.WrittenSpan);
        }
    }

    private static Task JsonAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable)) write(json);
        return WriteAsync(http, 200, "application/json", buffer.WrittenMemory);
    }

    private static Task TextAsync(HttpContext http, int status, string text) => WriteAsync(http, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    private static async Task WriteAsync(HttpContext http, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }
}
