using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Dialects.Tests.Recorded;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>Whatever any recorded vendor says in its turns has a place in canonical form, in dialects that are yet to come too.</summary>
[Trait("Category", "SharedData")]
public sealed class CanonicalPlacesTests
{
    /// <summary>Members of a request, and of an answer or an event, that hold turns or content.</summary>
    private static readonly string[] OfRequests = ["messages", "contents", "system", "systemInstruction", "system_instruction", "input", "instructions"];

    private static readonly string[] OfAnswers = ["message", "output", "content", "content_block", "delta", "item", "part", "messageStart", "contentBlockStart", "contentBlockDelta"];

    public static TheoryData<string> Apis => [.. CanonicalPlaces.All.Keys];

    [Theory]
    [MemberData(nameof(Apis))]
    public void RecordedContent_OfAnyVendor_HasAPlace(string api)
    {
        var places = CanonicalPlaces.All[api];
        Tally.Run($"content of {api} has a place in canonical form", Exchange.AllOf(api), exchange =>
        {
            var unknown = new List<string>();
            void Visit(JsonNode? node, string under) => Walk(node, under, places, unknown);
            foreach (var name in OfRequests) Visit(exchange.Request?[name], Name(name));
            if (exchange.Status == 200)
            {
                foreach (var item in Items(exchange).OfType<JsonObject>())
                {
                    foreach (var choice in item["choices"] as JsonArray ?? []) Visit(choice!["message"] ?? choice["delta"], "message");
                    foreach (var candidate in item["candidates"] as JsonArray ?? []) Visit(candidate!["content"], "contents");
                    foreach (var name in OfAnswers) Visit(item[name], name is "output" ? "message" : name);
                }
            }

            Assert.True(unknown.Count == 0, "no place for " + string.Join(", ", unknown.Distinct()));
        });
        Assert.All(places.Values, place => Assert.True(CanonicalPlaces.Exists(place), $"canonical form has no {place}"));
    }

    private static string Name(string member) => member == "system_instruction" ? "systemInstruction" : member;

    private static void Walk(JsonNode? node, string under, Dictionary<string, string> places, List<string> unknown)
    {
        switch (node)
        {
            case JsonArray items:
                foreach (var item in items) Walk(item, under, places, unknown);
                break;
            case JsonValue text when text.TryGetValue<string>(out _) && under is "system" or "input" or "instructions" or "delta" && !places.ContainsKey(under + ".$text"):
                unknown.Add(under + ".$text");
                break;
            case JsonObject members:
                var kind = members["type"] is JsonValue type && type.TryGetValue<string>(out var named) ? named : under;
                if (places.ContainsKey(kind + ".*")) break;
                foreach (var (name, value) in members)
                {
                    if (name == "type" || value is null) continue;
                    var member = $"{kind}.{name}";
                    if (!places.TryGetValue(member, out var place)) unknown.Add(member);
                    else if (place.StartsWith('>')) Walk(value, name, places, unknown);
                }

                break;
        }
    }

    /// <summary>The whole answer, or the events of a stream, however it is framed.</summary>
    private static IEnumerable<JsonNode?> Items(Exchange exchange)
    {
        var body = exchange.Response.GetProperty("body");
        switch (exchange.Kind)
        {
            case "json":
                return [JsonNode.Parse(body.GetRawText())];
            case "events":
                return JsonNode.Parse(body.GetRawText())!.AsArray();
            case "sse":
                return AnswerView.Events(body.GetString()!).Where(data => data.StartsWith('{')).Select(data => JsonNode.Parse(data));
            case "ndjson":
                return body.GetString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line));
            case "json_array_stream":
                return JsonNode.Parse(body.ValueKind == System.Text.Json.JsonValueKind.String ? body.GetString()! : body.GetRawText())!.AsArray();
            case "aws_eventstream_b64":
                return Frames(body.GetBytesFromBase64());
            default:
                return [];
        }
    }

    /// <summary>Frames of Amazon's event streams: each an event by the name in its header, or one in base64 as its vendor has it.</summary>
    private static List<JsonNode?> Frames(byte[] bytes)
    {
        var items = new List<JsonNode?>();
        for (var at = 0; at < bytes.Length; at += BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)))
        {
            var (total, headers) = (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 4)));
            var payload = JsonNode.Parse(bytes.AsSpan(at + 12 + headers, total - headers - 16));
            if (payload?["bytes"] is { } wrapped) items.Add(JsonNode.Parse(Convert.FromBase64String(wrapped.GetValue<string>())));
            else items.Add(new JsonObject { [Header(bytes.AsSpan(at + 12, headers), ":event-type") ?? "exception"] = payload });
        }

        return items;
    }

    private static string? Header(ReadOnlySpan<byte> headers, string name)
    {
        while (headers.Length > 0)
        {
            var length = headers[0];
            var its = Encoding.ASCII.GetString(headers.Slice(1, length));
            var value = BinaryPrimitives.ReadUInt16BigEndian(headers[(length + 2)..]);
            if (its == name) return Encoding.ASCII.GetString(headers.Slice(length + 4, value));
            headers = headers[(length + 4 + value)..];
        }

        return null;
    }
}
