using Fairlead.Core.Execution;
using static Fairlead.Server.Tests.Invariants.StormClient;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// A class of failure, one way in which a vendor shows it, and what a client is to see. Transcribed from RELIABILITY.md 1.1, with DESIGN 5.2 where they differ, and not
/// read from the table that is tested.
/// </summary>
/// <param name="Class">The class.</param>
/// <param name="What">How the vendor shows it.</param>
internal sealed record FailureCase(FailureClass Class, string What)
{
    private const string Quick = "connect: 20s, headers: 1500ms, first_token: 1500ms, gap: 1500ms, answer: 1500ms, deadline: 60s";
    private const string Patient = "connect: 20s, headers: 20s, first_token: 20s, gap: 20s, deadline: 60s";

    /// <summary>The cases.</summary>
    public static IReadOnlyList<FailureCase> All { get; } =
    [
        // F01
        new(FailureClass.ConnectFailed, "refused") { Both = "refuse", Status = 503, Code = "upstream_unavailable", IsRetryable = true },
        // F02: what listens there speaks no TLS; of one that nobody vouches for FailureCellTests has a test of its own.
        new(FailureClass.TlsFailed, "no TLS") { Both = "status 500", IsHttps = true, Status = 502, Code = "upstream_tls_error" },
        // F03
        new(FailureClass.ConnectionReset, "reset while it is silent") { Both = "black-hole", BreaksVendor = true, Status = 502, Code = "upstream_connection_reset" },
        // F04, F05, F14
        new(FailureClass.Timeout, "silent") { Both = "stall headers", Timeouts = Quick, IsSlow = true, Status = 504, Code = "upstream_timeout", IsRetryable = true },
        new(FailureClass.Timeout, "silent after its headers") { Stream = "stall first-token", Timeouts = Quick, IsSlow = true, Status = 504, Code = "upstream_timeout", IsRetryable = true },
        new(FailureClass.Timeout, "comments and nothing else") { Stream = "stall first-token comments=100ms", Timeouts = Quick, IsSlow = true, Status = 504, Code = "upstream_timeout", IsRetryable = true },
        new(FailureClass.Timeout, "408") { Both = "status 408", Status = 504, Code = "upstream_timeout", IsRetryable = true },
        new(FailureClass.Timeout, "504") { Both = "status 504", Status = 504, Code = "upstream_timeout", IsRetryable = true },
        // F06
        new(FailureClass.Stalled, "silent within") { After = "stall after=5", Timeouts = Quick, IsSlow = true, Status = 504, Code = "stream_stalled", IsRetryable = true },
        new(FailureClass.Stalled, "comments within") { After = "stall after=5 comments=100ms", Timeouts = Quick, IsSlow = true, Status = 504, Code = "stream_stalled", IsRetryable = true },
        // F08, F09, F42
        new(FailureClass.RateLimited, "429 with a hint") { Both = "status 429 retry-after=30", Status = 429, Code = "rate_limited", IsRetryable = true, RetryAfter = "30" },
        new(FailureClass.RateLimited, "429 without a hint") { Both = "status 429", Status = 429, Code = "rate_limited", IsRetryable = true },
        new(FailureClass.RateLimited, "slow down") { Both = "status 429 code=slow_down", Status = 429, Code = "rate_limited", IsRetryable = true },
        new(FailureClass.RateLimited, "a hint in the past") { Both = "status 429 header=\"retry-after: Wed, 21 Oct 2015 07:28:00 GMT\"", Status = 429, Code = "rate_limited", IsRetryable = true },
        new(FailureClass.RateLimited, "within") { After = new("error 5 code=rate_limit_exceeded", "error 5 type=rate_limit_error"), Status = 429, Code = "rate_limited", IsRetryable = true },
        // F10
        new(FailureClass.QuotaExhausted, "no credit") { Both = new("status 429 code=insufficient_quota", "status 402"), Status = 503, Code = "provider_quota_exhausted", IsRetryable = true },
        new(FailureClass.QuotaExhausted, "402") { Both = "status 402", Status = 503, Code = "provider_quota_exhausted", IsRetryable = true },
        new(FailureClass.QuotaExhausted, "within") { After = new("error 5 code=insufficient_quota", "error 5 type=billing_error"), Status = 503, Code = "provider_quota_exhausted", IsRetryable = true },
        // F11, and F27 of its kind
        new(FailureClass.ServerError, "500") { Both = "status 500", Status = 502, Code = "upstream_error" },
        new(FailureClass.ServerError, "502") { Both = "status 502", Status = 502, Code = "upstream_error" },
        new(FailureClass.ServerError, "an event") { Stream = new("error 1 code=server_error", "error 1 type=api_error"), After = new("error 5 code=server_error", "error 5 type=api_error"), Status = 502, Code = "upstream_error" },
        // F12, F13, and F27 of their kind
        new(FailureClass.Overloaded, "503") { Both = "status 503", Status = 503, Code = "upstream_overloaded", IsRetryable = true },
        new(FailureClass.Overloaded, "529") { Both = new("status 529 code=overloaded", "status 529"), Status = 503, Code = "upstream_overloaded", IsRetryable = true },
        new(FailureClass.Overloaded, "an event") { Stream = new("error 1 code=server_is_overloaded", "error 1 type=overloaded_error"), After = new("error 5 code=server_is_overloaded", "error 5 type=overloaded_error"), Status = 503, Code = "upstream_overloaded", IsRetryable = true },
        // F15: never a 401 to the client, whose key is fine
        new(FailureClass.CredentialsInvalid, "401") { Both = "status 401", Status = 503, Code = "provider_credentials_invalid", IsRetryable = true },
        // F16
        new(FailureClass.Forbidden, "403") { Both = "status 403", Status = 502, Code = "provider_forbidden" },
        // F17
        new(FailureClass.ModelGone, "404") { Both = "status 404", Status = 404, Code = "model_not_found" },
        // F18
        new(FailureClass.BadRequest, "400") { Both = "status 400", Status = 400, Code = "bad_request", IsClientFault = true },
        new(FailureClass.BadRequest, "422") { Both = "status 422", Status = 400, Code = "bad_request", IsClientFault = true },
        // F19
        new(FailureClass.ContextLengthExceeded, "400") { Both = new("status 400 code=context_length_exceeded", "status 400 message=\"prompt is too long: 9 tokens > 8 maximum\""), Status = 400, Code = "context_length_exceeded", IsClientFault = true },
        new(FailureClass.ContextLengthExceeded, "413") { Both = "status 413", Status = 400, Code = "context_length_exceeded", IsClientFault = true },
        // F20
        new(FailureClass.PolicyRejected, "400") { Both = new("status 400 code=content_policy_violation", "status 400 message=\"This was flagged as potentially violating our policy.\""), Status = 400, Code = "policy_rejected", IsClientFault = true },
        // F21
        new(FailureClass.OutputFiltered, "an end")
        {
            Json = CellFault.Answer("Once", ("content_filter", "refusal")), After = CellFault.Stream("Once", ("content_filter", "refusal")), IsAnswered = true, Shown = ("\"content_filter\"", "\"refusal\""),
        },
        // F22: Azure's alone
        new(FailureClass.FilterSkipped, "Azure's note")
        {
            Json = new(CellFault.Answer("Hi", ("stop", "")).Chat!.Replace("\"finish_reason\"", "\"content_filter_results\":{\"error\":{\"code\":\"content_filter_error\"}},\"finish_reason\"", StringComparison.Ordinal), null), IsAnswered = true, Shown = ("Hi", "Hi"),
        },
        // F23: OpenAI's member; elsewhere it is text like any other
        new(FailureClass.Refused, "in its member")
        {
            Json = new(CellFault.Answer("", ("stop", "")).Chat!.Replace("\"content\":\"\"", "\"content\":null,\"refusal\":\"I cannot do that.\"", StringComparison.Ordinal), null), IsAnswered = true, Shown = ("I cannot do that.", "I cannot do that."),
        },
        // F24
        new(FailureClass.MalformedResponse, "a page") { Both = "malformed html", Status = 502, Code = "malformed_upstream_response" },
        new(FailureClass.MalformedResponse, "a sentence") { Json = "malformed text", Status = 502, Code = "malformed_upstream_response" },
        new(FailureClass.MalformedResponse, "broken JSON") { Json = "malformed cut", Stream = "malformed cut 1", After = "malformed cut 6", Status = 502, Code = "malformed_upstream_response" },
        new(FailureClass.MalformedResponse, "no choices") { Json = new("no-choices", null), Status = 502, Code = "malformed_upstream_response" },
        // F25: where the vendor says so itself; what Fairlead finds is counted, AnswerJudgeTests
        new(FailureClass.SchemaInvalid, "a call that failed") { Both = new("status 400 code=tool_use_failed", null), Status = 502, Code = "schema_validation_failed" },
        // F26
        new(FailureClass.Truncated, "closed") { Json = "truncate 0", Stream = "truncate 1", After = "truncate 5", Status = 502, Code = "stream_truncated" },
        new(FailureClass.Truncated, "ended cleanly") { Stream = "truncate 1 clean", After = "truncate 5 clean", Status = 502, Code = "stream_truncated" },
        new(FailureClass.Truncated, "reset") { Json = "reset 0", Stream = "reset 1", After = "reset 5", Status = 502, Code = "stream_truncated" },
        // F28
        new(FailureClass.EmptyOutput, "nothing")
        {
            Json = CellFault.Answer("", ("stop", "end_turn")), Stream = CellFault.Stream("", ("stop", "end_turn")), IsAnswered = true, Shown = ("\"stop\"", "\"end_turn\""),
        },
        // F29
        new(FailureClass.LengthReached, "the limit")
        {
            Json = CellFault.Answer("Once", ("length", "max_tokens")), After = CellFault.Stream("Once", ("length", "max_tokens")), IsAnswered = true, Shown = ("\"length\"", "\"max_tokens\""),
        },
        // F32
        new(FailureClass.WrongModel, "another name")
        {
            Json = CellFault.Answer("Once", ("stop", "end_turn"), "cheap"), After = CellFault.Stream("Once", ("stop", "end_turn"), "cheap"), IsAnswered = true, Shown = ("\"stop\"", "\"end_turn\""),
        },
        // F34
        new(FailureClass.AbsurdUsage, "more than there is")
        {
            Json = CellFault.Answer("Once", ("stop", "end_turn"), usage: Absurd), After = CellFault.Stream("Once", ("stop", "end_turn"), usage: Absurd), IsAnswered = true, Shown = ("\"stop\"", "\"end_turn\""),
        },
        // F35
        new(FailureClass.HostileResponse, "a redirect") { Both = "status 302 header=\"location: http://127.0.0.1:1/elsewhere\"", Status = 502, Code = "malformed_upstream_response" },
    ];

    /// <summary>Why a class has no cell here.</summary>
    public static IReadOnlyDictionary<FailureClass, string> Others { get; } = new Dictionary<FailureClass, string>
    {
        [FailureClass.None] = "no failure",
        [FailureClass.TooSlow] = "takes ten seconds by the clock: ClockTests, which turn it",
        [FailureClass.DegradedQuality] = "a measured state of a target, never how an attempt ends: HealthBoardTests",
        [FailureClass.VendorOutage] = "why a target is held back, never how an attempt ends: OutageScopeTests, BreakerServingTests",
        [FailureClass.Unpriced] = "decided before any send: BudgetServingTests",
        [FailureClass.ClientGone] = "nobody reads it: ClientLeaves_AtAnyMoment below, ServedInvariantsTests",
        [FailureClass.ClientSlow] = "needs a client that does not read: SlowReaderTests",
        [FailureClass.GatewayOverloaded] = "decided before any send: SheddingTests",
        [FailureClass.GatewayStopping] = "needs a gateway that stops: GatewayStopTests",
        [FailureClass.BudgetExceeded] = "decided before any send: BudgetServingTests",
        [FailureClass.DependencyDown] = "decided before any send: FullLedgerTests",
        [FailureClass.HedgeLost] = "never how a request ends: HedgingTests",
        [FailureClass.ClockSkew] = "never how an attempt ends: a hint in the past is a cell of rate_limited",
        [FailureClass.NoCandidate] = "no attempt is made: FailoverTests",
    };

    private static (string Chat, string Messages)? Absurd => ("""{"prompt_tokens":-7,"completion_tokens":3,"total_tokens":-4}""", """{"input_tokens":-7,"output_tokens":3}""");

    /// <summary>Before anything has reached the client: of a JSON answer, of a stream.</summary>
    public CellFault? Both
    {
        init => (Json, Stream) = (value, value);
    }

    public CellFault? Json { get; init; }

    public CellFault? Stream { get; init; }

    /// <summary>Once some of the stream has reached the client.</summary>
    public CellFault? After { get; init; }

    /// <summary>What the client is told when nothing else answered.</summary>
    public int Status { get; init; }

    public string Code { get; init; } = "";

    public bool IsRetryable { get; init; }

    /// <summary>Its <c>Retry-After</c>; null: on every 429 and 503 there is one.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>The client's own: no other target is asked.</summary>
    public bool IsClientFault { get; init; }

    /// <summary>The answer stands as it came, and the attempt is noted.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>What a client of each dialect reads in the answer that stands.</summary>
    public (string Chat, string Messages) Shown { get; init; }

    public string Timeouts { get; init; } = Patient;

    /// <summary>Takes as long as a clock, so that its cells are asked at the same time.</summary>
    public bool IsSlow { get; init; }

    /// <summary>The vendor is broken off once it has the request.</summary>
    public bool BreaksVendor { get; init; }

    /// <summary>The provider's address is of https.</summary>
    public bool IsHttps { get; init; }

    /// <summary>What the dialect calls an error of a status.</summary>
    public static string TypeOf(string dialect, int status) => (dialect, status) switch
    {
        (_, 429) => "rate_limit_error",
        (Chat, >= 500) => "server_error",
        (Messages, 404) => "not_found_error",
        (Messages, 503) => "overloaded_error",
        (Messages, 504) => "timeout_error",
        (Messages, >= 500) => "api_error",
        _ => "invalid_request_error",
    };

    public override string ToString() => $"{Class}, {What}";
}
