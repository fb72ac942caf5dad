using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fairlead.Core.Execution;

/// <summary>What follows a failed attempt while nothing has reached the client yet.</summary>
public enum FailureAction
{
    /// <summary>The client's own fault, or nothing that another target could do better: the client hears it at once.</summary>
    Surface = 0,

    /// <summary>The same target once more, while retries are left; then the next candidate.</summary>
    Retry,

    /// <summary>The provider's next key for the same target; then the next candidate.</summary>
    NextKey,

    /// <summary>The next candidate.</summary>
    NextCandidate,

    /// <summary>No failure unless a route says so: the answer stands as it came, and is counted.</summary>
    Accept,
}

/// <summary>What a failure says about the health of what was called.</summary>
public enum HealthWeight
{
    /// <summary>Nothing: the client's own fault or leaving, or the gateway's own trouble.</summary>
    None = 0,

    /// <summary>The key or its quota alone, never the target: 429 is failover, not failure.</summary>
    Key,

    /// <summary>The answer's quality or pace: it counts towards those figures, not towards the success rate.</summary>
    Half,

    /// <summary>A failure of the target.</summary>
    Full,
}

/// <summary>What the vendor bills for an attempt that failed so, when it reports no usage.</summary>
public enum FailureBilling
{
    /// <summary>Nothing was processed: not billed.</summary>
    Nothing = 0,

    /// <summary>Unknown: settled at an estimate of the input, and of the output seen. Never zero.</summary>
    Estimate,
}

/// <summary>One row of the failure table.</summary>
/// <param name="Class">The class.</param>
/// <param name="Name">Its one name, in configuration, metrics, logs and the ledger.</param>
/// <param name="Action">What follows.</param>
/// <param name="Billing">What it costs when the vendor does not say.</param>
/// <param name="Health">What it says about the health of the target or the key.</param>
/// <param name="IsProvenUnprocessed">
/// Whether the vendor is known to have done nothing, so that the request may be sent again whatever it makes the vendor do: no connection,
/// or a refusal before any work (400, 401, 403, 404, 413, 429), or no send at all.
/// </param>
/// <param name="Status">The HTTP status the client gets when nothing else answered.</param>
/// <param name="Code">The stable error code the client gets.</param>
/// <param name="Message">What the client is told, where the vendor's own words are not passed on.</param>
public sealed record FailureRow(
    FailureClass Class, string Name, FailureAction Action, FailureBilling Billing, HealthWeight Health, bool IsProvenUnprocessed, int Status, string Code, string Message)
{
    /// <summary>Whether it lowers the target's measured success rate.</summary>
    public bool CountsAgainstTarget => Health == HealthWeight.Full;

    /// <summary>The vendor's words reach the client, scrubbed: only for the client's own fault.</summary>
    public bool IsClientFault => Class is FailureClass.BadRequest or FailureClass.ContextLengthExceeded or FailureClass.PolicyRejected;

    /// <summary>Whether sending the same request again, later, could help the client.</summary>
    public bool IsRetryable => Status is 429 or 503 or 504 && Class != FailureClass.Unpriced;
}

/// <summary>
/// The failure table as data: class → name, action, billing, weight on the target's health, client status, code. One row per class; RELIABILITY.md section 1
/// is its source, with DESIGN 5.2 deciding statuses.
/// </summary>
public static class FailureTable
{
    private static readonly ImmutableArray<FailureRow> Table =
    [
        new(FailureClass.ConnectFailed, "connect_failed", FailureAction.NextCandidate, FailureBilling.Nothing, HealthWeight.Full, true, 503, "upstream_unavailable", "No provider could be reached."),
        new(FailureClass.TlsFailed, "tls_failed", FailureAction.NextCandidate, FailureBilling.Nothing, HealthWeight.Full, true, 502, "upstream_tls_error", "No trusted connection to a provider could be made."),
        new(FailureClass.ConnectionReset, "connection_reset", FailureAction.Retry, FailureBilling.Estimate, HealthWeight.Full, false, 502, "upstream_connection_reset", "The provider closed the connection before it answered."),
        new(FailureClass.Timeout, "timeout", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Full, false, 504, "upstream_timeout", "No provider answered in time."),
        new(FailureClass.Stalled, "stalled", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Full, false, 504, "stream_stalled", "The answer stopped coming."),
        new(FailureClass.TooSlow, "too_slow", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Half, false, 504, "upstream_too_slow", "The answer came too slowly."),
        new(FailureClass.RateLimited, "rate_limited", FailureAction.NextKey, FailureBilling.Nothing, HealthWeight.Key, true, 429, "rate_limited", "Every provider for this request limits its rate at the moment."),
        new(FailureClass.QuotaExhausted, "quota_exhausted", FailureAction.NextKey, FailureBilling.Nothing, HealthWeight.Key, true, 503, "provider_quota_exhausted", "The gateway's quota at the provider is used up."),
        new(FailureClass.ServerError, "server_error", FailureAction.Retry, FailureBilling.Estimate, HealthWeight.Full, false, 502, "upstream_error", "The provider failed."),
        new(FailureClass.Overloaded, "overloaded", FailureAction.NextCandidate, FailureBilling.Nothing, HealthWeight.Full, false, 503, "upstream_overloaded", "The provider has no capacity at the moment."),
        new(FailureClass.CredentialsInvalid, "credentials_invalid", FailureAction.NextKey, FailureBilling.Nothing, HealthWeight.Key, true, 503, "provider_credentials_invalid", "The gateway's credentials at the provider are not accepted."),
        new(FailureClass.Forbidden, "forbidden", FailureAction.NextKey, FailureBilling.Nothing, HealthWeight.Key, true, 502, "provider_forbidden", "The provider does not permit this to the gateway's account."),
        new(FailureClass.ModelGone, "model_gone", FailureAction.NextCandidate, FailureBilling.Nothing, HealthWeight.Full, true, 404, "model_not_found", "The provider does not have the model."),
        new(FailureClass.BadRequest, "bad_request", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 400, "bad_request", "The request is not valid."),
        new(FailureClass.ContextLengthExceeded, "context_length_exceeded", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 400, "context_length_exceeded", "The prompt does not fit the model's context window."),
        new(FailureClass.PolicyRejected, "policy_rejected", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 400, "policy_rejected", "The prompt was refused by the provider's policy."),
        new(FailureClass.OutputFiltered, "output_filtered", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.None, false, 502, "output_filtered", "The output was filtered."),
        new(FailureClass.FilterSkipped, "filter_skipped", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.Half, false, 502, "guardrail_unavailable", "The provider skipped its own filter."),
        new(FailureClass.Refused, "refused", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.None, false, 200, "refused", "The model declined."),
        new(FailureClass.MalformedResponse, "malformed_response", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Full, false, 502, "malformed_upstream_response", "The provider's answer could not be read."),
        new(FailureClass.SchemaInvalid, "schema_invalid", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Half, false, 502, "schema_validation_failed", "The answer does not meet its schema."),
        new(FailureClass.Truncated, "truncated", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Full, false, 502, "stream_truncated", "The answer ended before it was complete."),
        new(FailureClass.EmptyOutput, "empty_output", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.Half, false, 502, "empty_output", "The provider answered without content."),
        new(FailureClass.LengthReached, "length_reached", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.None, false, 200, "length_reached", "The output reached its length limit."),
        new(FailureClass.DegradedQuality, "degraded_quality", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Half, false, 502, "degraded_quality", "The provider's quality fell."),
        new(FailureClass.VendorOutage, "vendor_outage", FailureAction.NextCandidate, FailureBilling.Nothing, HealthWeight.Full, false, 503, "upstream_unavailable", "The vendor has an outage."),
        new(FailureClass.WrongModel, "wrong_model", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.None, false, 502, "wrong_model", "Another model answered than was asked for."),
        new(FailureClass.Unpriced, "unpriced", FailureAction.NextCandidate, FailureBilling.Nothing, HealthWeight.None, true, 503, "price_unknown", "No price is known for the model."),
        new(FailureClass.AbsurdUsage, "absurd_usage", FailureAction.Accept, FailureBilling.Estimate, HealthWeight.Half, false, 200, "absurd_usage", "The reported usage cannot be true."),
        new(FailureClass.HostileResponse, "hostile_response", FailureAction.NextCandidate, FailureBilling.Estimate, HealthWeight.Full, false, 502, "malformed_upstream_response", "The provider's answer could not be read."),
        new(FailureClass.ClientGone, "client_gone", FailureAction.Surface, FailureBilling.Estimate, HealthWeight.None, false, 499, "client_gone", "The client went away."),
        new(FailureClass.ClientSlow, "client_slow", FailureAction.Surface, FailureBilling.Estimate, HealthWeight.None, false, 499, "client_slow", "The client reads too slowly."),
        new(FailureClass.GatewayOverloaded, "gateway_overloaded", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 503, "gateway_overloaded", "The gateway has no capacity at the moment."),
        new(FailureClass.BudgetExceeded, "budget_exceeded", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 402, "budget_exceeded", "A budget is used up."),
        new(FailureClass.DependencyDown, "dependency_down", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 503, "dependency_down", "Something the gateway depends on is down."),
        new(FailureClass.HedgeLost, "hedge_lost", FailureAction.Surface, FailureBilling.Estimate, HealthWeight.None, false, 200, "hedge_lost", "A second call answered first."),
        new(FailureClass.ClockSkew, "clock_skew", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, false, 200, "clock_skew", "A time that cannot be."),
        new(FailureClass.NoCandidate, "no_candidate", FailureAction.Surface, FailureBilling.Nothing, HealthWeight.None, true, 503, "no_candidate", "No target may answer at the moment: none has what the route requires."),
        new(FailureClass.GatewayStopping, "gateway_stopping", FailureAction.Surface, FailureBilling.Estimate, HealthWeight.None, false, 503, "gateway_stopping", "The gateway stops; the request can be sent to another one, or again in a moment."),
    ];

    private static readonly FailureRow?[] ByClass = Index();

    private static readonly FrozenDictionary<string, FailureRow> ByName = Table.ToFrozenDictionary(row => row.Name, StringComparer.Ordinal);

    /// <summary>Every row, in the order of RELIABILITY.md section 1.1b.</summary>
    public static ImmutableArray<FailureRow> Rows => Table;

    /// <summary>The row of a class; <see cref="FailureClass.None"/> has none and throws.</summary>
    public static FailureRow Of(FailureClass failure) =>
        ByClass[(int)failure] ?? throw new ArgumentOutOfRangeException(nameof(failure), failure, "No failure, no row.");

    /// <summary>The name of a class; <c>none</c> for no failure.</summary>
    public static string NameOf(FailureClass failure) => failure == FailureClass.None ? "none" : Of(failure).Name;

    /// <summary>The row of a name, or null when there is no such class.</summary>
    public static FailureRow? Find(string name) => ByName.GetValueOrDefault(name);

    private static FailureRow?[] Index()
    {
        var rows = new FailureRow?[Enum.GetValues<FailureClass>().Length];
        foreach (var row in Table) rows[(int)row.Class] = row;
        return rows;
    }
}
