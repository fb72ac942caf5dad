using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>What a schema must look like, as a schema: the one document beside itself that a schema may point to.</summary>
internal static class MetaSchema
{
    /// <summary>The standard's address of it. Never fetched.</summary>
    public const string Address = "https://json-schema.org/draft/2020-12/schema";

    private static readonly Lazy<SchemaNode> Compiled = new(Compile);

    /// <summary>The compiled schema.</summary>
    public static SchemaNode Root => Compiled.Value;

    private static ReadOnlySpan<byte> Text => """
        {
          "$id": "https://json-schema.org/draft/2020-12/schema",
          "type": ["object", "boolean"],
          "properties": {
            "$id": { "type": "string", "pattern": "^[^#]*#?$" },
            "$schema": { "type": "string" },
            "$ref": { "type": "string" },
            "$dynamicRef": { "type": "string" },
            "$anchor": { "$ref": "#/$defs/name" },
            "$dynamicAnchor": { "$ref": "#/$defs/name" },
            "$comment": { "type": "string" },
            "$vocabulary": { "type": "object", "additionalProperties": { "type": "boolean" } },
            "$defs": { "$ref": "#/$defs/schemas" },
            "definitions": { "$ref": "#/$defs/schemas" },
            "prefixItems": { "$ref": "#/$defs/list" },
            "items": { "$ref": "#" },
            "contains": { "$ref": "#" },
            "additionalProperties": { "$ref": "#" },
            "properties": { "$ref": "#/$defs/schemas" },
            "patternProperties": { "$ref": "#/$defs/schemas" },
            "dependentSchemas": { "$ref": "#/$defs/schemas" },
            "dependencies": { "type": "object", "additionalProperties": { "anyOf": [{ "$ref": "#" }, { "$ref": "#/$defs/texts" }] } },
            "propertyNames": { "$ref": "#" },
            "if": { "$ref": "#" },
            "then": { "$ref": "#" },
            "else": { "$ref": "#" },
            "allOf": { "$ref": "#/$defs/list" },
            "anyOf": { "$ref": "#/$defs/list" },
            "oneOf": { "$ref": "#/$defs/list" },
            "not": { "$ref": "#" },
            "unevaluatedItems": { "$ref": "#" },
            "unevaluatedProperties": { "$ref": "#" },
            "type": { "anyOf": [{ "$ref": "#/$defs/type" }, { "type": "array", "items": { "$ref": "#/$defs/type" }, "minItems": 1, "uniqueItems": true }] },
            "enum": { "type": "array" },
            "multipleOf": { "type": "number", "exclusiveMinimum": 0 },
            "maximum": { "type": "number" },
            "exclusiveMaximum": { "type": "number" },
            "minimum": { "type": "number" },
            "exclusiveMinimum": { "type": "number" },
            "maxLength": { "$ref": "#/$defs/count" },
            "minLength": { "$ref": "#/$defs/count" },
            "pattern": { "type": "string" },
            "maxItems": { "$ref": "#/$defs/count" },
            "minItems": { "$ref": "#/$defs/count" },
            "uniqueItems": { "type": "boolean" },
            "maxContains": { "$ref": "#/$defs/count" },
            "minContains": { "$ref": "#/$defs/count" },
            "maxProperties": { "$ref": "#/$defs/count" },
            "minProperties": { "$ref": "#/$defs/count" },
            "required": { "$ref": "#/$defs/texts" },
            "dependentRequired": { "type": "object", "additionalProperties": { "$ref": "#/$defs/texts" } },
            "title": { "type": "string" },
            "description": { "type": "string" },
            "deprecated": { "type": "boolean" },
            "readOnly": { "type": "boolean" },
            "writeOnly": { "type": "boolean" },
            "examples": { "type": "array" },
            "format": { "type": "string" },
            "contentEncoding": { "type": "string" },
            "contentMediaType": { "type": "string" },
            "contentSchema": { "$ref": "#" }
          },
          "$defs": {
            "name": { "type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$" },
            "count": { "type": "integer", "minimum": 0 },
            "list": { "type": "array", "minItems": 1, "items": { "$ref": "#" } },
            "schemas": { "type": "object", "additionalProperties": { "$ref": "#" } },
            "texts": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
            "type": { "enum": ["array", "boolean", "integer", "null", "number", "object", "string"] }
          }
        }
        """u8;

    private static SchemaNode Compile()
    {
        using var document = JsonDocument.Parse(Text.ToArray());
        var compiler = new SchemaCompiler(formatsMustBeMet: false);
        var root = compiler.Compile(document.RootElement);
        return compiler.Reason is null ? root : throw new InvalidOperationException(compiler.Reason);
    }
}
