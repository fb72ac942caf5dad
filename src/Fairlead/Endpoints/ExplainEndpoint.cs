using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>POST /v1/explain</c>: <c>{endpoint, headers?, body}</c> → the decision, nothing sent. It calls the planner that serves
/// requests, with the caller's own key.
/// </summary>
internal sealed class ExplainEndpoint(Admissions admissions, Entrance entrance, Decider decider, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context, string requestId)
    {
        using var read = await AdmittedBody.ReadAsync(context, admissions, entrance, Operations.Explain, requestId);
        if (read is null) return;
        var admitted = read.Admitted;
        ReadOnlyMemory<byte> answer = default;
        if (ExplainEnvelope.Read(read.Body.Bytes, read.Snapshot, ref admitted, out var dialect, out var inner) is { } invalid)
        {
            await GatewayApplication.WriteAsync(context, requestId, invalid);
        }
        else if (decider.DecideDry(dialect!, inner, requestId, time.GetUtcNow(), admitted, read.Snapshot, decision => answer = Render(decision, read.Snapshot)) is { } defect)
        {
            await GatewayApplication.WriteAsync(context, requestId, defect with { Param = defect.Param is null ? "body" : "body." + defect.Param });
        }
        else
        {
            await JsonAnswer.WriteAsync(context, 200, answer);
        }
    }

    /// <summary>The decision of a dry run.</summary>
    public static Task WriteAsync(HttpContext context, Decision decision, GatewaySnapshot snapshot) => JsonAnswer.WriteAsync(context, 200, Render(decision, snapshot));

    /// <summary>The decision of a dry run, as it is answered: what it read is read while the body is there.</summary>
    internal static ReadOnlyMemory<byte> Render(Decision decision, GatewaySnapshot snapshot) => JsonAnswer.Render(json =>
    {
        var plan = decision.Plan;
        var first = new AttemptSequence(plan, 0, OpenGate.Instance).First();
        if (first is { IsLastResort: true } resort) plan = plan.Resorting(resort.Tier);
        json.WriteStartObject();
        json.WriteString("request_id", decision.Facts.RequestId);
        json.WriteBoolean("dry_run", true);
        json.WriteString("revision", snapshot.Revision);
        json.WriteString("sentence", first is { } choice ? DecisionSentence.ForPlan(plan, choice) : DecisionSentence.ForFailure(plan, []));
        if (first is { } chosen)
        {
            json.WriteString("target", chosen.Target.Name);
            json.WriteString("tier", chosen.Tier.Name);
        }

        json.WritePropertyName("decision");
        DecisionJson.Write(json, decision with { Plan = plan }, snapshot);
        json.WriteEndObject();
    });
}
