using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>Writing JSON that was never decoded.</summary>
internal static class JsonWriting
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A writer of a body.</summary>
    public static Utf8JsonWriter Open(IBufferWriter<byte> body) => new(body, Options);

    /// <summary>Writes a member with a text as it is spelled; an empty text for none.</summary>
    public static void WriteText(this Utf8JsonWriter json, ReadOnlySpan<byte> name, JsonText text)
    {
        json.WritePropertyName(name);
        WriteTextValue(json, text);
    }

    /// <summary>Writes a text as it is spelled.</summary>
    public static void WriteTextValue(this Utf8JsonWriter json, JsonText text) => json.WriteRawValue(text.Spelled.IsEmpty ? "\"\""u8 : text.Spelled.Span, skipInputValidation: true);

    /// <summary>Writes a member with a value as it is spelled.</summary>
    public static void WriteSlice(this Utf8JsonWriter json, ReadOnlySpan<byte> name, JsonSlice value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value.Span, skipInputValidation: true);
    }

    /// <summary>Writes a member with a value that is JSON already.</summary>
    public static void WriteRawMember(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }

    /// <summary>Writes a member of a value that was read, its own value as it is spelled.</summary>
    public static void WriteMember(this Utf8JsonWriter json, JsonProperty member)
    {
        json.WritePropertyName(member.Name);
        json.WriteRaw(member.Value);
    }

    /// <summary>Writes a value that was read as it is spelled: decoding it would throw over half a character.</summary>
    public static void WriteRaw(this Utf8JsonWriter json, JsonElement value) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    /// <summary>Writes members that are as the client spelled them; those of a nested object, whose names are paths, are not its members.</summary>
    public static void WriteParameters(this Utf8JsonWriter json, IReadOnlyList<Parameter> parameters)
    {
        foreach (var parameter in parameters)
        {
            if (parameter.Name.Contains('.', StringComparison.Ordinal)) continue;
            json.WritePropertyName(parameter.Name);
            json.WriteRawValue(parameter.Value.Span, skipInputValidation: true);
        }
    }
}
