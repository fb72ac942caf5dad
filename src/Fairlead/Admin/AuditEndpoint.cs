using System.Collections.Immutable;
using System.Text;
using Fairlead.Auditing;
using Fairlead.Endpoints;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/audit</c>: what was written down, whether it still is as it was written, and the end of it, to be kept elsewhere.</summary>
internal sealed class AuditEndpoint(SqliteAuditLog log, CheckpointSender checkpoints) : IAdminPart
{
    private const int DefaultLimit = 50;
    private const int MostLimit = 200;

    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "audit", ListAsync),
        new AdminOperation("GET", "audit/verify", VerifyAsync),
        new AdminOperation("GET", "audit/checkpoint", CheckpointAsync),
    ];

    private async Task ListAsync(HttpContext context, AdminCall call)
    {
        var (limit, wrongLimit) = AdminQuery.Number(context, "limit", MostLimit);
        var (before, wrongBefore) = AdminQuery.Number(context, "before", long.MaxValue);
        if ((wrongLimit ?? wrongBefore) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var most = (int)(limit ?? DefaultLimit);
        var found = await log.ListAsync(most, before, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("records");
            foreach (var record in found)
            {
                json.WriteStartObject();
                AuditJson.Write(json, record);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (found.Length == most) json.WriteNumber("next_before", found[^1].Number);
            else json.WriteNull("next_before");
            json.WriteEndObject();
        });
    }

    private async Task VerifyAsync(HttpContext context, AdminCall call)
    {
        var verdict = await log.VerifyAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, 200, json => AuditJson.Write(json, verdict, AuditJson.NotesOn(verdict)));
    }

    private async Task CheckpointAsync(HttpContext context, AdminCall call)
    {
        var checkpoint = await checkpoints.TakeAsync(context.RequestAborted);
        // On one line, as a file of checkpoints has it: it can be appended to one as it comes.
        var line = checkpoint is null ? "null" : AuditJson.Line(json => AuditJson.Write(json, checkpoint));
        await JsonAnswer.WriteAsync(context, 200, Encoding.UTF8.GetBytes(line + "\n"));
    }
}
