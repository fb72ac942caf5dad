using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.Core.Validation;

/// <summary>A text as a JSON value.</summary>
internal static class JsonSerializedText
{
    public static JsonDocument Of(string text) =>
        JsonDocument.Parse((byte[])[(byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"']);
}
