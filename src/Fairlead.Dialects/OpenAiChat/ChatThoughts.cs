using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>
/// Thoughts with what their vendor needs back, in the member <c>reasoning_details</c>: OpenRouter's form, which clients that keep
/// thoughts at all already send back (SEMANTICS 43). https://openrouter.ai/docs/use-cases/reasoning-tokens
/// </summary>
internal static class ChatThoughts
{
    private const int MostNameCharacters = 64;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./");

    /// <summary>Writes the member.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="thoughts">The thoughts.</param>
    /// <param name="first">The index of the first of them within the answer.</param>
    public static void WriteDetails(Utf8JsonWriter json, IReadOnlyList<Part> thoughts, int first = 0)
    {
        json.WriteStartArray("reasoning_details"u8);
        for (var i = 0; i < thoughts.Count; i++) WriteDetail(json, thoughts[i], first + i);
        json.WriteEndArray();
    }

    private static void WriteDetail(Utf8JsonWriter json, Part thought, int index)
    {
        json.WriteStartObject();
        if (thought is RedactedThinkingPart redacted)
        {
            json.WriteString("type"u8, "reasoning.encrypted"u8);
            json.WriteText("data"u8, redacted.Data);
            json.WriteString("format"u8, FormatOf(redacted.Origin));
        }
        else
        {
            json.WriteString("type"u8, "reasoning.text"u8);
            json.WriteText("text"u8, ((ThinkingPart)thought).Text);
            if (thought.Signature is { } signature) json.WriteText("signature"u8, signature.Value);
            json.WriteString("format"u8, thought.Signature is { } signed ? FormatOf(signed.Origin) : "unknown");
        }

        json.WriteNumber("index"u8, index);
        json.WriteEndObject();
    }

    /// <summary>What the member calls an origin.</summary>
    public static string FormatOf(string origin) => origin == DialectNames.AnthropicMessages ? ChatNames.SignedFormat : origin;

    /// <summary>The origin that the member calls so. A name that is none is not taken over: it goes into texts as it is.</summary>
    public static string OriginOf(string? format) => format switch
    {
        ChatNames.SignedFormat => DialectNames.AnthropicMessages,
        { Length: > 0 and <= MostNameCharacters } when !format.AsSpan().ContainsAnyExcept(NameCharacters) => format,
        _ => "unknown",
    };
}
