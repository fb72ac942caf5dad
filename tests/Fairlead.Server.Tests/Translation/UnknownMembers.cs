using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>Members that the table of translations does not know and whose values say something.</summary>
internal static class UnknownMembers
{
    public static IEnumerable<DueLoss> Of(JsonObject? node, params string[] known) =>
        node is null ? [] : node.Where(member => !known.Contains(member.Key) && SaysSomething(member.Key, member.Value)).Select(member => new DueLoss(member.Key));

    public static bool SaysSomething(string name, JsonNode? value) => (name, value) switch
    {
        (_, null) => false,
        ("n", JsonValue) => value.ToJsonString() != "1",
        ("frequency_penalty" or "presence_penalty", JsonValue) => decimal.Parse(value.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture) != 0,
        ("logprobs", JsonValue) => value.GetValueKind() != JsonValueKind.False,
        ("service_tier", JsonValue) => value.AsText() != "auto",
        ("logit_bias", JsonObject map) => map.Count > 0,
        ("mcp_servers", JsonArray list) => list.Count > 0,
        ("citations", JsonObject options) => options.Flag("enabled") != false,
        ("citations" or "annotations", JsonArray list) => list.Count > 0,
        ("modalities", JsonArray list) => list.Any(item => item.AsText() != "text"),
        _ => true,
    };
}
