using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Quotas;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.AnthropicMessages;

/// <summary>The vendor's errors in Anthropic's shape.</summary>
internal static class MessagesErrors
{
    public static ApiError BadRequest(string message) => new(400, "invalid_request_error", null, null, message);

    public static ApiError BrokenJson { get; } = BadRequest("The request body is not valid JSON.");

    public static ApiError NoKey { get; } = new(401, "authentication_error", null, null, "x-api-key header is required");

    public static ApiError WrongKey { get; } = new(401, "authentication_error", null, null, "invalid x-api-key");

    public static ApiError TooLarge { get; } = new(413, "request_too_large", null, null, "Request exceeds the maximum size");

    public static ApiError NotFound { get; } = new(404, "not_found_error", null, null, "Not found");

    public static ApiError UnknownModel(string model) => new(404, "not_found_error", null, null, "model: " + model);

    public static ApiError WrongMethod { get; } = new(405, "invalid_request_error", null, null, "Method Not Allowed");

    public static ApiError CreditSpent { get; } = new(402, "billing_error", null, null, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.");

    /// <summary>A quota's refusal, worded as Anthropic words it.</summary>
    public static ApiError RateLimited(QuotaRefusal refusal, string model)
    {
        var what = refusal.Figure.Kind switch
        {
            QuotaKind.RequestsPerMinute => "requests per minute",
            QuotaKind.RequestsPerDay => "requests per day",
            QuotaKind.TokensPerDay => "tokens per day",
            QuotaKind.InputTokensPerMinute => "input tokens per minute",
            QuotaKind.OutputTokensPerMinute => "output tokens per minute",
            _ => "tokens per minute",
        };
        return new ApiError(
            429, "rate_limit_error", null, null,
            string.Create(CultureInfo.InvariantCulture, $"This request would exceed your organization's rate limit of {refusal.Figure.Limit:N0} {what} (model: {model}). For details, refer to: https://docs.anthropic.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later."));
    }

    /// <summary>The error with a fault's words in place of the usual ones. The dialect has no code: one that is given is its type.</summary>
    public static ApiError Of(int status, string? code, string? type, string? message)
    {
        var (usualType, usualMessage) = status switch
        {
            401 => ("authentication_error", "invalid x-api-key"),
            402 => ("billing_error", "Your credit balance is too low."),
            403 => ("permission_error", "You are not allowed to use this."),
            404 => ("not_found_error", "Not found"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => ("rate_limit_error", "This request would exceed your rate limit."),
            504 => ("timeout_error", "The request timed out."),
            503 or 529 => ("overloaded_error", "Overloaded"),
            >= 500 => ("api_error", "Internal server error"),
            _ => ("invalid_request_error", "Invalid request."),
        };
        return new ApiError(status, type ?? code ?? usualType, null, null, message ?? usualMessage);
    }

    public static byte[] Body(ApiError error, string requestId)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("type", "error");
            json.WriteStartObject("error");
            json.WriteString("type", error.Type);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
            json.WriteString("request_id", requestId);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
