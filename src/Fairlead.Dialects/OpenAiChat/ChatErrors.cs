using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Dialects.Errors;

namespace Fairlead.Dialects.OpenAiChat;

/// <summary>How a client of the dialect is told of an error.</summary>
public static class ChatErrors
{
    /// <summary>Writes an error as the whole body of an answer.</summary>
    public static void Write(IBufferWriter<byte> body, ClientError error)
    {
        using var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Type ?? TypeOf(error.Status));
        if (error.Param is null) json.WriteNull("param");
        else json.WriteString("param", error.Param);
        json.WriteString("code", error.Code);
        json.WriteString("request_id", error.RequestId);
        json.WriteBoolean("retryable", error.Retryable);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes an error as an event of a stream that has begun.</summary>
    public static void WriteEvent(IBufferWriter<byte> stream, ClientError error)
    {
        stream.Write("data: "u8);
        Write(stream, error);
        stream.Write("\n\n"u8);
    }

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
