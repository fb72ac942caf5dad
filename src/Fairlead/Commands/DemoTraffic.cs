using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Ledger;
using Fairlead.Hosting;

namespace Fairlead.Commands;

/// <summary>A step of the demo: a request, a vendor that breaks, or one that comes back.</summary>
internal sealed record DemoStep(string Model, bool IsStream, string Prompt)
{
    /// <summary>What the request says of itself as <c>x-fairlead-feature</c>; null for nothing.</summary>
    public string? Feature { get; init; }

    public string? Break { get; init; }

    public string? Restore { get; init; }
}

/// <summary>What one sample request told.</summary>
internal sealed record DemoRow(int Number, string Asked, string Target, double Milliseconds, string Cost, string Sentence);

/// <summary>The demo's client: plain HTTP, as any application would send.</summary>
internal sealed class DemoTraffic(Uri gateway) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(30) };
    private int _sent;

    public static IReadOnlyList<DemoStep> Steps { get; } =
    [
        new("gpt-4o", false, "Summarise our opening hours in one line."),
        new("gpt-4o", false, "Summarise our opening hours in one line.") { Feature = "marketing" },
        new("gpt-4o", false, "Summarise our opening hours in one line.") { Feature = "clinic" },
        new("large", false, "Summarise our opening hours in one line.") { Feature = "clinic" },
        new("gpt-4o", true, "Tell me about fairleads, slowly."),
        new("", false, "") { Break = "east" },
        new("gpt-4o", false, "Summarise our opening hours in one line."),
        new("gpt-4o", true, "Tell me about fairleads, slowly."),
        new("", false, "") { Break = "west" },
        new("claude-sonnet-4-5", true, "Both larger vendors are down; who answers?"),
        new("", false, "") { Restore = "east" },
        new("", false, "") { Restore = "west" },
        new("gpt-4o", false, "And now?"),
    ];

    /// <summary>The sum of the simulated vendors' own bills, in dollars.</summary>
    public static string Billed(GatewayHost host)
    {
        long sum = 0;
        foreach (var vendor in host.Simulated.Vendors.Values) sum += vendor.Bill.Total;
        return new Usd(sum).ToString();
    }

    public async Task<DemoRow> SendAsync(DemoStep step, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Body(step), Encoding.UTF8, "application/json") };
        if (step.Feature is { } feature) request.Headers.Add("x-fairlead-feature", feature);
        var started = Stopwatch.GetTimestamp();
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(started);
        return new DemoRow(
            ++_sent,
            step.Feature is { } caller ? $"{step.Model} for {caller}" : step.IsStream ? step.Model + " (stream)" : step.Model,
            response.IsSuccessStatusCode ? Header(response, "x-fairlead-target") : $"error {(int)response.StatusCode}",
            elapsed.TotalMilliseconds,
            Cost(response, text),
            Header(response, "x-fairlead-reason"));
    }

    public void Dispose() => _client.Dispose();

    private static string Body(DemoStep step)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", step.Model);
            if (step.IsStream) json.WriteBoolean("stream", true);
            json.WriteStartArray("messages");
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", step.Prompt);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>From the header of a JSON answer, or from the comment that closes a stream.</summary>
    private static string Cost(HttpResponseMessage response, string text)
    {
        if (response.Headers.TryGetValues("x-fairlead-cost-usd", out var values)) return values.First();
        const string Marker = "\"cost_usd\":\"";
        var at = text.LastIndexOf(Marker, StringComparison.Ordinal);
        if (at < 0) return "";
        var from = at + Marker.Length;
        return text[from..text.IndexOf('"', from)];
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : "";
}
