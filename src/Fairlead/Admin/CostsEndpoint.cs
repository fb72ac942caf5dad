using System.Collections.Immutable;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Costs;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Admin;

/// <summary><c>/admin/v1/costs</c>: what requests cost, by whatever they are told apart by.</summary>
internal sealed class CostsEndpoint(SqliteLedger ledger, IAuditLog audit, SnapshotSource snapshots, TimeProvider time, ILogger<CostsEndpoint> logger) : IAdminPart
{
    private static readonly ImmutableArray<string> Parameters = ["by", "from", "to", "where", "timezone", "limit"];
    private static readonly ImmutableArray<string> ExportParameters = ["format", "attempts", "from", "to", "timezone"];

    public ImmutableArray<AdminOperation> Operations =>
    [
        new AdminOperation("GET", "costs", ReportAsync),
        new AdminOperation("GET", "costs/export", ExportAsync),
        new AdminOperation("POST", "costs/rerate", RerateAsync),
    ];

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

    private async Task ExportAsync(HttpContext context, AdminCall call)
    {
        var wrongForm = Form(context.Request, out var export);
        if ((Read(context.Request, ExportParameters, time.GetUtcNow(), out var query) ?? wrongForm) is { } refusal)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        var response = context.Response;
        var hasBegun = false;
        try
        {
            await foreach (var page in ledger.ExportAsync(query.From, query.Until, export.AreAttempts, context.RequestAborted))
            {
                if (!hasBegun)
                {
                    response.ContentType = export.ContentType;
                    response.Headers.ContentDisposition = $"attachment; filename=\"{export.FileName}\"";
                    await response.WriteAsync(export.Head, context.RequestAborted);
                    hasBegun = true;
                }

                await response.WriteAsync(export.Write(page), context.RequestAborted);
                await response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }
        catch (LedgerException exception) when (hasBegun)
        {
            logger.LedgerNotRead(call.RequestId, exception.Message);
            context.Abort(); // what came is not all, and must not look so
        }
    }

    private async Task RerateAsync(HttpContext context, AdminCall call)
    {
        var (fields, refusal) = await AdminFields.ReadAsync(context, ["from", "to", "timezone", "target", "dry_run"]);
        string? from = null, to = null, timezone = null, target = null;
        var isDryRun = false;
        ChangeOrigin? origin = null;
        CostQuery? query = null;
        refusal ??= fields.Text("from", isRequired: true, out from) ?? fields.Text("to", isRequired: true, out to) ?? fields.Text("timezone", isRequired: false, out timezone)
            ?? fields.Text("target", isRequired: false, out target) ?? fields.Flag("dry_run", out isDryRun) ?? ChangeOrigin.Read(context.Request, out origin);
        if (refusal is null && !new CostArguments { From = from, To = to, Timezone = timezone }.TryRead(time.GetUtcNow(), out query, out var error)) refusal = new Refusal(RefusalTable.InvalidValue, error.Message, error.Argument);
        if (refusal is not null)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, refusal);
            return;
        }

        try
        {
            // Whoever hangs up has asked all the same.
            var result = await new LedgerChanges(ledger, audit).RerateAsync(query!, target, isDryRun, snapshots.Current, origin!.Author, origin.Reason, CancellationToken.None);
            await JsonAnswer.WriteAsync(context, 200, json => CostJson.Write(json, result, isDryRun));
        }
        catch (CostQueryException exception)
        {
            await AdminAnswer.RefuseAsync(context, call.RequestId, new Refusal(RefusalTable.InvalidValue, exception.Message, "target"));
        }
    }

    /// <summary>In which form an export is asked for.</summary>
    private static Refusal? Form(HttpRequest request, out CostExport export)
    {
        export = null!;
        var (format, attempts) = (request.Query.TryGetValue("format", out var asked) ? asked.ToString() : "csv", request.Query.TryGetValue("attempts", out var wanted) ? wanted.ToString() : "false");
        if (format is not ("csv" or "jsonl")) return new Refusal(RefusalTable.InvalidValue, "Must be csv or jsonl.", "format");
        if (attempts is not ("true" or "false")) return new Refusal(RefusalTable.InvalidValue, "Must be true or false.", "attempts");
        export = new CostExport(format == "csv", attempts == "true");
        return null;
    }

    /// <summary>What the parameters of a request ask for, or why they do not hold.</summary>
    internal static Refusal? Read(HttpRequest request, ImmutableArray<string> known, DateTimeOffset now, out CostQuery query)
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
