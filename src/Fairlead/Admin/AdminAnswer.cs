using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>Answers of the administration API. Its errors have one form, whatever SDK asks: <c>{"error": {"code", "message", "request_id"}}</c>.</summary>
internal static class AdminAnswer
{
    /// <summary>An error, which may carry what else its reader needs.</summary>
    public static Task RefuseAsync(HttpContext context, string requestId, Refusal refusal, Action<Utf8JsonWriter>? more = null)
    {
        if (refusal.Status == 401) context.Response.Headers.WWWAuthenticate = "Bearer";
        if (refusal.Row.IsRetryable) context.Response.Headers.RetryAfter = "1";
        return JsonAnswer.WriteAsync(context, refusal.Status, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("code", refusal.Code);
            json.WriteString("message", refusal.Message);
            if (refusal.Param is { } param) json.WriteString("param", param);
            json.WriteString("request_id", requestId);
            more?.Invoke(json);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>A content that does not compile, with every error.</summary>
    public static Task RefuseAsync(HttpContext context, string requestId, ImmutableArray<ConfigurationError> errors) =>
        RefuseAsync(context, requestId, new Refusal(AdminRefusals.ConfigurationInvalid, $"The configuration has {(errors.Length == 1 ? "an error" : $"{errors.Length} errors")}; the one in force stays."), json => WriteErrors(json, errors));

    /// <summary>The revision store cannot be read.</summary>
    public static Task UnreadableAsync(HttpContext context, string requestId) =>
        RefuseAsync(context, requestId, new Refusal(RefusalTable.DependencyDown, "The ledger cannot be read at the moment; the gateway's log says why."));

    /// <summary>A change that could not be written into the audit log, and was therefore not made.</summary>
    public static Task UnrecordedAsync(HttpContext context, string requestId) =>
        RefuseAsync(context, requestId, new Refusal(AdminRefusals.AuditUnavailable, "The audit log cannot be written at the moment, so that nothing was changed; the gateway's log says why."));

    /// <summary>The member <c>errors</c>.</summary>
    public static void WriteErrors(Utf8JsonWriter json, ImmutableArray<ConfigurationError> errors)
    {
        json.WriteStartArray("errors");
        foreach (var error in errors)
        {
            json.WriteStartObject();
            json.WriteNumber("line", error.Line);
            json.WriteNumber("column", error.Column);
            json.WriteString("path", error.Path);
            json.WriteString("message", error.Message);
            json.WriteString("suggestion", error.Suggestion);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The member <c>warnings</c>.</summary>
    public static void WriteWarnings(Utf8JsonWriter json, IEnumerable<string> warnings)
    {
        json.WriteStartArray("warnings");
        foreach (var warning in warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
    }
}
