using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Wire;

/// <summary>
/// Every recorded exchange in Anthropic's dialect through the gateway to a target of that dialect, the upstream serving the recorded
/// answer. What is expected follows from the recording and from the rules written here, never from the product.
/// </summary>
public sealed class MessagesReplayTests
{
    private const string Comment = ": fairlead {";
    private const string VendorKey = "vendor-key-0123456789";

    [Fact]
    [Trait("Category", "SharedData")]
    public async Task RecordedExchanges_ThroughTheGateway_ArriveAsTheyWere()
    {
        SharedFolder.SkipIfAbsent();
        var exchanges = RecordedExchange.All(SharedFolder.Path, "anthropic.messages").ToList();
        RecordedExchange? current = null;
        await using var vendor = ByteServer.Start(_ => new Reply(current!.Status, current.ContentType(), [current.ResponseBody()]) { Headers = [.. current.ResponseHeaders()], HasLength = !IsStream(current) });
        await using var gateway = await RunningGateway.StartAsync(Configuration(vendor.Address), new RecordedTime(), environment: new Dictionary<string, string> { ["VENDOR"] = VendorKey });

        var failures = new List<string>();
        foreach (var exchange in exchanges)
        {
            current = exchange;
            gateway.Forgive();
            vendor.Requests.Clear();
            if (await CheckAsync(gateway, vendor, exchange) is { } defect) failures.Add($"{exchange.Id} ({exchange.Provider}, {exchange.Status}): {defect}");
        }

        SharedFolder.Report("anthropic.messages exchanges through the gateway", exchanges.Count - failures.Count, exchanges.Count);
        Assert.True(exchanges.Count > 0, "The shared folder holds no anthropic.messages exchange.");
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }

    /// <summary>The clock of the day before the first of the recorded models retired: a pinned model is refused once it has.</summary>
    private sealed class RecordedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2025, 6, 1, 0, 0, 0, TimeSpan.Zero);
    }

    private static string Configuration(string address) =>
        $$"""
        providers: { vendor: { kind: anthropic, base_url: "{{address.Replace("/v1", "", StringComparison.Ordinal)}}", keys: ["env:VENDOR"] } }
        targets: { only: { provider: vendor, model: a-model } }
        defaults: { retries: 0, {{Pipeline.Vendors.Patient}} }
        routes: [ { name: default, tiers: [ { use: [only] } ] } ]
        """;

    private static bool IsStream(RecordedExchange exchange) => exchange.BodyKind is "sse" or "events";

    /// <summary>What is wrong with how the exchange went; null when nothing is.</summary>
    private static async Task<string?> CheckAsync(RunningGateway gateway, ByteServer vendor, RecordedExchange exchange)
    {
        // The gateway's own name for a model and provider: whatever model is recorded, it is asked for as it was.
        var body = JsonNode.Parse(exchange.RequestBody())!.AsObject();
        var model = body["model"]!.GetValue<string>();
        body["model"] = "vendor/" + model;
        if (IsStream(exchange)) body["stream"] = true;
        var sent = body.ToJsonString();
        using var response = await gateway.PostAsync("v1/messages", sent, ("anthropic-version", "2023-06-01"), ("anthropic-beta", "a-beta,another"));
        byte[] received;
        var isBroken = false;
        using (var buffer = new MemoryStream())
        {
            try
            {
                await (await response.Content.ReadAsStreamAsync()).CopyToAsync(buffer);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                isBroken = true;
            }

            received = buffer.ToArray();
        }

        var text = Encoding.UTF8.GetString(received);
        if (vendor.Requests.Count != 1) return $"{vendor.Requests.Count} upstream sends instead of 1; the client got {(int)response.StatusCode}: {text}";
        var upstream = vendor.Requests.Single();
        if (upstream.Path != "/v1/messages") return "asked at " + upstream.Path;
        body["model"] = model;
        if (upstream.Text != body.ToJsonString()) return "the request is not the client's with the model's own name";
        if (upstream.Headers.GetValueOrDefault("x-api-key") != VendorKey || upstream.Headers.ContainsKey("authorization")) return "the credential is not the vendor's, in its header";
        if (upstream.Headers.GetValueOrDefault("anthropic-version") != "2023-06-01" || upstream.Headers.GetValueOrDefault("anthropic-beta") != "a-beta,another") return "version or betas did not travel";

        var served = Encoding.UTF8.GetString(exchange.ResponseBody());
        if (exchange.Status != 200) return CheckError(exchange, response, text, served);
        if (response.Headers.GetValues("request-id").Single() != response.Headers.GetValues("x-fairlead-request-id").Single()) return "the ids differ";
        if (IsStream(exchange)) return CheckStream(response, text, served, isBroken);
        if (response.StatusCode != HttpStatusCode.OK) return $"status {(int)response.StatusCode}: {text}";
        return text == served ? null : "the answer's bytes differ";
    }

    private static string? CheckStream(HttpResponseMessage response, string text, string served, bool isBroken)
    {
        var isWhole = served.Contains("\"message_stop\"", StringComparison.Ordinal) && !served.Contains("event: error", StringComparison.Ordinal);
        if (!isWhole)
        {
            if (response.StatusCode != HttpStatusCode.OK) return JsonNode.Parse(text)?["type"]?.GetValue<string>() == "error" ? null : "no error: " + text;
            if (!isBroken) return "the stream ended as if nothing had happened";
            if (text.Contains("message_stop", StringComparison.Ordinal)) return "a broken stream shows its end";
            var last = text.TrimEnd('\n').Split("\n\n")[^1];
            return last.StartsWith("event: error\ndata: {\"type\":\"error\"", StringComparison.Ordinal) ? null : "the last event is no error: " + last;
        }

        if (response.StatusCode != HttpStatusCode.OK) return $"status {(int)response.StatusCode}: {text}";
        if (isBroken) return "the stream broke";
        if (!text.StartsWith(served, StringComparison.Ordinal)) return $"the stream's bytes differ from character {text.AsSpan().CommonPrefixLength(served)} on";
        var rest = text[served.Length..].TrimStart('\n');
        return rest.StartsWith(Comment, StringComparison.Ordinal) && rest.EndsWith("}\n\n", StringComparison.Ordinal) && rest.Count(c => c == '\n') == 2 ? null : "what follows the stream is not one comment: " + rest;
    }

    private static string? CheckError(RecordedExchange exchange, HttpResponseMessage response, string text, string served)
    {
        var words = JsonNode.Parse(served)!["error"]!["message"]!.GetValue<string>();
        var (status, type, code) = exchange.Status switch
        {
            400 when words.StartsWith("prompt is too long", StringComparison.Ordinal) => (400, "invalid_request_error", "context_length_exceeded"),
            400 => (400, "invalid_request_error", "bad_request"),
            401 => (503, "overloaded_error", "provider_credentials_invalid"),
            402 => (503, "overloaded_error", "provider_quota_exhausted"),
            404 => (404, "not_found_error", "model_not_found"),
            500 => (502, "api_error", "upstream_error"),
            529 => (503, "overloaded_error", "upstream_overloaded"),
            _ => throw new InvalidDataException($"Exchange {exchange.Id} has status {exchange.Status}; say here what is due."),
        };
        if ((int)response.StatusCode != status) return $"expected {status} {code}, got {(int)response.StatusCode}: {text}";
        var error = JsonNode.Parse(text)!;
        if (error["type"]?.GetValue<string>() != "error" || error["error"]?["type"]?.GetValue<string>() != type) return $"expected {type}: {text}";
        if (error["error"]!["details"]!["error_code"]!.GetValue<string>() != code) return $"expected {code}: {text}";
        if (error["request_id"]!.GetValue<string>() != response.Headers.GetValues("request-id").Single()) return "the ids differ";
        var said = error["error"]!["message"]!.GetValue<string>();
        return status == 400 == said.StartsWith(words[..Math.Min(words.Length, 20)], StringComparison.Ordinal) ? null : "the vendor's words reach the client exactly for its own fault: " + said;
    }
}
