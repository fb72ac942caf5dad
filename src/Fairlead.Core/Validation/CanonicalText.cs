using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>
/// Spells a value so that two have the same text exactly when JSON Schema calls them equal: members in order of their names, numbers by
/// their value, texts by their characters.
/// </summary>
internal static class CanonicalText
{
    public static string Of(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) return OfText(value.GetString()!);
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    /// <summary>The same of a text.</summary>
    private static string OfText(string text) => string.Create(CultureInfo.InvariantCulture, $"\"{text.Length}:{text}");

    private static void Write(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    text.Append(OfText(member.Name));
                    Write(text, member.Value);
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray()) Write(text, item);
                text.Append(']');
                break;
            case JsonValueKind.String:
                text.Append(OfText(value.GetString()!));
                break;
            case JsonValueKind.Number:
                text.Append(DecimalNumber.Of(value).Canonical).Append(';');
                break;
            case JsonValueKind.True:
                text.Append('t');
                break;
            case JsonValueKind.False:
                text.Append('f');
                break;
            default:
                text.Append('n');
                break;
        }
    }
}
