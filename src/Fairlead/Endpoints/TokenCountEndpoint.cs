using System.Globalization;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Core.Tokens;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Translation;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>POST /v1/messages/count_tokens</c>: how large the prompt is for the target that would answer. A vendor of the dialect counts by
/// itself; for all others we count, and say so.
/// </summary>
internal sealed class TokenCountEndpoint(Admissions admissions, Entrance entrance, VendorTokenCount vendors, Decider decider, ISendGate gate, TimeProvider time)
{
    private const string BasisHeader = "x-fairlead-token-count";

    /// <summary>A larger prompt is estimated and not put through a tokenizer: that takes a second for every few megabytes.</summary>
    private const int MostTokenizedBytes = 256 * 1024;

    public async Task HandleAsync(HttpContext context, string requestId)
    {
        using var read = await AdmittedBody.ReadAsync(context, admissions, entrance, Operations.CountTokens, requestId);
        if (read is null) return;
        await Task.Yield(); // counting is no work for a thread that serves sockets
        var dialect = MessagesDialect.Instance;
        Decision? decision = null;
        ReadOnlyMemory<byte> explained = default;
        var refusal = decider.DecideDry(dialect, read.Body.Bytes, requestId, time.GetUtcNow(), read.Admitted, read.Snapshot, decided =>
        {
            decision = decided;
            if (decided.Claims.IsDryRun) explained = ExplainEndpoint.Render(decided, read.Snapshot);
        });
        if (refusal is not null) await GatewayApplication.WriteAsync(context, requestId, refusal);
        else if (decision!.Claims.IsDryRun) await JsonAnswer.WriteAsync(context, 200, explained);
        else await CountAsync(context, requestId, read, decision.Plan, decision.Facts.Model, read.Snapshot);
    }

    /// <summary>The first target that can be counted for: by its vendor, or here. A vendor that fails is no reason to have no number.</summary>
    private async Task CountAsync(HttpContext context, string requestId, AdmittedBody read, RoutePlan plan, string model, GatewaySnapshot snapshot)
    {
        var body = read.Body;
        var deadline = read.Admitted.Claims.Timeout is { } asked && asked < plan.Timeouts.Deadline ? asked : plan.Timeouts.Deadline;
        var deadlineAt = time.GetTimestamp() + (long)(deadline.TotalSeconds * time.TimestampFrequency);
        var dialect = MessagesDialect.Instance;
        var first = plan.Tiers.IsEmpty ? null : plan.Tiers[0].Candidates[0].Target;
        var sequence = new AttemptSequence(plan, retries: 0, new CalmGate(gate));
        for (var choice = sequence.First(); choice is { Target: var target } next;)
        {
            if (next.Refusal is { } refusal)
            {
                choice = sequence.InsteadOfLast(refusal.Failure);
                continue;
            }

            if (target.Provider.Dialect != dialect.Name)
            {
                await CountHereAsync(context, requestId, read, target, target.Model);
                return;
            }

            dialect.TryPeek(body.Bytes, out var peek, out _);
            using var answer = new PooledBytes();
            var failure = await vendors.AskAsync(target, ClientCall.Of(context, dialect), next.KeyIndex, body, peek!, plan.Timeouts, deadlineAt, answer, context.RequestAborted);
            if (failure is null)
            {
                WriteHeaders(context, read.Admitted.Caller, target, "vendor");
                ClientAnswer.Commit(context, 200, "application/json", answer.Length);
                await context.Response.BodyWriter.WriteAsync(answer.Memory, context.RequestAborted);
                return;
            }

            if (FailureTable.Of(failure.Class) is not { Action: FailureAction.Surface } row)
            {
                choice = sequence.After(failure.Class);
                continue;
            }

            await ClientAnswer.WriteErrorAsync(context, dialect, ChatPipeline.Error(requestId, row, failure, snapshot.Providers.Values), null, isExhausted: false);
            return;
        }

        await CountHereAsync(context, requestId, read, first, first?.Model ?? model);
    }

    private static async Task CountHereAsync(HttpContext context, string requestId, AdmittedBody read, Target? target, string model)
    {
        var body = read.Body;
        var losses = new TranslationLosses();
        if (MessagesDialect.Instance.Codec.ReadRequest(body.Bytes, losses) is not { } conversation)
        {
            var refusal = losses.Refusal!;
            await GatewayApplication.WriteAsync(context, requestId, new Refusal(RowOf(refusal.Code), refusal.Message ?? refusal.Reason, refusal.Member));
            return;
        }

        var provider = target?.Provider.CatalogName;
        var count = body.Bytes.Length > MostTokenizedBytes ? PromptTokens.Estimate(conversation, provider, model) : PromptTokens.Count(conversation, provider, model);
        WriteHeaders(context, read.Admitted.Caller, target, count.IsEstimate ? "estimate" : "tokenizer");
        var answer = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"input_tokens\":{count.Tokens}}}"));
        ClientAnswer.Commit(context, 200, "application/json", answer.Length);
        await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
    }

    /// <summary>A number is had without the vendor too: the one try of a route that is out is left to who wants an answer.</summary>
    private sealed class CalmGate(ISendGate gate) : ISendGate
    {
        public int ChooseKey(Target target, ulong tried, out SendRefusal? refusal) => gate.ChooseKey(target, tried, out refusal);

        public bool TryRetry(Target target) => gate.TryRetry(target);

        public bool TryPanic(string route) => false;
    }

    private static RefusalRow RowOf(string code) => RefusalTable.Rows.First(row => row.Code == code);

    private static void WriteHeaders(HttpContext context, Caller caller, Target? target, string basis)
    {
        if (caller.Permissions.IsMinimal) return;
        if (target is not null) context.Response.Headers["x-fairlead-target"] = HeaderText.Encode(target.Name);
        context.Response.Headers[BasisHeader] = basis;
    }
}
