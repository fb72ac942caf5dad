using System.Collections.Immutable;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Fairlead.Costs;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Admin;

/// <summary>
/// <c>GET /admin/v1/outcomes</c>, <c>costs/value</c> and <c>costs/change</c>: what successful answers cost, what was earned and saved, and why a cost changed.
/// </summary>
internal sealed class OutcomesReports(SqliteLedger ledger, TimeProvider time) : IAdminPart
{
    private static readonly ImmutableArray<string> Parameters = ["by", "from", "to", "where", "timezone", "limit"];
    private static readonly ImmutableArray<string> ChangeParameters = [.. Parameters, "against_from", "against_to", "per"];

    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "outcomes", Reading(Parameters, OutcomesAsync)),
        new AdminOperation("GET", "costs/value", Reading(Parameters, ValueAsync)),
        new AdminOperation("GET", "costs/change", Reading(ChangeParameters, ChangeAsync)),
    ];

    private Func<HttpContext, AdminCall, Task> Reading(ImmutableArray<string> parameters, Func<HttpContext, AdminCall, CostQuery, Task> reportAsync) => async (context, call) =>
    {
        if (CostsEndpoint.Read(context.Request, parameters, time.GetUtcNow(), out var query) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        try
        {
            await reportAsync(context, call, query);
        }
        catch (CostQueryException exception)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.InvalidValue, exception.Message));
        }
    };

    private async Task OutcomesAsync(HttpContext context, AdminCall call, CostQuery query)
    {
        var report = SumsReport.Of(await ledger.SumsAsync(query, tellsRescued: false, context.RequestAborted), query);
        await JsonAnswer.WriteAsync(context, 200, json => SumsJson.WriteOutcomes(json, query, report));
    }

    private async Task ValueAsync(HttpContext context, AdminCall call, CostQuery query)
    {
        var report = SumsReport.Of(await ledger.SumsAsync(query, tellsRescued: true, context.RequestAborted), query);
        await JsonAnswer.WriteAsync(context, 200, json => SumsJson.WriteValue(json, query, report));
    }

    private async Task ChangeAsync(HttpContext context, AdminCall call, CostQuery query)
    {
        var asked = context.Request.Query;
        if (!ChangeQuery.TryRead(query, asked["against_from"], asked["against_to"], asked["per"], time.GetUtcNow(), out var change, out var error))
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.InvalidValue, error.Message, error.Argument));
            return;
        }

        var report = await change.ReportAsync(groups => ledger.SumsAsync(groups, tellsRescued: false, context.RequestAborted).AsTask(), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, 200, json => SumsJson.WriteChange(json, change, report));
    }
}
