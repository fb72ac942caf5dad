using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Messages;
using Fairlead.Core.PolicyTests;

namespace Fairlead.PolicyTests;

/// <summary>The body of a tested request, as a client of its dialect would send it.</summary>
internal static class TestedBody
{
    /// <summary>Anthropic's dialect takes no request without a limit.</summary>
    private const int LimitWhereRequired = 1024;

    /// <summary>One transparent pixel, PNG.</summary>
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

    private const string SchemaName = "answer";
    private const string Schema = """{"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"],"additionalProperties":false}""";

    public static ReadOnlyMemory<byte> Of(TestedRequest request)
    {
        if (request.Body is { } whole) return Encoding.UTF8.GetBytes(whole);
        var buffer = new ArrayBufferWriter<byte>(256 + request.Prompt.Length);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", request.Model);
            if (request.Dialect == DialectNames.AnthropicMessages) WriteMessages(json, request);
            else WriteChat(json, request);
            if (request.IsStream) json.WriteBoolean("stream", true);
            if (!request.Metadata.IsEmpty)
            {
                json.WriteStartObject("metadata");
                foreach (var (name, value) in request.Metadata) json.WriteString(name, value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteChat(Utf8JsonWriter json, TestedRequest request)
    {
        json.WriteStartArray("messages");
        if (request.System is { } system) WriteMessage(json, "system", system);
        if (request.HasImages)
        {
            WriteUser(json, request.Prompt, static json =>
            {
                json.WriteString("type", "image_url");
                json.WriteStartObject("image_url");
                json.WriteString("url", "data:image/png;base64," + Pixel);
                json.WriteEndObject();
            });
        }
        else
        {
            WriteMessage(json, "user", request.Prompt);
        }

        json.WriteEndArray();
        if (request.MaxTokens is { } most) json.WriteNumber("max_completion_tokens", most);
        if (request.HasSchema)
        {
            json.WriteStartObject("response_format");
            json.WriteString("type", "json_schema");
            json.WriteStartObject("json_schema");
            json.WriteString("name", SchemaName);
            json.WriteBoolean("strict", true);
            json.WritePropertyName("schema");
            json.WriteRawValue(Schema);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (request.Tools.IsEmpty) return;
        json.WriteStartArray("tools");
        foreach (var tool in request.Tools)
        {
            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", tool);
            json.WritePropertyName("parameters");
            json.WriteRawValue("""{"type":"object","properties":{}}""");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMessages(Utf8JsonWriter json, TestedRequest request)
    {
        json.WriteNumber("max_tokens", request.MaxTokens ?? LimitWhereRequired);
        if (request.System is { } system) json.WriteString("system", system);
        json.WriteStartArray("messages");
        if (request.HasImages)
        {
            WriteUser(json, request.Prompt, static json =>
            {
                json.WriteString("type", "image");
                json.WriteStartObject("source");
                json.WriteString("type", "base64");
                json.WriteString("media_type", "image/png");
                json.WriteString("data", Pixel);
                json.WriteEndObject();
            });
        }
        else
        {
            WriteMessage(json, "user", request.Prompt);
        }

        json.WriteEndArray();
        if (request.HasSchema)
        {
            json.WriteStartObject("output_config");
            json.WriteStartObject("format");
            json.WriteString("type", "json_schema");
            json.WritePropertyName("schema");
            json.WriteRawValue(Schema);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (request.Tools.IsEmpty) return;
        json.WriteStartArray("tools");
        foreach (var tool in request.Tools)
        {
            json.WriteStartObject();
            json.WriteString("name", tool);
            json.WritePropertyName("input_schema");
            json.WriteRawValue("""{"type":"object","properties":{}}""");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string text)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", text);
        json.WriteEndObject();
    }

    private static void WriteUser(Utf8JsonWriter json, string text, Action<Utf8JsonWriter> image)
    {
        json.WriteStartObject();
        json.WriteString("role", "user");
        json.WriteStartArray("content");
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("text", text);
        json.WriteEndObject();
        json.WriteStartObject();
        image(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
