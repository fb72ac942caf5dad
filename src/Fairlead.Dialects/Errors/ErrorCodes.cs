using System.Collections.Frozen;
using Fairlead.Core.Execution;

namespace Fairlead.Dialects.Errors;

/// <summary>
/// What the error codes, types and words of vendors mean. Codes come first, words second, the status last: the
/// same status stands for a spent quota and a passing rate limit, or for a bad request and a prompt that is too long.
/// </summary>
internal static class ErrorCodes
{
    /// <summary>Stands for a limit per day among Google's, which tell it by its id.</summary>
    public const string SpentForLong = "quota_of_days";

    /// <summary>The same of one model alone.</summary>
    public const string SpentForLongOfModel = "quota_of_days_of_model";

    private static readonly FrozenDictionary<string, FailureClass> Codes = new Dictionary<string, FailureClass>
    {
        ["insufficient_quota"] = FailureClass.QuotaExhausted,
        ["credit_balance_exhausted"] = FailureClass.QuotaExhausted,
        ["organization_spend_limit_exceeded"] = FailureClass.QuotaExhausted,
        ["project_spend_limit_exceeded"] = FailureClass.QuotaExhausted,
        ["organization_usage_limit_exceeded"] = FailureClass.QuotaExhausted,
        ["billing_hard_limit_reached"] = FailureClass.QuotaExhausted,
        ["billing_not_active"] = FailureClass.QuotaExhausted,
        ["billing_error"] = FailureClass.QuotaExhausted,
        ["insufficient_balance"] = FailureClass.QuotaExhausted,
        ["servicequotaexceededexception"] = FailureClass.QuotaExhausted,
        [SpentForLong] = FailureClass.QuotaExhausted,
        [SpentForLongOfModel] = FailureClass.QuotaExhausted,

        ["rate_limit_exceeded"] = FailureClass.RateLimited,
        ["rate_limit_error"] = FailureClass.RateLimited,
        ["rate_limited"] = FailureClass.RateLimited,
        ["too_many_requests"] = FailureClass.RateLimited,
        ["slow_down"] = FailureClass.RateLimited,
        ["throttlingexception"] = FailureClass.RateLimited,

        ["invalid_api_key"] = FailureClass.CredentialsInvalid,
        ["api_key_invalid"] = FailureClass.CredentialsInvalid,
        ["authentication_error"] = FailureClass.CredentialsInvalid,
        ["organization_restricted"] = FailureClass.CredentialsInvalid,
        ["account_deactivated"] = FailureClass.CredentialsInvalid,
        ["unrecognizedclientexception"] = FailureClass.CredentialsInvalid,
        ["expiredtokenexception"] = FailureClass.CredentialsInvalid,
        ["invalidsignatureexception"] = FailureClass.CredentialsInvalid,

        ["permission_error"] = FailureClass.Forbidden,
        ["permission_denied"] = FailureClass.Forbidden,
        ["forbidden"] = FailureClass.Forbidden,
        ["unsupported_country_region_territory"] = FailureClass.Forbidden,
        ["accessdeniedexception"] = FailureClass.Forbidden,

        ["model_not_found"] = FailureClass.ModelGone,
        ["deploymentnotfound"] = FailureClass.ModelGone,
        ["model_decommissioned"] = FailureClass.ModelGone,
        ["invalid_model"] = FailureClass.ModelGone,
        ["notfounderror"] = FailureClass.ModelGone,
        ["not_found_error"] = FailureClass.ModelGone,
        ["resourcenotfoundexception"] = FailureClass.ModelGone,

        ["context_length_exceeded"] = FailureClass.ContextLengthExceeded,
        ["exceed_context_size_error"] = FailureClass.ContextLengthExceeded,
        ["request_too_large"] = FailureClass.ContextLengthExceeded,

        ["content_policy_violation"] = FailureClass.PolicyRejected,
        ["content_filter"] = FailureClass.PolicyRejected,
        ["responsibleaipolicyviolation"] = FailureClass.PolicyRejected,
        ["moderation_blocked"] = FailureClass.PolicyRejected,

        ["server_is_overloaded"] = FailureClass.Overloaded,
        ["overloaded_error"] = FailureClass.Overloaded,
        ["engine_overloaded"] = FailureClass.Overloaded,
        ["capacity_exceeded"] = FailureClass.Overloaded,
        ["modelnotreadyexception"] = FailureClass.Overloaded,
        ["serviceunavailableexception"] = FailureClass.Overloaded,

        ["tool_use_failed"] = FailureClass.SchemaInvalid,
        ["json_validate_failed"] = FailureClass.SchemaInvalid,

        ["server_error"] = FailureClass.ServerError,
        ["internal_error"] = FailureClass.ServerError,
        ["internal_server_error"] = FailureClass.ServerError,
        ["internalserverexception"] = FailureClass.ServerError,
        ["timeout_error"] = FailureClass.Timeout,
        ["modeltimeoutexception"] = FailureClass.Timeout,
        ["modelerrorexception"] = FailureClass.Timeout,
        ["modelstreamerrorexception"] = FailureClass.Timeout,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Words that some vendors use where others have a code. Lower case; looked for in messages of client errors only, and only outside of what those quote.</summary>
    private static readonly (string Words, FailureClass Class)[] Messages =
    [
        ("maximum context length", FailureClass.ContextLengthExceeded),
        ("max context length", FailureClass.ContextLengthExceeded),
        ("available context size", FailureClass.ContextLengthExceeded),
        ("exceeds the context", FailureClass.ContextLengthExceeded),
        ("exceeded the context", FailureClass.ContextLengthExceeded),
        ("context window", FailureClass.ContextLengthExceeded),
        ("prompt is too long", FailureClass.ContextLengthExceeded),
        ("prompt too long", FailureClass.ContextLengthExceeded),
        ("exceed context limit", FailureClass.ContextLengthExceeded),
        ("exceeds the maximum number of tokens", FailureClass.ContextLengthExceeded),
        ("input tokens exceeded", FailureClass.ContextLengthExceeded),
        ("too many tokens", FailureClass.ContextLengthExceeded),
        ("input is too long", FailureClass.ContextLengthExceeded),
        ("reduce the length of the messages", FailureClass.ContextLengthExceeded),
        ("api key not valid", FailureClass.CredentialsInvalid),
        ("incorrect api key", FailureClass.CredentialsInvalid),
        ("security token included in the request", FailureClass.CredentialsInvalid),
        ("organization has been disabled", FailureClass.CredentialsInvalid),
        ("model not found", FailureClass.ModelGone),
        ("model not exist", FailureClass.ModelGone),
        ("model identifier is invalid", FailureClass.ModelGone),
        ("usage limits", FailureClass.QuotaExhausted),
        ("insufficient credits", FailureClass.QuotaExhausted),
        ("credit balance is too low", FailureClass.QuotaExhausted),
        ("used all available credits", FailureClass.QuotaExhausted),
        ("spending limit", FailureClass.QuotaExhausted),
        ("key limit exceeded", FailureClass.QuotaExhausted),
        ("location is not supported", FailureClass.Forbidden),
        ("requires moderation", FailureClass.PolicyRejected),
        ("flagged as potentially violating", FailureClass.PolicyRejected),
        ("violates usage guidelines", FailureClass.PolicyRejected),
        ("content exists risk", FailureClass.PolicyRejected),
        ("output blocked by content filtering", FailureClass.OutputFiltered),
    ];

    /// <summary>Words by which a 429 says that money or a quota of days is used up: waiting does not help. Lower case.</summary>
    private static readonly string[] SpentWords = ["spend limit", "spending limit", "api usage limits", "credit balance", "insufficient balance", "insufficient credits"];

    /// <summary>What a vendor's filter found, which another vendor's may not; the other words of a rejected prompt are of its rules of use.</summary>
    private static readonly FrozenSet<string> Filters =
        new[] { "content_filter", "responsibleaipolicyviolation", "moderation_blocked" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Codes and types that say no more than a status of 400 does.</summary>
    private static readonly FrozenSet<string> General =
        new[] { "invalid_request_error", "invalid_request", "invalid-argument", "badrequesterror", "bad request", "bad_request" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What codes begin with by which a vendor says that something in the request is wrong.</summary>
    private static readonly string[] Faults = ["invalid_value", "invalid_type", "invalid_request_", "unsupported_", "unknown_parameter", "missing_", "value_error", "literal_error", "extra_forbidden"];

    /// <summary>A code or a type, if it says more than that the request is wrong; null otherwise.</summary>
    public static string? Specific(string? code) => code is null || General.Contains(code) ? null : code;

    /// <summary>
    /// The status that an error within an answer would have had: the one it tells, else 400 where it says that the request is wrong, else 500.
    /// </summary>
    public static int StatusOf(int? told, string? code, string? type) =>
        told ?? ((code is not null && General.Contains(code)) || (type is not null && General.Contains(type)) ? 400 : 500);

    /// <summary>Whether a prompt was refused by a filter of the vendor's, rather than for breaking its rules of use.</summary>
    public static bool IsFilter(string? code, string? innerCode, string? message) =>
        (code is not null && Filters.Contains(code)) || (innerCode is not null && Filters.Contains(innerCode)) || (message is not null && Has(VendorMessage.Unquoted(message), "requires moderation"));

    /// <summary>OpenRouter's word for a model that it does not have, which may be one of several that the client named.</summary>
    public static bool IsNoModel(string message) => VendorMessage.Unquoted(message).EndsWith(" is not a valid model ID", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The class of an error. A code that says less than the status – <c>invalid_request_error</c>, a number – is no code here.
    /// </summary>
    public static FailureClass ClassOf(int status, string? code, string? type, string? innerCode, string? message, string? param)
    {
        if (innerCode is not null && Codes.TryGetValue(innerCode, out var inner)) return Spent(inner, message);
        if ((Known(code, status) ?? Known(type, status)) is { } known) return Spent(known, message);
        if (status is >= 400 and < 500 && status is not (401 or 404 or 429) && message is not null && InWords(message, code, type, param) is { } said) return said;
        if (status == 400 && message is not null && IsNoModel(message)) return FailureClass.ModelGone;
        // Groq says by this status that it has no capacity, Cohere that its token is not valid.
        if (status == 498 && message is not null && Has(VendorMessage.Unquoted(message), "invalid token")) return FailureClass.CredentialsInvalid;
        return Spent(OfStatus(status), message);
    }

    /// <summary>A limit, or a quota that is used up, by the words of its message.</summary>
    private static FailureClass Spent(FailureClass failure, string? message) =>
        failure == FailureClass.RateLimited && message is not null && VendorMessage.Unquoted(message) is var words && SpentWords.Any(spent => Has(words, spent)) ? FailureClass.QuotaExhausted : failure;

    /// <summary>
    /// The class that a message tells. One that others feel, since a key or a target is left alone for it, it must tell before it quotes
    /// anything, and nothing else may say that the request is at fault: clients choose the values and members that vendors write into messages.
    /// </summary>
    private static FailureClass? InWords(string message, string? code, string? type, string? param)
    {
        var unquoted = VendorMessage.Unquoted(message);
        var statement = VendorMessage.MayNameMember(message) ? "" : VendorMessage.Statement(message);
        var isAtFault = param is not null || IsFault(code) || IsFault(type);
        foreach (var (words, failure) in Messages)
        {
            if (!IsFeltByOthers(failure))
            {
                if (Has(unquoted, words)) return failure;
            }
            else if ((!isAtFault || (failure == FailureClass.ModelGone && param == "model")) && Has(statement, words))
            {
                return failure;
            }
        }

        return null;
    }

    private static bool IsFeltByOthers(FailureClass failure) => failure is FailureClass.QuotaExhausted or FailureClass.CredentialsInvalid
        or FailureClass.Forbidden or FailureClass.ModelGone or FailureClass.Overloaded or FailureClass.RateLimited;

    private static bool IsFault(string? code) => Specific(code) is { } specific && Faults.Any(fault => specific.StartsWith(fault, StringComparison.OrdinalIgnoreCase));

    private static bool Has(string message, string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static FailureClass? Known(string? code, int status)
    {
        if (code is null || !Codes.TryGetValue(code, out var failure)) return null;
        // A general word for what failed says less than a status of its own.
        return failure switch
        {
            FailureClass.ServerError when status is 408 or 424 or 429 or 498 or 503 or 504 or 524 or 529 => null,
            FailureClass.Forbidden when status == 401 => null,
            FailureClass.ModelGone when code.EndsWith("error", StringComparison.OrdinalIgnoreCase) && status != 404 => null,
            _ => failure,
        };
    }

    private static FailureClass OfStatus(int status) => status switch
    {
        400 or 422 => FailureClass.BadRequest,
        401 => FailureClass.CredentialsInvalid,
        402 => FailureClass.QuotaExhausted,
        403 => FailureClass.Forbidden,
        404 or 410 => FailureClass.ModelGone,
        408 or 424 or 504 or 524 => FailureClass.Timeout,
        413 => FailureClass.ContextLengthExceeded,
        429 => FailureClass.RateLimited,
        498 or 503 or 529 => FailureClass.Overloaded,
        >= 500 and < 600 => FailureClass.ServerError,
        >= 300 and < 400 => FailureClass.HostileResponse, // never followed: the credentials would go along
        _ => FailureClass.MalformedResponse,              // no vendor answers a chat request so
    };
}
