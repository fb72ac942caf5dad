using System.Buffers;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Endpoints;

/// <summary><c>POST /v1/outcomes</c>: the business result of a request of the caller's own tenant. Answered once it is kept.</summary>
internal sealed class OutcomesEndpoint(Admissions admissions, IOutcomeStore outcomes, TimeProvider time, ILogger<OutcomesEndpoint> logger)
{
    private static readonly Refusal NotFound = new(RefusalTable.RequestNotFound, "This tenant has no request of this id.", "request_id");
    private static readonly Refusal TooLarge = new(RefusalTable.RequestTooLarge, $"The body is larger than {OutcomeBody.MostBytes / 1024} KiB.");
    private static readonly Refusal Unwritable = new(RefusalTable.DependencyDown, "The outcome cannot be kept at the moment; send it again.");

    public async Task HandleAsync(HttpContext context, string requestId)
    {
        if ((admissions.Current.Identify(context, Operations.Outcomes, out var caller) ?? ContentTypes.Check(context.Request)) is { } refusal)
        {
            await GatewayApplication.WriteAsync(context, requestId, refusal);
            return;
        }

        OutcomeReport? report = null;
        var body = await ReadAsync(context);
        if (admissions.Current.Identify(context, Operations.Outcomes, out caller) is { } refusedNow) // the body may have been long on its way
        {
            await GatewayApplication.WriteAsync(context, requestId, refusedNow);
            return;
        }

        if ((body is null ? TooLarge : OutcomeBody.Read(body, caller, time.GetUtcNow(), out report)) is { } invalid)
        {
            await GatewayApplication.WriteAsync(context, requestId, invalid);
            return;
        }

        StoredOutcome? kept;
        try
        {
            kept = RequestId.IsWellFormed(report!.RequestId) ? await outcomes.ReportAsync(report, context.RequestAborted) : null;
        }
        catch (LedgerException exception)
        {
            logger.OutcomeNotWritten(requestId, exception.Message);
            await GatewayApplication.WriteAsync(context, requestId, Unwritable);
            return;
        }

        if (kept is null)
        {
            await GatewayApplication.WriteAsync(context, requestId, NotFound);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("request_id", report.RequestId);
            OutcomeJson.Write(json, kept);
            json.WriteEndObject();
        });
    }

    /// <summary>The body; null when it is too large.</summary>
    private static async Task<byte[]?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > OutcomeBody.MostBytes) return null;
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > OutcomeBody.MostBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
