using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Wire;

/// <summary>
/// Every recorded chat exchange through the gateway, the upstream serving the recorded answer. What is expected follows from the
/// recording and from the rules written here, never from the product.
/// </summary>
public sealed class ChatReplayTests
{
    private const string Comment = ": fairlead {";

    [Fact]
    [Trait("Category", "SharedData")]
    public async Task RecordedExchanges_ThroughTheGateway_ArriveAsTheyWere()
    {
        SharedFolder.SkipIfAbsent();
        var exchanges = RecordedExchange.All(SharedFolder.Path, "openai.chat").ToList();
        RecordedExchange? current = null;
        await using var vendor = ByteServer.Start(_ => new Reply(current!.Status, current.ContentType(), [current.ResponseBody()]) { Headers = [.. current.ResponseHeaders()], HasLength = !current.IsStream });
        await using var gateway = await RunningGateway.StartAsync(Configuration(vendor, exchanges));

        var failures = new List<string>();
        foreach (var exchange in exchanges)
        {
            current = exchange;
            gateway.Forgive();
            vendor.Requests.Clear();
            var defect = await CheckAsync(gateway, vendor, exchange);
            if (defect is not null) failures.Add($"{exchange.Id} ({exchange.Provider}, {exchange.Status}): {defect}");
        }

        SharedFolder.Report("openai.chat exchanges through the gateway", exchanges.Count - failures.Count, exchanges.Count);
        Assert.True(exchanges.Count > 0, "The shared folder holds no openai.chat exchange.");
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }

    private static string Configuration(ByteServer vendor, IReadOnlyList<RecordedExchange> exchanges)
    {
        var text = new StringBuilder().AppendLine($"providers:\n  vendor: {{ kind: openai-compatible, base_url: \"{vendor.Address}\" }}\ntargets:");
        var aliases = new StringBuilder("aliases:\n");
        var models = exchanges.Select(ModelOf).Distinct(StringComparer.Ordinal).ToList();
        for (var i = 0; i < models.Count; i++)
        {
            var quoted = JsonSerializer.Serialize(models[i]);
            text.AppendLine($"  t{i}: {{ provider: vendor, model: {quoted} }}");
            aliases.AppendLine($"  {quoted}: t{i}");
        }

        return text.Append(aliases).AppendLine($"defaults: {{ retries: 0, {Pipeline.Vendors.Patient} }}\nroutes:\n  - {{ name: default, tiers: [ {{ use: [t0] }} ] }}").ToString();
    }

    private static string ModelOf(RecordedExchange exchange) => JsonNode.Parse(exchange.RequestBody())!["model"]!.GetValue<string>();

    /// <summary>What is wrong with how the exchange went; null when nothing is.</summary>
    private static async Task<string?> CheckAsync(RunningGateway gateway, ByteServer vendor, RecordedExchange exchange)
    {
        var sent = exchange.RequestBody();
        using var response = await gateway.PostAsync(Encoding.UTF8.GetString(sent));
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

        if (vendor.Requests.Count != 1) return $"{vendor.Requests.Count} upstream sends instead of 1; the client got {(int)response.StatusCode}: {Encoding.UTF8.GetString(received)}";
        var asked = JsonNode.Parse(sent)!.AsObject();
        var isStream = asked["stream"]?.GetValue<bool>() == true;
        var clientAskedForUsage = (asked["stream_options"] as JsonObject)?["include_usage"]?.GetValue<bool>() == true;
        if (CheckUpstreamBody(sent, vendor.Requests.Single().Body, asked, isStream && !clientAskedForUsage) is { } wrongRequest) return wrongRequest;

        var served = exchange.ResponseBody();
        if (exchange.Status != 200) return CheckError(exchange, response, received, served);
        if (isStream) return CheckStream(exchange, response, received, served, clientAskedForUsage, isBroken);
        if (response.StatusCode != HttpStatusCode.OK) return $"status {(int)response.StatusCode}: {Encoding.UTF8.GetString(received)}";
        if (response.Content.Headers.ContentType?.MediaType != "application/json") return "content type " + response.Content.Headers.ContentType;
        return received.AsSpan().SequenceEqual(served) ? null : "the answer's bytes differ";
    }

    /// <summary>Untouched, or with the one splice that asks for the usage of a stream.</summary>
    private static string? CheckUpstreamBody(byte[] sent, byte[] upstream, JsonObject asked, bool asksForUsage)
    {
        if (!asksForUsage) return upstream.AsSpan().SequenceEqual(sent) ? null : "the request's bytes differ";
        var options = asked["stream_options"] as JsonObject ?? [];
        var expected = (JsonObject)asked.DeepClone();
        var expectedOptions = (JsonObject)options.DeepClone();
        expectedOptions["include_usage"] = true;
        expected["stream_options"] = expectedOptions;
        if (!JsonNode.DeepEquals(JsonNode.Parse(upstream), expected)) return "the spliced request says something else";
        // One place only is changed: a common front and a common back make up the whole original.
        var front = sent.AsSpan().CommonPrefixLength(upstream);
        var back = 0;
        while (back < sent.Length - front && sent[^(back + 1)] == upstream[^(back + 1)]) back++;
        return sent.Length - front - back <= "false".Length ? null : "more than one place of the request was changed";
    }

    private static string? CheckStream(RecordedExchange exchange, HttpResponseMessage response, byte[] received, byte[] served, bool clientAskedForUsage, bool isBroken)
    {
        var events = Events(Encoding.UTF8.GetString(served));
        var error = events.FindIndex(IsError);
        if (error >= 0) return CheckBrokenStream(exchange, response, received, events, error, isBroken);
        if (response.StatusCode != HttpStatusCode.OK) return $"status {(int)response.StatusCode}: {Encoding.UTF8.GetString(received)}";
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream") return "content type " + response.Content.Headers.ContentType;
        if (isBroken) return "the stream broke";
        var expected = string.Concat(events.Where(item => clientAskedForUsage || !IsUsageChunk(item)));
        var text = Encoding.UTF8.GetString(received);
        if (!text.StartsWith(expected, StringComparison.Ordinal)) return $"the stream's bytes differ from character {CommonLength(text, expected)} on";
        var rest = text[expected.Length..].TrimStart('\n');
        return rest.StartsWith(Comment, StringComparison.Ordinal) && rest.EndsWith("}\n\n", StringComparison.Ordinal) && rest.Count(c => c == '\n') == 2 ? null : "what follows the stream is not one comment: " + rest;
    }

    /// <summary>
    /// An error within a stream: before anything reached the client it is an error answer; after that an error event, then the
    /// connection breaks. Which one depends on how the bytes were cut on their way.
    /// </summary>
    private static string? CheckBrokenStream(RecordedExchange exchange, HttpResponseMessage response, byte[] received, List<string> events, int error, bool isBroken)
    {
        var (status, code) = ExpectedError(exchange, 500, JsonNode.Parse(DataOf(events[error]))!);
        var text = Encoding.UTF8.GetString(received);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return (int)response.StatusCode == status && JsonNode.Parse(text)?["error"]?["code"]?.GetValue<string>() == code ? null : $"expected {status} {code}, got {(int)response.StatusCode} {text}";
        }

        if (!isBroken) return "the stream ended as if nothing had happened";
        if (text.Contains("[DONE]", StringComparison.Ordinal)) return "a broken stream shows [DONE]";
        var got = Events(text);
        for (var i = 0; i < got.Count - 1; i++)
        {
            if (got[i] != events[i]) return $"event {i} differs";
        }

        return JsonNode.Parse(DataOf(got[^1]))?["error"]?["code"]?.GetValue<string>() == code ? null : $"the last event is no error {code}: {got[^1]}";
    }

    private static string? CheckError(RecordedExchange exchange, HttpResponseMessage response, byte[] received, byte[] served)
    {
        JsonNode? vendor = null;
        try
        {
            vendor = JsonNode.Parse(served);
        }
        catch (JsonException)
        {
            // An HTML page of an edge server.
        }

        var (status, code) = ExpectedError(exchange, exchange.Status, vendor);
        var text = Encoding.UTF8.GetString(received);
        if ((int)response.StatusCode != status) return $"expected {status} {code}, got {(int)response.StatusCode}: {text}";
        if (response.Content.Headers.ContentType?.MediaType != "application/json") return "content type " + response.Content.Headers.ContentType;
        var error = JsonNode.Parse(text)?["error"];
        if (error?["code"]?.GetValue<string>() != code) return $"expected {code}, got {text}";
        foreach (var member in new[] { "message", "type", "request_id" })
        {
            if (error[member]?.GetValue<string>() is not { Length: > 0 }) return $"the error has no {member}";
        }

        if (error["request_id"]!.GetValue<string>() != response.Headers.GetValues("x-request-id").Single()) return "the ids differ";
        if (status is 429 or 503 && !response.Headers.Contains("Retry-After")) return "no Retry-After";
        var isTheirs = status == 400;
        if (isTheirs == response.Headers.Contains("x-should-retry")) return isTheirs ? "x-should-retry on the client's own fault" : "no x-should-retry: false";
        // The vendor's words are passed on for the client's own fault only.
        var words = MessageOf(vendor);
        if (!isTheirs && words is { Length: > 12 } && text.Contains(words, StringComparison.Ordinal)) return "the vendor's words reach the client";
        return isTheirs && words is { Length: > 0 } && !error["message"]!.GetValue<string>().StartsWith(words[..Math.Min(words.Length, 20)], StringComparison.Ordinal) ? "the vendor's words are lost: " + text : null;
    }

    /// <summary>What the client must get, by the failure table and the design's statuses.</summary>
    private static (int Status, string Code) ExpectedError(RecordedExchange exchange, int status, JsonNode? body)
    {
        var error = body is JsonObject whole ? whole["error"] ?? whole : null;
        var code = (error as JsonObject)?["code"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        if ((error as JsonObject)?["code"] is JsonValue number && number.TryGetValue<int>(out var inner) && exchange.Status == 200) status = inner;
        var words = MessageOf(body) ?? "";
        if (code == "tool_use_failed") return (502, "schema_validation_failed");
        if (code == "content_filter") return (400, "policy_rejected");
        if (status == 400 && (words.Contains("context length", StringComparison.Ordinal) || words.Contains("context size", StringComparison.Ordinal))) return (400, "context_length_exceeded");
        return status switch
        {
            400 => (400, BadRequestCode(code is { Length: > 0 } ? code : TypeOf(error))),
            401 => (503, "provider_credentials_invalid"),
            403 => (502, "provider_forbidden"),
            404 => (404, "model_not_found"),
            429 => (429, "rate_limited"),
            498 => (503, "upstream_overloaded"),
            500 or 502 => (502, "upstream_error"),
            _ => throw new InvalidDataException($"Exchange {exchange.Id} has status {status}; say here what is due."),
        };
    }

    /// <summary>The vendor's code; without one its type is as near as one gets, unless it only says that the request is wrong.</summary>
    private static string BadRequestCode(string? own) => own is null or "invalid_request_error" or "Bad Request" or "BadRequestError" ? "bad_request" : own;

    private static string? TypeOf(JsonNode? error) => (error as JsonObject)?["type"] is JsonValue type && type.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static string? MessageOf(JsonNode? body)
    {
        if (body is not JsonObject whole) return null;
        return whole["error"] switch
        {
            JsonObject error => error["message"]?.GetValue<string>(),
            JsonValue error when error.TryGetValue<string>(out var text) => text,
            _ => whole["message"]?.GetValue<string>(),
        };
    }

    /// <summary>The events of a stream with their closing blank lines, as text.</summary>
    private static List<string> Events(string stream)
    {
        var events = new List<string>();
        var from = 0;
        for (var at = 0; at < stream.Length; at++)
        {
            var isEnd = stream.AsSpan(at).StartsWith("\n\n") || stream.AsSpan(at).StartsWith("\n\r\n");
            if (!isEnd) continue;
            at += stream[at + 1] == '\n' ? 1 : 2;
            events.Add(stream[from..(at + 1)]);
            from = at + 1;
        }

        if (from < stream.Length) events.Add(stream[from..]);
        return events;
    }

    private static string DataOf(string item) =>
        item.Split('\n').First(line => line.StartsWith("data:", StringComparison.Ordinal))["data:".Length..].Trim();

    private static bool IsError(string item) => Parse(item) is JsonObject data && data["error"] is not null;

    private static bool IsUsageChunk(string item) => Parse(item) is JsonObject data && data["usage"] is JsonObject && data["choices"] is JsonArray { Count: 0 };

    private static JsonNode? Parse(string item)
    {
        if (!item.Contains("data:", StringComparison.Ordinal)) return null;
        var data = DataOf(item);
        return data.StartsWith('{') ? JsonNode.Parse(data) : null;
    }

    private static int CommonLength(string left, string right) => left.AsSpan().CommonPrefixLength(right);
}
