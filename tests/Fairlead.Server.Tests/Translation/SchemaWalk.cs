using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The schemas within a JSON Schema: what stands in <c>properties</c> is named by the client, not a keyword.</summary>
internal static class SchemaWalk
{
    private static readonly string[] Maps = ["properties", "$defs", "definitions", "patternProperties"];
    private static readonly string[] Single = ["items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else"];
    private static readonly string[] Lists = ["anyOf", "oneOf", "allOf", "prefixItems"];

    public static IEnumerable<JsonObject> Schemas(JsonNode? schema)
    {
        if (schema is not JsonObject here) yield break;
        yield return here;
        var inner = Maps.SelectMany(name => here.Object(name)?.Select(member => member.Value) ?? [])
            .Concat(Single.Select(name => here[name]))
            .Concat(Lists.SelectMany(name => here.Array(name) ?? []));
        foreach (var one in inner.SelectMany(Schemas)) yield return one;
    }

    public static bool IsObject(JsonObject schema) => schema.Text("type") == "object" || schema.Array("type")?.Any(item => item.AsText() == "object") == true || schema.Has("properties");

    /// <summary>An object of any members: it says nothing of its properties, and its client left it open.</summary>
    public static bool IsFreeForm(JsonObject schema) => IsObject(schema) && schema.Object("properties") is null && schema.Flag("additionalProperties") != false;

    /// <summary>Closed objects all of whose properties are required: the form that OpenAI's strict mode takes.</summary>
    public static bool IsInStrictForm(JsonNode? schema) =>
        schema is JsonObject root && IsObject(root) && Schemas(schema).Where(IsObject).All(one =>
            one.Flag("additionalProperties") == false
            && (one.Object("properties")?.Select(member => member.Key) ?? []).All(name => one.Array("required")?.Any(item => item.AsText() == name) == true));

    /// <summary>The schema with its objects closed.</summary>
    public static JsonNode? Closed(JsonNode? schema)
    {
        var copy = schema?.DeepClone();
        foreach (var one in Schemas(copy).Where(IsObject).ToList()) one["additionalProperties"] ??= false;
        return copy;
    }
}
