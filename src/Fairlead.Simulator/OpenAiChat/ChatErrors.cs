using System.Buffers;
using System.Text.Json;
using Fairlead.Simulator.Answering;
using Fairlead.Simulator.Quotas;
using Fairlead.Simulator.Serving;

namespace Fairlead.Simulator.OpenAiChat;

/// <summary>The vendor's errors in OpenAI's shape.</summary>
internal static class ChatErrors
{
    public static ApiError BadRequest(string message, string? param) => new(400, "invalid_request_error", null, param, message);

    public static ApiError BrokenJson { get; } = BadRequest("We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.", null);

    public static ApiError NoKey { get; } = new(401, "invalid_request_error", null, null, "You didn't provide an API key.");

    public static ApiError WrongKey { get; } = new(401, "invalid_request_error", "invalid_api_key", null, "Incorrect API key provided.");

    public static ApiError TooLarge { get; } = new(413, "invalid_request_error", "request_too_large", null, "The request body is too large.");

    public static ApiError UnknownModel(string model) => new(404, "invalid_request_error", "model_not_found", "model", $"The model '{model}' does not exist or you do not have access to it.");

    public static ApiError UnknownPath(string method, string path) => new(404, "invalid_request_error", "unknown_url", null, $"Unknown request URL: {method} {path}.");

    public static ApiError WrongMethod(string method) => new(405, "invalid_request_error", "method_not_supported", null, $"Not allowed to {method} here.");

    public static ApiError CreditSpent { get; } = new(
        429, "insufficient_quota", "insufficient_quota", null,
        "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.");

    /// <summary>A quota's refusal, worded as OpenAI words it.</summary>
    public static ApiError RateLimited(QuotaRefusal refusal, string model)
    {
        var figure = refusal.Figure;
        var (what, name) = figure.Kind switch
        {
            QuotaKind.RequestsPerMinute => ("requests per min", "RPM"),
            QuotaKind.RequestsPerDay => ("requests per day", "RPD"),
            QuotaKind.TokensPerDay => ("tokens per day", "TPD"),
            QuotaKind.InputTokensPerMinute => ("input tokens per min", "ITPM"),
            QuotaKind.OutputTokensPerMinute => ("output tokens per min", "OTPM"),
            _ => ("tokens per min", "TPM"),
        };
        var message = refusal.RetryAfter is { } wait
            ? $"Rate limit reached for {model} on {what} ({name}): Limit {figure.Limit}, Used {figure.Limit - figure.Remaining}, Requested {refusal.Requested}. Please try again in {ChatLimits.Text(wait)}. Visit https://platform.openai.com/account/rate-limits to learn more."
            : $"Request too large for {model} on {what} ({name}): Limit {figure.Limit}, Requested {refusal.Requested}. The input or output tokens must be reduced in order to run successfully. Visit https://platform.openai.com/account/rate-limits to learn more.";
        return new ApiError(429, figure.IsOfRequests ? "requests" : "tokens", "rate_limit_exceeded", null, message);
    }

    /// <summary>What a status usually says.</summary>
    public static ApiError Of(int status) => status switch
    {
        400 => BadRequest("Invalid request.", null),
        401 => WrongKey,
        402 => new(402, "insufficient_quota", "insufficient_quota", null, "You exceeded your current quota."),
        403 => new(403, "invalid_request_error", "permission_denied", null, "You are not allowed to use this."),
        404 => new(404, "invalid_request_error", "model_not_found", null, "The model does not exist."),
        408 => new(408, "timeout", "timeout", null, "The request timed out."),
        413 => TooLarge,
        429 => new(429, "requests", "rate_limit_exceeded", null, "Rate limit reached for requests."),
        503 => new(503, "service_unavailable_error", "service_unavailable", null, "The engine is currently overloaded, please try again later."),
        504 => new(504, "timeout", "timeout", null, "The request timed out."),
        >= 500 => new(status, "server_error", "server_error", null, "The server had an error while processing your request."),
        _ => new(status, "invalid_request_error", null, null, "The request was not accepted."),
    };

    /// <summary>The error with a fault's words in place of the usual ones.</summary>
    public static ApiError Of(int status, string? code, string? type, string? message)
    {
        var usual = Of(status);
        return usual with { Code = code ?? usual.Code, Type = type ?? usual.Type, Message = message ?? usual.Message };
    }

    public static byte[] Body(ApiError error)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("message", error.Message);
            json.WriteString("type", error.Type);
            json.WriteString("param", error.Param);
            json.WriteString("code", error.Code);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
