using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Dialects.Tests.Translation;

/// <summary>One text for every way of writing the same JSON value: members sorted, numbers by value.</summary>
internal static class Canonical
{
    public static string Of(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject members => "{" + string.Join(',', members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => JsonSerializer.Serialize(member.Key) + ":" + Of(member.Value))) + "}",
        JsonArray items => "[" + string.Join(',', items.Select(Of)) + "]",
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => decimal.TryParse(value.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number.ToString("G29", System.Globalization.CultureInfo.InvariantCulture) : value.ToJsonString(),
        _ => node.ToJsonString(),
    };
}
