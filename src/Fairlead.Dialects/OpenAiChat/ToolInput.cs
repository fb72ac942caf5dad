using System.Text;
using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>A call's input: the text of an object in the dialect, the object itself in canonical form.</summary>
internal static class ToolInput
{
    /// <summary>Reads <c>arguments</c>; an empty text is an empty object (SEMANTICS 20). Null when it is no object.</summary>
    public static JsonSlice? Read(JsonBody json, JsonElement function)
    {
        if (!function.Has("arguments"u8, out var arguments)) return Empty;
        return arguments.ValueKind switch
        {
            JsonValueKind.Object => json.Slice(arguments), // some servers write the object itself
            JsonValueKind.String => Parse(arguments.GetString()!),
            _ => null,
        };
    }

    /// <summary>The object that a text holds; null when it holds none.</summary>
    public static JsonSlice? Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text == "null") return Empty; // Groq writes null for no input
        var bytes = Encoding.UTF8.GetBytes(text);
        var cursor = new Json.JsonCursor(bytes, 256);
        return cursor.IsObject && cursor.TrySkip() && cursor.IsAtEnd ? new JsonSlice(bytes) : null;
    }

    private static JsonSlice Empty { get; } = JsonSlice.Of("{}"u8);
}
