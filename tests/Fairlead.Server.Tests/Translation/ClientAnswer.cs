using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>What a client was sent, and whether the connection ended as HTTP ends it.</summary>
internal sealed record ClientAnswer(int Status, string? MediaType, string BodyMode, IReadOnlyList<string> HeaderLosses, string Body, bool IsBroken)
{
    /// <summary>The losses of the header and of the closing comment.</summary>
    public IReadOnlyList<string> Losses()
    {
        var late = SseText.ClosingComment(Body)?["translation_loss"] switch
        {
            JsonArray list => list.Select(item => item.AsText() ?? ""),
            JsonValue text => Split(text.AsText() ?? ""),
            _ => [],
        };
        return [.. HeaderLosses.Concat(late).Distinct(StringComparer.Ordinal)];
    }

    public JsonObject? Json()
    {
        try
        {
            return JsonNode.Parse(Body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static IEnumerable<string> Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
