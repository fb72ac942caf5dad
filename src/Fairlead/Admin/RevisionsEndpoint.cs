using System.Collections.Immutable;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Revisions;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Revisions;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/revisions</c>: which configurations were in force, what each changed, and the way back to any of them.</summary>
internal sealed class RevisionsEndpoint(SnapshotSource snapshots, IRevisionStore store, RevisionReview review, ConfigurationChange change) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "revisions", ListAsync),
        new AdminOperation("GET", "revisions/{id}", GetAsync),
        new AdminOperation("GET", "revisions/{id}/diff", DiffAsync),
        new AdminOperation("POST", "revisions/{id}/rollback", RollbackAsync),
    ];

    private Task ListAsync(HttpContext context, AdminCall call) =>
        AdminList.AnswerAsync(context, call, "revisions", store.ListAsync, RevisionJson.Write, one => one.Number);

    private async Task GetAsync(HttpContext context, AdminCall call)
    {
        if (await FindAsync(context, call, call.Id) is not { } stored) return;
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            RevisionJson.Write(json, stored.Last);
            json.WriteBoolean("in_force", stored.Last.Revision == snapshots.Current.Revision);
            json.WriteString("content", stored.Content);
            json.WriteEndObject();
        });
    }

    /// <summary>From <c>against</c> to the revision; without it from the one in force, which is what rolling back would change.</summary>
    private async Task DiffAsync(HttpContext context, AdminCall call)
    {
        var against = context.Request.Query["against"].ToString();
        if (await FindAsync(context, call, call.Id) is not { } stored) return;
        var inForce = snapshots.InForce;
        var (before, content) = (inForce.Snapshot.Revision, inForce.Content);
        if (against.Length > 0)
        {
            if (await FindAsync(context, call, against) is not { } other) return;
            (before, content) = (other.Last.Revision, other.Content);
        }

        var reviewed = await review.CompareAsync(content, stored.Content, context.RequestAborted);
        if (!reviewed.Diff.Errors.IsEmpty)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, reviewed.Diff.Errors);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("revision", stored.Last.Revision);
            json.WriteString("against", before);
            RevisionJson.Write(json, reviewed);
            json.WriteEndObject();
        });
    }

    private async Task RollbackAsync(HttpContext context, AdminCall call)
    {
        var (body, invalid) = await AdminBody.ReadAsync(context);
        ChangeOrigin? origin = null;
        if ((ContentTypes.Check(context.Request) ?? invalid ?? ChangeOrigin.Read(context.Request, body, out origin)) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        if (await FindAsync(context, call, call.Id) is { } stored) await change.ApplyAsync(context, call.RequestId, stored.Content, AuditActions.ConfigurationRollback, origin!, expected: null);
    }

    /// <summary>A revision that is kept; null when there is none, and the client has heard it.</summary>
    private async Task<StoredRevision?> FindAsync(HttpContext context, AdminCall call, string revision)
    {
        var stored = await store.FindAsync(revision, context.RequestAborted);
        if (stored is null) await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(AdminRefusals.RevisionNotFound, "No configuration of this revision is kept."));
        return stored;
    }
}
