using System.Collections.Immutable;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Costs;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/costs</c>: what requests cost, by whatever they are told apart by.</summary>
internal sealed class CostsEndpoint(SqliteLedger ledger, TimeProvider time, ILogger<CostsEndpoint> logger) : IAdminPart
{
    private static readonly ImmutableArray<string> Parameters = ["by", "from", "to", "where", "timezone", "limit"];

    public ImmutableArray<AdminOperation> Operations => [new AdminOperation("GET", "costs", Reading(ReportAsync))];

    private Func<HttpContext, AdminCall, Task> Reading(Func<HttpContext, AdminCall, Task> handleAsync) => async (context, call) =>
    {
        try
        {
            await handleAsync(context, call);
        }
        catch (LedgerException exception)
        {
            logger.LedgerNotRead(call.RequestId, exception.Message);
            await AdminAnswer.UnreadableAsync(context, call.RequestId);
        }
    };

    private async Task ReportAsync(HttpContext context, AdminCall call)
    {
        if (Read(context.Request, Parameters, time.GetUtcNow(), out var query) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        try
        {
            var report = await ledger.CostsAsync(query, context.RequestAborted);
            await JsonAnswer.WriteAsync(context, 200, json => CostJson.Write(json, query, report));
        }
        catch (CostQueryException exception)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.InvalidValue, exception.Message));
        }
    }

    /// <summary>What the parameters of a request ask for, or why they do not hold.</summary>
    private static Refusal? Read(HttpRequest request, ImmutableArray<string> known, DateTimeOffset now, out CostQuery query)
    {
        query = null!;
        foreach (var (name, values) in request.Query)
        {
            if (!known.Contains(name)) return new Refusal(RefusalTable.InvalidValue, $"No such parameter; known are {string.Join(", ", known)}.", name.Length <= 64 ? name : null);
            if (values.Count > 1 && name != "where") return new Refusal(RefusalTable.InvalidValue, "Is there twice.", name);
        }

        var arguments = new CostArguments
        {
            By = request.Query["by"],
            From = request.Query["from"],
            To = request.Query["to"],
            Where = [.. request.Query["where"].Select(text => text ?? "")],
            Timezone = request.Query["timezone"],
            Limit = request.Query["limit"],
        };
        return arguments.TryRead(now, out query, out var error) ? null : new Refusal(RefusalTable.InvalidValue, error.Message, error.Argument);
    }
}
