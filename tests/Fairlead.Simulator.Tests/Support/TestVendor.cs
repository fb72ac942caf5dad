using System.Text;
using System.Text.Json;

namespace Fairlead.Simulator.Tests.Support;

/// <summary>A running vendor and a plain HTTP client to it.</summary>
internal sealed class TestVendor : IAsyncDisposable
{
    // A guard against a hanging test, never part of what is asserted.
    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));

    private TestVendor(SimulatedVendor vendor)
    {
        Vendor = vendor;
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{vendor.BaseAddress.Port}/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Instant and called east, unless told otherwise.</summary>
    public static SimulatedVendorOptions Instant { get; } = new()
    {
        Name = "east",
        FirstTokenLatency = Distribution.Parse("0ms"),
        TokensPerSecond = Distribution.Parse("0"),
        OutputTokens = Distribution.Parse("3"),
        InputNanoDollarsPerMillionTokens = 2_500_000_000,
        OutputNanoDollarsPerMillionTokens = 10_000_000_000,
    };

    public SimulatedVendor Vendor { get; }

    public HttpClient Http { get; }

    public CancellationToken Guard => _guard.Token;

    public static Task<TestVendor> StartAsync(params string[] faults) => StartAsync(Instant, TimeProvider.System, faults);

    public static async Task<TestVendor> StartAsync(SimulatedVendorOptions options, TimeProvider? time = null, params string[] faults)
    {
        var vendor = await SimulatedVendor.StartAsync(options, time ?? TimeProvider.System, TestContext.Current.CancellationToken);
        foreach (var fault in faults) vendor.Faults.Add(fault);
        return new TestVendor(vendor);
    }

    /// <summary>A request body: one user message and further members as JSON text.</summary>
    public static string Body(string prompt = "Hello", string more = "", string model = "sim") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":{{JsonSerializer.Serialize(prompt)}}}]{{(more.Length == 0 ? "" : "," + more)}}}""";

    public Task<HttpResponseMessage> SendAsync(string body, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null) request.Headers.Add("Authorization", "Bearer " + key);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Guard);
    }

    /// <summary>The JSON answer to a body.</summary>
    public async Task<JsonElement> AnswerAsync(string body)
    {
        using var response = await SendAsync(body);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Guard)).RootElement;
    }

    /// <summary>The payloads of a streamed answer, <c>[DONE]</c> included.</summary>
    public async Task<string[]> EventsAsync(string body)
    {
        using var response = await SendAsync(body);
        return Events(await response.Content.ReadAsStringAsync(Guard));
    }

    public static string[] Events(string text) =>
        [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line["data: ".Length..])];

    /// <summary>All delta texts of a streamed answer's first choice, joined.</summary>
    public static string Content(IEnumerable<string> events)
    {
        var text = new StringBuilder();
        foreach (var payload in events.Where(payload => payload != "[DONE]"))
        {
            foreach (var choice in JsonDocument.Parse(payload).RootElement.GetProperty("choices").EnumerateArray())
            {
                if (choice.GetProperty("index").GetInt32() == 0 && choice.GetProperty("delta").TryGetProperty("content", out var content)) text.Append(content.GetString());
            }
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Vendor.DisposeAsync();
        _guard.Dispose();
    }
}
