using System.Collections.Immutable;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Admin;

/// <summary>The administration API under <c>/admin/v1</c>: for the admin key only, or for this machine where there is no key of any kind.</summary>
internal sealed class AdminApplication
{
    public const string Prefix = "/admin/v1/";

    private readonly SnapshotSource _snapshots;
    private readonly ILogger<AdminApplication> _logger;

    public AdminApplication(SnapshotSource snapshots, IEnumerable<IAdminPart> parts, ILogger<AdminApplication> logger)
    {
        (_snapshots, _logger) = (snapshots, logger);
        Operations =
        [
            new AdminOperation("GET", "status", (context, _) => StatusAsync(context)),
            .. parts.SelectMany(part => part.Operations),
            new AdminOperation("GET", "openapi.json", (context, _) => OpenApiDocument.WriteAsync(context)),
        ];
    }

    /// <summary>Everything that is served here. <c>openapi.json</c> describes the same.</summary>
    public ImmutableArray<AdminOperation> Operations { get; }

    /// <param name="context">The request.</param>
    /// <param name="admission">The keys of the current snapshot.</param>
    /// <param name="requestId">Our id of the request.</param>
    /// <param name="path">What stands behind <see cref="Prefix"/>.</param>
    public Task HandleAsync(HttpContext context, Admission admission, string requestId, string path)
    {
        if (admission.AdmitAdmin(context) is { } refusal) return AdminAnswer.RefuseAsync(context, requestId, refusal);
        if (IsForeignPage(context.Request)) return AdminAnswer.RefuseAsync(context, requestId, new Refusal(AdminRefusals.OriginNotAllowed, "A page of another origin may not change anything here."));

        var segments = path.Split('/');
        var allowed = new List<string>();
        foreach (var operation in Operations)
        {
            if (!operation.Matches(segments, out var id)) continue;
            if (operation.Method == context.Request.Method) return RunAsync(operation, context, new AdminCall(requestId, id));
            allowed.Add(operation.Method);
        }

        if (allowed.Count == 0) return AdminAnswer.RefuseAsync(context, requestId, new Refusal(RefusalTable.UnknownEndpoint, "The administration API has no such path in this version."));
        context.Response.Headers.Allow = string.Join(", ", allowed);
        return AdminAnswer.RefuseAsync(context, requestId, new Refusal(RefusalTable.MethodNotAllowed, $"This path takes {string.Join(" and ", allowed)}."));
    }

    /// <summary>Runs an operation. What the store or the audit log refuse is one answer for all of them.</summary>
    private async Task RunAsync(AdminOperation operation, HttpContext context, AdminCall call)
    {
        try
        {
            await operation.HandleAsync(context, call);
        }
        catch (LedgerException exception) when (!context.Response.HasStarted)
        {
            _logger.LedgerNotRead(call.RequestId, exception.Message);
            await AdminAnswer.UnreadableAsync(context, call.RequestId);
        }
        catch (AuditException exception) when (!context.Response.HasStarted)
        {
            _logger.AuditNotWritten(call.RequestId, exception.Message);
            await AdminAnswer.UnrecordedAsync(context, call.RequestId);
        }
    }

    /// <summary>
    /// Whether a browser sends this for a page from elsewhere. Without an admin key any page in a browser of this machine could reach
    /// us; browsers say where a page comes from with everything but plain reading.
    /// </summary>
    private static bool IsForeignPage(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || request.Headers.Origin.Count == 0) return false;
        return !Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin) || !origin.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What is in force, and what its author should know of it.</summary>
    private Task StatusAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var snapshot = _snapshots.Current;
        json.WriteStartObject();
        json.WriteString("revision", snapshot.Revision);
        json.WriteStartArray("warnings");
        foreach (var warning in snapshot.Warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteStartArray("refused"); // why what stands in the file now is not in force
        foreach (var error in _snapshots.LastErrors) json.WriteStringValue(error.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
