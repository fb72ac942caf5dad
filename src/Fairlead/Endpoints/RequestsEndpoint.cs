using System.Text.Json;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Endpoints;

/// <summary><c>GET /v1/requests/{id}</c>: what happened to a request of the caller's own tenant.</summary>
internal sealed class RequestsEndpoint(ILedger ledger, ILogger<RequestsEndpoint> logger)
{
    private static readonly Refusal Unreadable = new(RefusalTable.DependencyDown, "The ledger cannot be read at the moment; the gateway's log says why.");
    private static readonly Refusal NotFound = new(RefusalTable.RequestNotFound, "This tenant has no request of this id.", "id");

    public async Task HandleAsync(HttpContext context, Admission admission, string requestId, string id)
    {
        if (admission.Identify(context, Operations.Requests, out var caller) is { } refusal)
        {
            await GatewayApplication.WriteAsync(context, requestId, refusal);
            return;
        }

        StoredRequest? stored;
        try
        {
            stored = RequestId.IsWellFormed(id) ? await ledger.FindAsync(id, caller.Tenant, context.RequestAborted) : null;
        }
        catch (LedgerException exception)
        {
            logger.LedgerNotRead(requestId, exception.Message);
            await GatewayApplication.WriteAsync(context, requestId, Unreadable);
            return;
        }

        if (stored is null)
        {
            await GatewayApplication.WriteAsync(context, requestId, NotFound);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, json => Write(json, stored, caller.Permissions.IsMinimal));
    }

    private static void Write(Utf8JsonWriter json, StoredRequest stored, bool isMinimal)
    {
        var intent = stored.Intent;
        json.WriteStartObject();
        json.WriteString("id", intent.Id);
        json.WriteString("accepted_at", intent.AcceptedAt);
        json.WriteString("state", stored.Record is { } ended ? OutcomeNames.Of(ended.Outcome) : "running");
        json.WriteString("tenant", intent.Tenant);
        WriteOptional(json, "key", intent.Key);
        WriteOptional(json, "team", intent.Team);
        WriteOptional(json, "feature", intent.Feature);
        WriteOptional(json, "user", intent.User);
        WriteOptional(json, "user_tier", intent.UserTier);
        WriteOptional(json, "environment", intent.Environment);
        WriteOptional(json, "journey", intent.Journey);
        if (intent.Tags is { } tags)
        {
            json.WritePropertyName("tags");
            json.WriteRawValue(tags); // ours
        }

        if (!isMinimal)
        {
            WriteOptional(json, "workload", intent.Workload);
            WriteLabels(json, intent.Sensitivity);
        }

        json.WriteString("operation", intent.Operation);
        json.WriteString("dialect", intent.Dialect);
        json.WriteString("model", intent.RequestedModel);
        json.WriteBoolean("stream", intent.IsStream);
        if (stored.Outcome is { } outcome)
        {
            json.WriteStartObject("outcome");
            OutcomeJson.Write(json, outcome);
            json.WriteEndObject();
        }

        if (isMinimal)
        {
            if (stored.Record is { } end) WriteMinimal(json, end);
            json.WriteEndObject();
            return;
        }

        WriteOptional(json, "route", intent.Route);
        json.WriteString("revision", intent.Revision);
        if (stored.Record is { } record) Write(json, record);
        json.WritePropertyName("decision");
        DecisionJson.Write(json, intent);
        json.WriteEndObject();
    }

    /// <summary>What a request came to, and nothing of where or how: for a key that hears little.</summary>
    private static void WriteMinimal(Utf8JsonWriter json, RequestRecord record)
    {
        json.WriteNumber("status", record.Status);
        json.WriteNumber("duration_ms", Milliseconds(record.Duration));
        if (record.FirstToken is { } first) json.WriteNumber("first_token_ms", Milliseconds(first));
        WriteCost(json, record.Attempts);
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", record.Attempts.Sum(attempt => attempt.Usage.Input));
        json.WriteNumber("output_tokens", record.Attempts.Sum(attempt => attempt.Usage.Output));
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, string? sensitivity)
    {
        if (sensitivity is null) return;
        json.WriteStartArray("sensitivity");
        foreach (var label in sensitivity.Split(',')) json.WriteStringValue(label);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, RequestRecord record)
    {
        json.WriteString("sentence", record.Sentence);
        json.WriteNumber("status", record.Status);
        if (record.Failure != FailureClass.None) json.WriteString("failure", FailureTable.NameOf(record.Failure));
        WriteOptional(json, "target", record.Target);
        WriteOptional(json, "tier", record.Tier);
        WriteOptional(json, "answered_model", record.AnsweredModel);
        WriteOptional(json, "body_mode", record.BodyMode);
        if (record.IsContinued) json.WriteBoolean("continued", true);
        json.WriteNumber("duration_ms", Milliseconds(record.Duration));
        if (record.FirstToken is { } first) json.WriteNumber("first_token_ms", Milliseconds(first));
        WriteCost(json, record.Attempts);
        json.WriteStartArray("attempts");
        foreach (var attempt in record.Attempts)
        {
            json.WriteStartObject();
            json.WriteNumber("number", attempt.Number);
            json.WriteString("tier", attempt.Tier);
            json.WriteString("target", attempt.Target);
            json.WriteString("provider", attempt.Provider);
            json.WriteString("model", attempt.Model);
            if (attempt.Failure == FailureClass.None) json.WriteString("outcome", "answered");
            else json.WriteString("outcome", FailureTable.NameOf(attempt.Failure));
            // The sentence tells it too, and is derived again with it.
            if (attempt.Failure != FailureClass.ClientGone) WriteOptional(json, "detail", attempt.Detail);
            if (attempt.Clock != AttemptClock.None) json.WriteString("clock", ClockNames.Of(attempt.Clock));
            if (attempt.UpstreamStatus is { } status) json.WriteNumber("upstream_status", status);
            WriteOptional(json, "upstream_id", attempt.UpstreamId);
            json.WriteNumber("duration_ms", Milliseconds(attempt.Duration));
            if (attempt.FirstToken is { } token) json.WriteNumber("first_token_ms", Milliseconds(token));
            if (attempt.UsageSource != UsageSource.None)
            {
                json.WriteStartObject("usage");
                json.WriteNumber("input_tokens", attempt.Usage.Input);
                json.WriteNumber("cached_input_tokens", attempt.Usage.CachedInput);
                json.WriteNumber("cache_write_tokens", attempt.Usage.CacheWrite);
                json.WriteNumber("cache_write_1h_tokens", attempt.Usage.CacheWriteOneHour);
                json.WriteNumber("output_tokens", attempt.Usage.Output);
                json.WriteNumber("reasoning_tokens", attempt.Usage.Reasoning);
                json.WriteString("source", attempt.UsageSource == UsageSource.Reported ? "reported" : "estimated");
                json.WriteEndObject();
            }

            if (attempt.CorrectedCost is { } cost) json.WriteString("cost_usd", cost.ToString());
            else json.WriteNull("cost_usd");
            if (attempt.Correction is { } correction) json.WriteString("correction_usd", correction.ToString());
            if (attempt is { CostBasis: CostBasis.WorstOfRoute, Correction: null }) json.WriteString("cost_basis", "worst_of_route");
            WriteOptional(json, "price_version", attempt.PriceVersion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The sum over the attempts; null as soon as one of them is unknown, for unknown is never zero.</summary>
    private static void WriteCost(Utf8JsonWriter json, IReadOnlyList<AttemptRecord> attempts)
    {
        var sum = Usd.Zero;
        foreach (var attempt in attempts)
        {
            if (attempt.CorrectedCost is not { } cost)
            {
                json.WriteNull("cost_usd");
                return;
            }

            sum += cost;
        }

        json.WriteString("cost_usd", sum.ToString());
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }
}
