using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Semantics;

/// <summary>A client of one dialect and vendors of the other, with the whole gateway between them.</summary>
internal static class Crossing
{
    public const string Message = """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"Hello"}]}""";
    public const string StreamMessage = """{"model":"m","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"Hello"}]}""";

    public const string Said = """{"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":3}}""";

    public static string Start { get; } = Event("""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}""")
        + Event("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""");

    public static string End { get; } = Event("""{"type":"content_block_stop","index":0}""")
        + Event("""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}""") + Event("""{"type":"message_stop"}""");

    public static string Text(string text) => Event($$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""");

    /// <summary>The dialect of a vendor, the path of its clients of the other one, and what they ask.</summary>
    public static TheoryData<string> Vendors => new("openai-chat", "anthropic-messages");

    public static string PathTowards(string vendor) => vendor == "openai-chat" ? "v1/messages" : "v1/chat/completions";

    public static string Question(string vendor) => vendor == "openai-chat" ? Message : Pipeline.Vendors.Question;

    public static string StreamQuestion(string vendor) => vendor == "openai-chat" ? StreamMessage : Pipeline.Vendors.StreamQuestion;

    /// <summary>A stream's events in a vendor's dialect, its beginning with the first of two texts, its second text, its end.</summary>
    public static string[] Events(string vendor) => vendor == "openai-chat"
        ? [Pipeline.Vendors.Role + Pipeline.Vendors.Token("A"), Pipeline.Vendors.Token("B"), Pipeline.Vendors.Finish + Pipeline.Vendors.Usage + Pipeline.Vendors.Done]
        : [Start + Text("A"), Text("B"), End];

    /// <summary>A gateway whose targets are vendors of a dialect, a tier each.</summary>
    public static Task<RunningGateway> StartAsync(string vendor, string defaults, params string[] addresses)
    {
        if (vendor == "openai-chat") return RunningGateway.StartAsync(Pipeline.Vendors.Tiers(defaults, addresses));
        var yaml = string.Join('\n', [
            "providers:", .. addresses.Select((address, i) => $"  v{i}: {{ kind: anthropic, base_url: \"{address.Replace("/v1", "", StringComparison.Ordinal)}\", keys: [\"env:VENDOR\"] }}"),
            "targets:", .. addresses.Select((_, i) => $"  t{i}: {{ provider: v{i}, model: m, price: {{ input: 1, output: 2 }} }}"),
            "aliases: { m: auto }",
            $"defaults: {{ {defaults}, {Pipeline.Vendors.Patient} }}",
            "routes:", "  - name: default", "    tiers:", .. addresses.Select((_, i) => $"      - {{ use: [t{i}] }}"),
        ]);
        return RunningGateway.StartAsync(yaml, environment: new Dictionary<string, string> { ["VENDOR"] = "vendor-key" });
    }

    /// <summary>Reads an answer to its end, however that comes; tells when a text has come.</summary>
    public static async Task<(string Text, bool IsBroken)> ReadAsync(HttpResponseMessage response, string awaited, TaskCompletionSource seen)
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            var stream = await response.Content.ReadAsStreamAsync();
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                received.Append(Encoding.UTF8.GetString(buffer, 0, read));
                if (received.ToString().Contains(awaited, StringComparison.Ordinal)) seen.TrySetResult();
            }

            return (received.ToString(), false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (received.ToString(), true);
        }
    }

    /// <summary>The data of a stream's last event.</summary>
    public static JsonNode Last(string text) => JsonNode.Parse(text.TrimEnd().Split("\n\n")[^1].Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..])!;

    private static string Event(string data) => $"event: {JsonNode.Parse(data)!["type"]}\ndata: {data}\n\n";
}
