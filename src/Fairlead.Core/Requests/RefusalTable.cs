using System.Collections.Immutable;

namespace Fairlead.Core.Requests;

/// <summary>One row of the refusal table.</summary>
/// <param name="Status">The HTTP status the client gets.</param>
/// <param name="Code">The stable error code the client gets.</param>
/// <param name="Reason">When it is said, in the words of the docs.</param>
public sealed record RefusalRow(int Status, string Code, string Reason)
{
    /// <summary>Whether sending the same request again, later, could help the client.</summary>
    public bool IsRetryable => Status is 429 or 503;
}

/// <summary>
/// Why Fairlead refuses a request before anything is sent: every code of its own that a client can meet, beside those of the failure
/// table. A refusal is made from a row, so that none can have a code that is not here.
/// </summary>
public static class RefusalTable
{
    /// <summary>The body is no JSON object.</summary>
    public static RefusalRow InvalidJson { get; } = new(400, "invalid_json", "the body's structure is broken, or something stands between strings that is not JSON");

    /// <summary>The body is nested too deeply.</summary>
    public static RefusalRow TooDeep { get; } = new(400, "too_deep", "the body has more than 128 levels");

    /// <summary>A member stands twice.</summary>
    public static RefusalRow DuplicateMember { get; } = new(400, "duplicate_member", "a member that Fairlead reads, twice");

    /// <summary>A member that parsers may read in two ways.</summary>
    public static RefusalRow AmbiguousMember { get; } = new(400, "ambiguous_member", "a member that parsers may or may not read as one of those");

    /// <summary>A member is missing.</summary>
    public static RefusalRow MissingMember { get; } = new(400, "missing_member", "`model` or `messages` is missing; `/v1/outcomes`: `request_id` or `outcome`");

    /// <summary>A member's value is of the wrong type or out of its range.</summary>
    public static RefusalRow InvalidType { get; } = new(400, "invalid_type", "a member's value has the wrong type, or is out of its range");

    /// <summary>A member's value is too long or holds what it may not.</summary>
    public static RefusalRow InvalidValue { get; } = new(400, "invalid_value", "a member's value is too long, or holds what it may not; or it cannot be read where it had to be, for a target of another dialect");

    /// <summary>No such member.</summary>
    public static RefusalRow UnknownMember { get; } = new(400, "unknown_member", "no such `fairlead.*` in `metadata`; `/v1/explain`, `/v1/outcomes`: no such member");

    /// <summary>A claim in the body has a wrong value.</summary>
    public static RefusalRow InvalidMember { get; } = new(400, "invalid_member", "the value of a `fairlead.*` in `metadata`");

    /// <summary>No such header.</summary>
    public static RefusalRow UnknownHeader { get; } = new(400, "unknown_header", "no such `x-fairlead-…` header");

    /// <summary>A header has a wrong value, or stands twice.</summary>
    public static RefusalRow InvalidHeader { get; } = new(400, "invalid_header", "the value of an `x-fairlead-…` header, or it is there twice");

    /// <summary>A claim of a later version.</summary>
    public static RefusalRow NotInThisVersion { get; } = new(400, "not_in_this_version", "a header, or its member in `metadata`, of a later version");

    /// <summary>A member that no target of the request can carry.</summary>
    public static RefusalRow UnsupportedParameter { get; } = new(400, "unsupported_parameter", "no target that may answer can carry the member that `param` names");

    /// <summary>A conversation that is kept elsewhere. The code is Anthropic's: its SDKs read it, and send the conversation whole.</summary>
    public static RefusalRow ThreadNotFound { get; } = new(400, "thread_not_found", "`thread` continues a conversation that a vendor keeps, and no target that may answer has it: send it whole");

    /// <summary>Two different keys.</summary>
    public static RefusalRow AmbiguousCredentials { get; } = new(400, "ambiguous_credentials", "two different keys");

    /// <summary>An endpoint that cannot be explained.</summary>
    public static RefusalRow UnknownEndpointToExplain { get; } = new(400, "unknown_endpoint", "`/v1/explain`: an endpoint that it cannot explain");

    /// <summary>What the server could not read as HTTP.</summary>
    public static RefusalRow InvalidHttp { get; } = new(400, "invalid_http", "the request is not valid HTTP; with status 408 its body comes too slowly, with 413 it is too large");

    /// <summary>No key.</summary>
    public static RefusalRow MissingApiKey { get; } = new(401, "missing_api_key", "keys are configured, and the request has none");

    /// <summary>A key that is not known.</summary>
    public static RefusalRow InvalidApiKey { get; } = new(401, "invalid_api_key", "a key that is neither configured nor in the store");

    /// <summary>A key whose time is over.</summary>
    public static RefusalRow KeyExpired { get; } = new(401, "key_expired", "the key held until a day, or until its rotation, that is past");

    /// <summary>A key that was revoked.</summary>
    public static RefusalRow KeyRevoked { get; } = new(401, "key_revoked", "the key was revoked");

    /// <summary>An Authorization header of another kind.</summary>
    public static RefusalRow InvalidAuthorization { get; } = new(401, "invalid_authorization", "`Authorization` is not `Bearer KEY`");

    /// <summary>Not the admin key.</summary>
    public static RefusalRow AdminKeyRequired { get; } = new(401, "admin_key_required", "`/metrics` or `/admin` without the admin key");

    /// <summary>Not a name of this machine.</summary>
    public static RefusalRow HostNotAllowed { get; } = new(403, "host_not_allowed", "no keys are configured, and the `Host` is not a loopback name");

    /// <summary>A claim that the key does not allow.</summary>
    public static RefusalRow ClaimNotAllowed { get; } = new(403, "claim_not_allowed", "the request claims another feature or environment than its key is for, or something that its key may not claim");

    /// <summary>An operation that the key does not allow.</summary>
    public static RefusalRow OperationNotAllowed { get; } = new(403, "operation_not_allowed", "the key may not ask for this: see `operations`, and `expose` for decisions and dry runs");

    /// <summary>A tool that the key does not allow.</summary>
    public static RefusalRow ToolNotAllowed { get; } = new(403, "tool_not_allowed", "the request offers a tool that its key may not offer");

    /// <summary>A route that the key may not use.</summary>
    public static RefusalRow RouteNotAllowed { get; } = new(403, "route_not_allowed", "the route that the request comes to is not for its key");

    /// <summary>Policy leaves no target.</summary>
    public static RefusalRow NoAllowedTarget { get; } = new(403, "no_allowed_target", "constraints, or what the key may use, leave no target");

    /// <summary>No target can do what is asked.</summary>
    public static RefusalRow NoCapableTarget { get; } = new(400, "no_capable_target", "no target that may answer can do what the request asks: tools, a schema, images");

    /// <summary>No target is large enough.</summary>
    public static RefusalRow TooLargeForTargets { get; } = new(400, "context_length_exceeded", "the prompt, or the answer it asks for, fits no target that may answer");

    /// <summary>No target is cheap enough.</summary>
    public static RefusalRow MaxCostExceeded { get; } = new(402, "max_cost_exceeded", "no target that may answer costs as little as `x-fairlead-max-cost-usd` says");

    /// <summary>A model that nothing is called by.</summary>
    public static RefusalRow ModelNotFound { get; } = new(404, "model_not_found", "nothing has this name");

    /// <summary>A path that is not served.</summary>
    public static RefusalRow UnknownEndpoint { get; } = new(404, "unknown_endpoint", "no such path");

    /// <summary>A request that the caller's tenant has not made.</summary>
    public static RefusalRow RequestNotFound { get; } = new(404, "request_not_found", "`/v1/requests/ID`, `/v1/outcomes`: unknown, or another tenant's");

    /// <summary>A method that the path does not take.</summary>
    public static RefusalRow MethodNotAllowed { get; } = new(405, "method_not_allowed", "the path takes another method; `Allow` says which");

    /// <summary>A body that is too large.</summary>
    public static RefusalRow RequestTooLarge { get; } = new(413, "request_too_large", "the body has more than 32 MiB, or at `/v1/outcomes` more than 16 KiB");

    /// <summary>A body that is not JSON by its type.</summary>
    public static RefusalRow UnsupportedMediaType { get; } = new(415, "unsupported_media_type", "the body is not JSON, or not UTF-8, by its `Content-Type`");

    /// <summary>A compressed body.</summary>
    public static RefusalRow UnsupportedContentEncoding { get; } = new(415, "unsupported_content_encoding", "the body is compressed");

    /// <summary>Too much in a minute.</summary>
    public static RefusalRow RateLimitExceeded { get; } = new(429, "rate_limit_exceeded", "a [limit per minute](limits.md) of the key, of its tenant, team, feature or user, or of the route is reached; `Retry-After` says when there is room");

    /// <summary>Too much at once.</summary>
    public static RefusalRow ConcurrencyLimitExceeded { get; } = new(429, "concurrency_limit_exceeded", "as many requests run as one of these may have at the same time");

    /// <summary>A bug of ours.</summary>
    public static RefusalRow InternalError { get; } = new(500, "internal_error", "a bug; the log has it under the request id");

    /// <summary>The ledger is not there.</summary>
    public static RefusalRow DependencyDown { get; } = new(503, "dependency_down", "`/v1/requests/ID`: the ledger cannot be read; `/v1/outcomes`: it cannot be written; else it [cannot be written](operations.md#health)");

    /// <summary>No room for it.</summary>
    public static RefusalRow GatewayOverloaded { get; } = new(503, "gateway_overloaded", "the gateway has [no room for it](overload.md); it was not looked at, and may be sent again after `Retry-After`");

    /// <summary>No time for it.</summary>
    public static RefusalRow GatewayStopping { get; } = new(503, "gateway_stopping", "the gateway [stops](overload.md#stopping); it was not looked at, and may be sent to another one, or again in a moment");

    /// <summary>Every row, by status.</summary>
    public static ImmutableArray<RefusalRow> Rows { get; } =
    [
        InvalidJson, TooDeep, DuplicateMember, AmbiguousMember, MissingMember, InvalidType, InvalidValue, UnknownMember, InvalidMember, UnknownHeader, InvalidHeader,
        NotInThisVersion, UnsupportedParameter, ThreadNotFound, AmbiguousCredentials, UnknownEndpointToExplain, InvalidHttp, NoCapableTarget, TooLargeForTargets, MissingApiKey, InvalidApiKey, KeyExpired, KeyRevoked,
        InvalidAuthorization, AdminKeyRequired, MaxCostExceeded, HostNotAllowed, ClaimNotAllowed, OperationNotAllowed, ToolNotAllowed, RouteNotAllowed, NoAllowedTarget, ModelNotFound, UnknownEndpoint, RequestNotFound, MethodNotAllowed, RequestTooLarge, UnsupportedMediaType,
        UnsupportedContentEncoding, RateLimitExceeded, ConcurrencyLimitExceeded, InternalError, DependencyDown, GatewayOverloaded, GatewayStopping,
    ];
}
