using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Revisions;
using Fairlead.Telemetry;

namespace Fairlead.Admin;

/// <summary>Applies a content for an administrator and answers what came of it, once it is recorded.</summary>
internal sealed class ConfigurationChange(SnapshotSource snapshots, RevisionReview review, RevisionRecorder recorder, ILogger<ConfigurationChange> logger)
{
    /// <param name="context">The request to answer.</param>
    /// <param name="requestId">Our id of the request.</param>
    /// <param name="content">YAML.</param>
    /// <param name="action">What is done, as the audit log calls it.</param>
    /// <param name="origin">Who changes it, and why.</param>
    /// <param name="expected">The revision that is to be replaced; null for whichever it is.</param>
    public async Task ApplyAsync(HttpContext context, string requestId, string content, string action, ChangeOrigin origin, string? expected)
    {
        var before = snapshots.InForce.Content;
        // Whoever hangs up has asked all the same: from here on the change is made whole. And a large one takes a while to compile.
        var entry = new AuditEntry(action, origin.Author, "") { Reason = origin.Reason };
        switch (await Task.Run(() => snapshots.ApplyAsync(content, entry, expected, CancellationToken.None)))
        {
            case ApplyOutcome.Invalid invalid:
                await AdminAnswer.RefuseAsync(context, requestId, invalid.Errors);
                break;
            case ApplyOutcome.MovedOn moved:
                await AdminAnswer.RefuseAsync(
                    context, requestId, new Refusal(AdminRefusals.ConfigurationMovedOn, "The configuration has changed since you read it: read it again.", "if-match"), json => json.WriteString("revision", moved.Revision));
                break;
            case ApplyOutcome.NotWritable not:
                await AdminAnswer.RefuseAsync(context, requestId, new Refusal(AdminRefusals.ConfigurationReadOnly, $"The configuration cannot be changed here: {not.Why}."));
                break;
            case ApplyOutcome.NotRecorded not:
                logger.AuditNotWritten(requestId, not.Why);
                await AdminAnswer.UnrecordedAsync(context, requestId);
                break;
            case ApplyOutcome.Applied applied:
                await recorder.Recorded;
                await AnswerAsync(context, applied, await review.CompareAsync(before, content, context.RequestAborted));
                break;
        }
    }

    private static Task AnswerAsync(HttpContext context, ApplyOutcome.Applied applied, Reviewed reviewed)
    {
        context.Response.Headers.ETag = ConfigurationEndpoint.Tag(applied.Snapshot.Revision);
        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("revision", applied.Snapshot.Revision);
            json.WriteBoolean("changed", applied.IsChange);
            AdminAnswer.WriteWarnings(json, applied.Snapshot.Warnings);
            RevisionJson.Write(json, reviewed);
            json.WriteEndObject();
        });
    }
}
