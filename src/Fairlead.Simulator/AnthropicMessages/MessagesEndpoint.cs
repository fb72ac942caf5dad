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

namespace Fairlead.Simulator.AnthropicMessages;

/// <summary>The vendor's side of Anthropic's dialect: messages, their count, and the list of models.</summary>
internal sealed class MessagesEndpoint(FaultScript faults, QuotaBook quotas, VendorOutages outages) : DialectEndpoint(faults, quotas, outages)
{
    protected override ApiError TooLarge => MessagesErrors.TooLarge;

    protected override ApiError NoKey => MessagesErrors.NoKey;

    protected override ApiError WrongKey => MessagesErrors.WrongKey;

    protected override ApiError BrokenJson => MessagesErrors.BrokenJson;

    protected override ApiError CreditSpent => MessagesErrors.CreditSpent;

    // Prompts are counted when they come, answers as they are produced, and max_tokens not at all: https://docs.anthropic.com/en/api/rate-limits (2026-01).
    protected override bool AnswersCount => true;

    /// <summary>Whether a request is meant for this dialect: by its path, or by the header that its clients send.</summary>
    public static bool IsMeant(HttpRequest request) =>
        request.Path.StartsWithSegments("/v1/messages", StringComparison.Ordinal) || (request.Path == "/v1/models" && request.Headers.ContainsKey("anthropic-version"));

    /// <summary>The vendor's id of a request.</summary>
    public static string RequestId(Exchange exchange) => $"req_{exchange.Options.Name}_{exchange.Number}";

    protected override Task AnswerAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var request = exchange.Http.Request;
        if (request.Path == "/v1/messages") return HttpMethods.IsPost(request.Method) ? CompleteAsync(exchange, body) : RejectAsync(exchange, MessagesErrors.WrongMethod);
        if (request.Path == "/v1/messages/count_tokens") return HttpMethods.IsPost(request.Method) ? CountAsync(exchange, body) : RejectAsync(exchange, MessagesErrors.WrongMethod);
        if (request.Path == "/v1/models") return HttpMethods.IsGet(request.Method) ? ModelsAsync(exchange) : RejectAsync(exchange, MessagesErrors.WrongMethod);
        return RejectAsync(exchange, MessagesErrors.NotFound);
    }

    protected override (ModelRequest? Request, ApiError? Error) Read(JsonElement root) => MessagesRequest.Read(root);

    protected override Answer Answer(ModelRequest request, Exchange exchange) => new MessagesAnswer((MessagesRequest)request, exchange);

    protected override ApiError UnknownModel(string model) => MessagesErrors.UnknownModel(model);

    protected override ApiError Error(int status, ErrorWords words) => MessagesErrors.Of(status, words.Code, words.Type, words.Message);

    protected override ApiError RateLimited(QuotaRefusal refusal, string model) => MessagesErrors.RateLimited(refusal, model);

    protected override long CountedTokens(ModelRequest request) => request.PromptTokens;

    protected override byte[] Body(ApiError error, Exchange exchange) => MessagesErrors.Body(error, RequestId(exchange));

    protected override void WriteHeaders(Exchange exchange, IHeaderDictionary headers)
    {
        headers["request-id"] = RequestId(exchange);
        if (exchange.Quota is { } quota)
        {
            MessagesLimits.Write(headers, quota.Figures(), exchange.Refusal, exchange.Time.GetUtcNow());
            return;
        }

        // What a vendor without quotas shows, and does not enforce.
        if (exchange.Options.Quotas.Count > 0) return;
        headers["anthropic-ratelimit-requests-limit"] = "10000";
        headers["anthropic-ratelimit-requests-remaining"] = "9999";
        headers["anthropic-ratelimit-requests-reset"] = MessagesLimits.Text(exchange.Time.GetUtcNow().AddSeconds(1));
    }

    private Task CountAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        if (document is null) return RejectAsync(exchange, MessagesErrors.BrokenJson);
        var (request, error) = MessagesRequest.Read(document.RootElement, isCount: true);
        return request is null
            ? RejectAsync(exchange, error!)
            : WriteAsync(exchange, 200, System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"input_tokens\":{request.PromptTokens}}}")), RequestEnding.Answered);
    }

    private static Task ModelsAsync(Exchange exchange)
    {
        var models = Models(exchange);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var model in models)
            {
                json.WriteStartObject();
                json.WriteString("type", "model");
                json.WriteString("id", model);
                json.WriteString("display_name", model);
                json.WriteString("created_at", "2025-01-01T00:00:00Z");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteBoolean("has_more", false);
            json.WriteString("first_id", models[0]);
            json.WriteString("last_id", models[^1]);
            json.WriteEndObject();
        }

        return WriteAsync(exchange, 200, buffer.WrittenMemory, RequestEnding.Answered);
    }
}
