using System.Collections.Immutable;
using Fairlead.Core.Auditing;
using Fairlead.Costs;
using Fairlead.Endpoints;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/users</c>: end users, as far as the ledger knows them.</summary>
internal sealed class UsersEndpoint(SqliteLedger ledger, UserPseudonyms pseudonyms, IAuditLog audit) : IAdminPart
{
    public ImmutableArray<AdminOperation> Operations => [new AdminOperation("POST", "users/erase", EraseAsync)];

    private async Task EraseAsync(HttpContext context, AdminCall call)
    {
        var (fields, refusal) = await AdminFields.ReadAsync(context, ["tenant", "user"]);
        string? tenant = null, user = null;
        ChangeOrigin? origin = null;
        refusal ??= fields.Text("tenant", isRequired: true, out tenant) ?? fields.Text("user", isRequired: true, out user) ?? ChangeOrigin.Read(context.Request, out origin);
        if (refusal is not null)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        // Whoever hangs up has asked all the same.
        var erasure = new LedgerChanges(ledger, audit);
        var requests = await erasure.EraseUserAsync(tenant!, pseudonyms.Of(tenant!, user!), origin!.Author, origin.Reason, CancellationToken.None);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("requests", requests);
            json.WriteEndObject();
        });
    }
}
