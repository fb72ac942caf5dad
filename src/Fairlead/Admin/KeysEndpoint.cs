using System.Collections.Immutable;
using Fairlead.Access;
using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/keys</c>: keys are listed, made, replaced and revoked. What is changed holds when the answer comes.</summary>
internal sealed class KeysEndpoint(LiveKeys keys, KeyAdministration administration, SnapshotSource snapshots, TimeProvider time, ILogger<KeysEndpoint> logger) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "keys", ListAsync),
        new AdminOperation("POST", "keys", CreateAsync),
        new AdminOperation("GET", "keys/{id}", GetAsync),
        new AdminOperation("POST", "keys/{id}/rotate", RotateAsync),
        new AdminOperation("POST", "keys/{id}/revoke", RevokeAsync),
    ];

    private async Task ListAsync(HttpContext context, AdminCall call)
    {
        var live = context.Request.Query["live"].ToString();
        if (live is not ("" or "true" or "false"))
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.InvalidValue, "Must be true or false.", "live"));
            return;
        }

        await keys.ReloadAsync(context.RequestAborted);
        var (snapshot, now) = (snapshots.Current, time.GetUtcNow());
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in keys.Current.Keys)
            {
                if (live != "true" || key.Stored.IsLive(now)) KeyAnswer.Write(json, key.Stored, key.UsedAt, snapshot, now);
            }

            json.WriteEndArray();
            json.WriteStartArray("configured");
            foreach (var key in snapshot.Keys) KeyAnswer.Write(json, key);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task GetAsync(HttpContext context, AdminCall call)
    {
        await keys.ReloadAsync(context.RequestAborted);
        var current = keys.Current.Keys;
        if ((current.LastOrDefault(key => key.Stored.Id == call.Id) ?? current.LastOrDefault(key => key.Stored.Name == call.Id)) is not { } found)
        {
            await RefuseUnknownAsync(context, call);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, json => KeyAnswer.Write(json, found.Stored, found.UsedAt, snapshots.Current, time.GetUtcNow()));
    }

    private async Task CreateAsync(HttpContext context, AdminCall call)
    {
        var (body, invalid) = await AdminBody.ReadAsync(context);
        ChangeOrigin? origin = null;
        KeyRequest? request = null;
        string? reason = null;
        if ((invalid ?? ContentTypes.Check(context.Request) ?? ChangeOrigin.Read(context.Request, out origin) ?? KeyBody.Create(body, out request, out reason)) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var author = new KeyAuthor(origin!.Author, reason ?? origin.Reason);
        var outcome = await administration.CreateAsync(request!, name => snapshots.Current.Keys.Any(key => key.Name == name), author, context.RequestAborted);
        await AnswerAsync(context, call, outcome, 201);
    }

    private async Task RotateAsync(HttpContext context, AdminCall call)
    {
        var (body, invalid) = await AdminBody.ReadAsync(context);
        var overlap = TimeSpan.Zero;
        string? reason = null;
        ChangeOrigin? origin = null;
        if ((invalid ?? TypeOf(context, body) ?? ChangeOrigin.Read(context.Request, out origin) ?? KeyBody.Rotate(body, out overlap, out reason)) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var outcome = await administration.RotateAsync(call.Id, overlap, new KeyAuthor(origin!.Author, reason ?? origin.Reason), context.RequestAborted);
        await AnswerAsync(context, call, outcome, 200);
    }

    private async Task RevokeAsync(HttpContext context, AdminCall call)
    {
        var (body, invalid) = await AdminBody.ReadAsync(context);
        ChangeOrigin? origin = null;
        if ((invalid ?? TypeOf(context, body) ?? ChangeOrigin.Read(context.Request, body, out origin)) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var outcome = await administration.RevokeAsync(call.Id, new KeyAuthor(origin!.Author, origin.Reason), context.RequestAborted);
        await AnswerAsync(context, call, outcome, 200);
    }

    /// <summary>A body that is not there has no type either.</summary>
    private static Refusal? TypeOf(HttpContext context, string body) => body.Length == 0 ? null : ContentTypes.Check(context.Request);

    private async Task AnswerAsync(HttpContext context, AdminCall call, KeyOutcome outcome, int status)
    {
        switch (outcome)
        {
            case KeyOutcome.Issued issued:
                await ApplyAsync(call);
                context.Response.Headers.CacheControl = "no-store";
                await JsonAnswer.WriteAsync(context, status, json => KeyAnswer.WriteIssued(json, issued, snapshots.Current, time.GetUtcNow()));
                break;
            case KeyOutcome.Revoked revoked:
                await ApplyAsync(call);
                await JsonAnswer.WriteAsync(context, status, json =>
                {
                    json.WriteStartObject();
                    json.WriteStartArray("revoked");
                    foreach (var key in revoked.Keys) KeyAnswer.Write(json, key, null, snapshots.Current, time.GetUtcNow());
                    json.WriteEndArray();
                    json.WriteEndObject();
                });
                break;
            case KeyOutcome.Invalid invalid:
                await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.InvalidValue, $"The member {invalid.Defect.Member}: {invalid.Defect.Message}{(invalid.Defect.Message.EndsWith('?') ? "" : ".")}", invalid.Defect.Member));
                break;
            case KeyOutcome.Conflict conflict:
                await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(AdminRefusals.KeyConflict, conflict.Why));
                break;
            default:
                await RefuseUnknownAsync(context, call);
                break;
        }
    }

    /// <summary>What was changed holds from here on. A key that is made must be told all the same when it cannot be read back: it is told once.</summary>
    private async Task ApplyAsync(AdminCall call)
    {
        try
        {
            await keys.ReloadAsync(CancellationToken.None);
        }
        catch (LedgerException exception)
        {
            logger.LedgerNotRead(call.RequestId, exception.Message); // the poll goes on trying
        }
    }

    private static Task RefuseUnknownAsync(HttpContext context, AdminCall call) =>
        AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(AdminRefusals.KeyNotFound, "The store has no key of this id or name."));
}
