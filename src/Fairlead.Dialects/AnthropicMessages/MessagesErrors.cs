using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>How a client of the dialect is told of an error.</summary>
public static class MessagesErrors
{
    private const string TooLongInWords = "prompt is too long";

    private static readonly string TooLong = FailureTable.Of(FailureClass.ContextLengthExceeded).Code;

    /// <summary>Writes an error as the whole body of an answer.</summary>
    public static void Write(IBufferWriter<byte> body, ClientError error)
    {
        using var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", error.Type ?? TypeOf(error.Status));
        json.WriteString("message", MessageOf(error));
        json.WriteStartObject("details");
        json.WriteString("error_code", error.Code); // where Anthropic's SDKs look for one
        if (error.Param is not null) json.WriteString("param", error.Param);
        json.WriteBoolean("retryable", error.Retryable);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("request_id", error.RequestId);
        json.WriteEndObject();
    }

    /// <summary>Writes an error as an event of a stream that has begun.</summary>
    public static void WriteEvent(IBufferWriter<byte> stream, ClientError error)
    {
        stream.Write("event: error\ndata: "u8);
        Write(stream, error);
        stream.Write("\n\n"u8);
    }

    /// <summary>
    /// Coding agents of the dialect compact their history when they read that the prompt is too long in Anthropic's words; other vendors
    /// have other ones.
    /// </summary>
    private static string MessageOf(ClientError error) =>
        error.Code != TooLong
        || error.Message.Contains(TooLongInWords, StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains("exceed context limit", StringComparison.OrdinalIgnoreCase)
            ? error.Message
            : $"{TooLongInWords}: {error.Message}";

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 or 529 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
