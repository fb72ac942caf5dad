using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>The administration API under <c>/admin/v1</c>: for the admin key only, or for this machine where none is configured.</summary>
internal sealed class AdminApplication(SnapshotSource snapshots, TargetsReport targets, PromisesReport promises)
{
    public const string Prefix = "/admin/v1/";

    /// <param name="context">The request.</param>
    /// <param name="admission">The keys of the current snapshot.</param>
    /// <param name="requestId">Our id of the request.</param>
    /// <param name="path">What stands behind <see cref="Prefix"/>.</param>
    public Task HandleAsync(HttpContext context, Admission admission, string requestId, string path)
    {
        if (!admission.IsAdmin(context)) return GatewayApplication.WriteAsync(context, requestId, new Refusal(RefusalTable.AdminKeyRequired, "The administration API needs the admin key."));
        return path switch
        {
            "status" => StatusAsync(context),
            "targets" => targets.WriteAsync(context),
            "promises" => promises.WriteAsync(context),
            _ => GatewayApplication.WriteAsync(context, requestId, new Refusal(RefusalTable.UnknownEndpoint, "The administration API has no such path in this version.")),
        };
    }

    /// <summary>What is in force, and what its author should know of it.</summary>
    private Task StatusAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var snapshot = snapshots.Current;
        json.WriteStartObject();
        json.WriteString("revision", snapshot.Revision);
        json.WriteStartArray("warnings");
        foreach (var warning in snapshot.Warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
