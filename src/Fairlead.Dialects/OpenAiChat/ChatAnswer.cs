using System.Text.Json;
using Fairlead.Core.Execution;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>What is read of a whole JSON answer. The bytes themselves go to the client as they are.</summary>
public readonly record struct ChatAnswer
{
    private const int MostDepth = 256;
    private const int MostTextBytes = 256;

    /// <summary>The vendor's id of the answer; null when it gave none.</summary>
    public string? Id { get; private init; }

    /// <summary>The model that answered; null when the vendor does not say.</summary>
    public string? Model { get; private init; }

    /// <summary>The reported usage; null when missing or not credible, which is never zero.</summary>
    public TokenUsage? Usage { get; private init; }

    /// <summary>The usage was there, and cannot be true.</summary>
    public bool UsageIsAbsurd { get; private init; }

    /// <summary>An error that came with status 200; null for an answer.</summary>
    public UpstreamFailure? Error { get; private init; }

    /// <summary>Reads a body; false when it is not a chat completion: not JSON, no object, or without a choice.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ChatAnswer answer)
    {
        answer = default;
        try
        {
            return Read(new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MostDepth }), out answer);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    internal static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= MostTextBytes) return json.GetString() is { Length: > 0 } text ? text : null;
        json.Skip();
        return null;
    }

    private static bool Read(Utf8JsonReader json, out ChatAnswer answer)
    {
        answer = default;
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
        string? id = null, model = null;
        TokenUsage? usage = null;
        var isAbsurd = false;
        UpstreamFailure? error = null;
        var hasChoice = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("id"u8)) id = Text(ref json);
            else if (json.ValueTextEquals("model"u8)) model = Text(ref json);
            else if (json.ValueTextEquals("choices"u8)) hasChoice = ReadChoices(ref json, ref error);
            else if (json.ValueTextEquals("usage"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.StartObject) json.Skip();
                else if (ChatUsage.TryRead(ref json, out var counts)) usage = counts;
                else isAbsurd = true;
            }
            else if (json.ValueTextEquals("error"u8)) error = ChatErrors.ReadMember(ref json) ?? error;
            else json.Skip();
        }

        if (json.TokenType != JsonTokenType.EndObject || json.Read()) return false;
        answer = new ChatAnswer { Id = id, Model = model, Usage = usage, UsageIsAbsurd = isAbsurd, Error = error };
        return hasChoice || error is not null;
    }

    /// <summary>Whether there is a choice with a message; an error within a choice is one of the whole.</summary>
    private static bool ReadChoices(ref Utf8JsonReader json, ref UpstreamFailure? error)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return false;
        }

        var hasMessage = false;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("message"u8))
                {
                    json.Read();
                    hasMessage |= json.TokenType == JsonTokenType.StartObject;
                    json.Skip();
                }
                else if (json.ValueTextEquals("error"u8)) error ??= ChatErrors.ReadMember(ref json);
                else json.Skip();
            }
        }

        return hasMessage;
    }
}
