using System.Collections.Immutable;
using System.Text;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Revisions;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/config</c>: the configuration in force, as it is written, to be read, checked and replaced.</summary>
internal sealed class ConfigurationEndpoint(SnapshotSource snapshots, RevisionReview review, ConfigurationChange change) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "config", (context, _) => GetAsync(context)),
        new AdminOperation("PUT", "config", PutAsync),
        new AdminOperation("POST", "config/check", CheckAsync),
    ];

    /// <summary>A revision as an entity tag.</summary>
    public static string Tag(string revision) => $"\"{revision}\"";

    private async Task GetAsync(HttpContext context)
    {
        var inForce = snapshots.InForce;
        var content = Encoding.UTF8.GetBytes(inForce.Content);
        context.Response.ContentType = "application/yaml";
        context.Response.ContentLength = content.Length;
        context.Response.Headers.ETag = Tag(inForce.Snapshot.Revision);
        context.Response.Headers["x-fairlead-revision"] = inForce.Snapshot.Revision;
        await context.Response.BodyWriter.WriteAsync(content, context.RequestAborted);
    }

    private async Task PutAsync(HttpContext context, AdminCall call)
    {
        if (context.Request.Headers.IfMatch.Count == 0)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(AdminRefusals.IfMatchRequired, "Say which revision is to be replaced: If-Match: REVISION.", "if-match"));
            return;
        }

        if (ChangeOrigin.Read(context.Request, out var origin) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var (content, invalid) = await AdminBody.ReadAsync(context);
        if (invalid is not null) await AdminAnswer.RefuseAsync(context, call.RequestId, invalid);
        else await change.ApplyAsync(context, call.RequestId, content, AuditActions.ConfigurationApply, origin, context.Request.Headers.IfMatch.ToString().Trim('"'));
    }

    /// <summary>What would come of a content: errors, warnings, and the difference from the one in force. Errors are an answer here, no failure.</summary>
    private async Task CheckAsync(HttpContext context, AdminCall call)
    {
        var (content, invalid) = await AdminBody.ReadAsync(context);
        if (invalid is not null)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, invalid);
            return;
        }

        var inForce = snapshots.InForce;
        var compiled = await Task.Run(() => snapshots.Check(content), context.RequestAborted);
        var reviewed = await review.CompareAsync(inForce.Content, content, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("valid", compiled.Snapshot is not null);
            json.WriteString("against", inForce.Snapshot.Revision);
            if (compiled.Snapshot is { } snapshot) json.WriteString("revision", snapshot.Revision);
            AdminAnswer.WriteErrors(json, compiled.Errors);
            AdminAnswer.WriteWarnings(json, compiled.Snapshot?.Warnings ?? []);
            RevisionJson.Write(json, reviewed);
            json.WriteEndObject();
        });
    }
}
