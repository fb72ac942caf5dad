using System.Collections.Frozen;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>Types of JSON values, as a schema names them.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Object = 4,
    Array = 8,
    Number = 16,
    String = 32,
    Integer = 64,
}

/// <summary><c>type</c>: a whole number is an integer however it is written.</summary>
internal sealed class TypeKeyword(JsonTypes types) : Keyword("type")
{
    private readonly string _message = "must be " + string.Join(" or ", NamesOf(types));

    /// <summary>The type of a name; none for a name that is none.</summary>
    public static JsonTypes Of(string? name) => name switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "object" => JsonTypes.Object,
        "array" => JsonTypes.Array,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "integer" => JsonTypes.Integer,
        _ => JsonTypes.None,
    };

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        var type = value.ValueKind switch
        {
            JsonValueKind.Null => JsonTypes.Null,
            JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
            JsonValueKind.Object => JsonTypes.Object,
            JsonValueKind.Array => JsonTypes.Array,
            JsonValueKind.String => JsonTypes.String,
            _ => JsonTypes.Number,
        };
        if ((types & type) != 0) return true;
        return (type == JsonTypes.Number && (types & JsonTypes.Integer) != 0 && DecimalNumber.Of(value).IsWhole) || run.Fail(Name, _message);
    }

    private static IEnumerable<string> NamesOf(JsonTypes types)
    {
        if ((types & JsonTypes.Null) != 0) yield return "null";
        if ((types & JsonTypes.Boolean) != 0) yield return "a boolean";
        if ((types & JsonTypes.Object) != 0) yield return "an object";
        if ((types & JsonTypes.Array) != 0) yield return "an array";
        if ((types & JsonTypes.Number) != 0) yield return "a number";
        if ((types & JsonTypes.Integer) != 0) yield return "a whole number";
        if ((types & JsonTypes.String) != 0) yield return "a text";
    }
}

/// <summary><c>enum</c> and <c>const</c>.</summary>
internal sealed class EnumKeyword(string name, IEnumerable<string> allowed) : Keyword(name)
{
    private const int BytesOfAStep = 16;

    private readonly FrozenSet<string> _allowed = allowed.ToFrozenSet(StringComparer.Ordinal);

    public override bool Holds(ValidationRun run, JsonElement value, Seen? seen)
    {
        if (!run.Spend(1 + (System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value).Length / BytesOfAStep))) return false;
        return _allowed.Contains(CanonicalText.Of(value)) || run.Fail(Name, Name == "const" ? "must be the one value that is allowed" : "must be one of the values that are allowed");
    }
}
