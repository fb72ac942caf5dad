using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.Outages;
using Fairlead.Simulator.Quotas;
using Fairlead.Simulator.Serving;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>The vendor's side of OpenAI's dialect: chat completions and the list of models.</summary>
internal sealed class ChatEndpoint(FaultScript faults, QuotaBook quotas, VendorOutages outages) : DialectEndpoint(faults, quotas, outages)
{
    // What a vendor without quotas shows, and does not enforce.
    private const int RequestLimit = 10_000;
    private const int TokenLimit = 2_000_000;

    protected override ApiError TooLarge => ChatErrors.TooLarge;

    protected override ApiError NoKey => ChatErrors.NoKey;

    protected override ApiError WrongKey => ChatErrors.WrongKey;

    protected override ApiError BrokenJson => ChatErrors.BrokenJson;

    protected override ApiError CreditSpent => ChatErrors.CreditSpent;

    // A request is counted once, by what it may use: https://platform.openai.com/docs/guides/rate-limits (2026-01).
    protected override bool AnswersCount => false;

    protected override Task AnswerAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var request = exchange.Http.Request;
        if (request.Path == "/v1/chat/completions") return HttpMethods.IsPost(request.Method) ? CompleteAsync(exchange, body) : RejectAsync(exchange, ChatErrors.WrongMethod(request.Method));
        if (request.Path == "/v1/models") return HttpMethods.IsGet(request.Method) ? ModelsAsync(exchange) : RejectAsync(exchange, ChatErrors.WrongMethod(request.Method));
        return RejectAsync(exchange, ChatErrors.UnknownPath(request.Method, request.Path));
    }

    protected override (ModelRequest? Request, ApiError? Error) Read(JsonElement root) => ChatRequest.Read(root);

    protected override Answer Answer(ModelRequest request, Exchange exchange) => new ChatAnswer((ChatRequest)request, exchange);

    protected override ApiError UnknownModel(string model) => ChatErrors.UnknownModel(model);

    protected override ApiError Error(int status, ErrorWords words) => ChatErrors.Of(status, words.Code, words.Type, words.Message);

    protected override ApiError RateLimited(QuotaRefusal refusal, string model) => ChatErrors.RateLimited(refusal, model);

    protected override long CountedTokens(ModelRequest request) => Math.Max(request.PromptTokens, request.MaxTokens ?? 0);

    protected override byte[] Body(ApiError error, Exchange exchange) => ChatErrors.Body(error);

    protected override void WriteHeaders(Exchange exchange, IHeaderDictionary headers)
    {
        headers["x-request-id"] = $"req_{exchange.Options.Name}_{exchange.Number}";
        headers["openai-version"] = "2020-10-01";
        headers["openai-processing-ms"] = ((long)exchange.Time.GetElapsedTime(exchange.StartedAt).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (exchange.Quota is { } quota)
        {
            ChatLimits.Write(headers, quota.Figures(), exchange.Refusal);
            return;
        }

        if (exchange.Options.Quotas.Count > 0) return;
        headers["x-ratelimit-limit-requests"] = "10000";
        headers["x-ratelimit-limit-tokens"] = "2000000";
        headers["x-ratelimit-remaining-requests"] = (RequestLimit - 1).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-tokens"] = Math.Max(0, TokenLimit - exchange.InputTokens).ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-requests"] = "6ms";
        headers["x-ratelimit-reset-tokens"] = string.Create(CultureInfo.InvariantCulture, $"{exchange.InputTokens * 60_000L / TokenLimit}ms");
    }

    private static Task ModelsAsync(Exchange exchange)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var model in Models(exchange))
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
}
