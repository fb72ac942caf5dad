using System.Text;
using Fairlead.Core.Validation;

namespace Fairlead.Core.Tests.Validation;

/// <summary>Schemas and texts that are written as text.</summary>
internal static class Schemas
{
    public static JsonSchema Compile(string schema)
    {
        Assert.True(JsonSchema.TryCompile(Encoding.UTF8.GetBytes(schema), out var compiled, out var reason), reason);
        return compiled;
    }

    /// <summary>Why a schema is refused.</summary>
    public static string Refused(string schema)
    {
        Assert.False(JsonSchema.TryCompile(Encoding.UTF8.GetBytes(schema), out _, out var reason), schema);
        return reason;
    }

    public static SchemaVerdict Validate(string schema, string json) => Compile(schema).Validate(Encoding.UTF8.GetBytes(json));
}
