using System.Collections.Immutable;
using System.Text;
using Fairlead.Auditing;
using Fairlead.Endpoints;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/audit</c>: what was written down, whether it still is as it was written, and the end of it, to be kept elsewhere.</summary>
internal sealed class AuditEndpoint(SqliteAuditLog log, CheckpointSender checkpoints) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "audit", ListAsync),
        new AdminOperation("GET", "audit/verify", VerifyAsync),
        new AdminOperation("GET", "audit/checkpoint", CheckpointAsync),
    ];

    private Task ListAsync(HttpContext context, AdminCall call) =>
        AdminList.AnswerAsync(context, call, "records", log.ListAsync, AuditJson.Write, one => one.Number);

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
