using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The events of a stream as text.</summary>
internal static class SseText
{
    private const string Closing = ": fairlead {";

    /// <summary>Each event's data; comments and names of events are left out.</summary>
    public static IEnumerable<string> Data(string stream)
    {
        var data = new List<string>();
        foreach (var line in stream.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("data:", StringComparison.Ordinal)) data.Add(line["data:".Length..].Trim());
            if (line.Length > 0 || data.Count == 0) continue;
            yield return string.Join('\n', data);
            data.Clear();
        }

        if (data.Count > 0) yield return string.Join('\n', data);
    }

    public static IEnumerable<JsonObject> Objects(string stream) => Data(stream).Where(data => data.StartsWith('{')).Select(data => JsonNode.Parse(data)!.AsObject());

    /// <summary>What Fairlead says behind the end.</summary>
    public static JsonObject? ClosingComment(string stream) =>
        stream.Split('\n').LastOrDefault(line => line.StartsWith(Closing, StringComparison.Ordinal)) is { } line ? JsonNode.Parse(line[(Closing.Length - 1)..]) as JsonObject : null;
}
