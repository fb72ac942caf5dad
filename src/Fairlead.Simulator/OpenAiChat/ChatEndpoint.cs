using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.Serving;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>The vendor's side of OpenAI's dialect: chat completions and the list of models.</summary>
internal sealed class ChatEndpoint(FaultScript faults)
{
    // A vendor with generous limits: they are shown, not enforced; a status fault enforces.
    private const int RequestLimit = 10_000;
    private const int TokenLimit = 2_000_000;

    /// <summary>Answers any request; unknown paths with the dialect's 404.</summary>
    public async Task HandleAsync(Exchange exchange)
    {
        var request = exchange.Http.Request;
        var (body, isTooLarge) = await ReadAsync(exchange);
        exchange.Received(body.Span);
        exchange.Http.Response.OnStarting(static state => WriteHeadersAsync((Exchange)state), exchange);

        if (isTooLarge) await RejectAsync(exchange, ChatErrors.TooLarge);
        else if (Unauthorized(exchange) is { } unauthorized) await RejectAsync(exchange, unauthorized);
        else if (request.Path == "/v1/chat/completions") await (HttpMethods.IsPost(request.Method) ? CompleteAsync(exchange, body) : RejectAsync(exchange, ChatErrors.WrongMethod(request.Method)));
        else if (request.Path == "/v1/models") await (HttpMethods.IsGet(request.Method) ? ModelsAsync(exchange) : RejectAsync(exchange, ChatErrors.WrongMethod(request.Method)));
        else await RejectAsync(exchange, ChatErrors.UnknownPath(request.Method, request.Path));
    }

    private async Task CompleteAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            await RejectAsync(exchange, ChatErrors.BrokenJson);
            return;
        }

        using (document)
        {
            var (request, error) = ChatRequest.Read(document.RootElement);
            if (request is null)
            {
                await RejectAsync(exchange, error!);
                return;
            }

            var models = exchange.Options.Models;
            if (models.Count > 0 && !models.Contains(request.Model, StringComparer.Ordinal))
            {
                exchange.Understood(request.Model, request.IsStream, null);
                await RejectAsync(exchange, ChatErrors.UnknownModel(request.Model));
                return;
            }

            var fault = faults.Take(exchange.Number, request.Model, exchange.Key);
            exchange.Understood(request.Model, request.IsStream, fault);
            await new AnswerRun(exchange, new ChatAnswer(request, exchange), fault).RunAsync(request.IsStream);
        }
    }

    private static ApiError? Unauthorized(Exchange exchange)
    {
        var keys = exchange.Options.Keys;
        if (keys.Count == 0) return null;
        if (exchange.Key is not { Length: > 0 } key) return ChatErrors.NoKey;
        return keys.Contains(key, StringComparer.Ordinal) ? null : ChatErrors.WrongKey;
    }

    private static Task ModelsAsync(Exchange exchange)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, ChatAnswer.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var model in exchange.Options.Models is { Count: > 0 } models ? models : ["simulated"])
            {
                json.WriteStartObject();
                json.WriteString("id", model);
                json.WriteString("object", "model");
                json.WriteNumber("created", 1_735_689_600); // 2025-01-01
                json.WriteString("owned_by", exchange.Options.Name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return WriteAsync(exchange, 200, buffer.WrittenMemory, RequestEnding.Answered);
    }

    private static Task RejectAsync(Exchange exchange, ApiError error) => WriteAsync(exchange, error.Status, ChatErrors.Body(error), RequestEnding.Rejected);

    private static async Task WriteAsync(Exchange exchange, int status, ReadOnlyMemory<byte> body, RequestEnding ending)
    {
        var response = exchange.Http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        exchange.Settle(ending);
        await response.BodyWriter.WriteAsync(body, exchange.Aborted);
    }

    private static Task WriteHeadersAsync(Exchange exchange)
    {
        var headers = exchange.Http.Response.Headers;
        headers["x-request-id"] = $"req_{exchange.Options.Name}_{exchange.Number}";
        headers["openai-version"] = "2020-10-01";
        headers["openai-processing-ms"] = ((long)exchange.Time.GetElapsedTime(exchange.StartedAt).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-limit-requests"] = "10000";
        headers["x-ratelimit-limit-tokens"] = "2000000";
        headers["x-ratelimit-remaining-requests"] = (RequestLimit - 1).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-tokens"] = Math.Max(0, TokenLimit - exchange.InputTokens).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-requests"] = "6ms";
        headers["x-ratelimit-reset-tokens"] = string.Create(CultureInfo.InvariantCulture, $"{exchange.InputTokens * 60_000L / TokenLimit}ms");
        return Task.CompletedTask;
    }

    private static async Task<(ReadOnlyMemory<byte> Body, bool IsTooLarge)> ReadAsync(Exchange exchange)
    {
        var most = exchange.Options.MaxRequestBytes;
        var request = exchange.Http.Request;
        if (request.ContentLength > most) return (default, true);
        var body = new ArrayBufferWriter<byte>((int)Math.Max(request.ContentLength ?? 0, 256));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(exchange.Aborted);
            foreach (var segment in read.Buffer) body.Write(segment.Span);
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (body.WrittenCount > most) return (body.WrittenMemory, true);
            if (read.IsCompleted) return (body.WrittenMemory, false);
        }
    }
}
