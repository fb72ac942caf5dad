using System.Runtime.CompilerServices;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Pipeline;

/// <summary>The inputs of a decision as JSON, for the record, <c>/v1/explain</c> and <c>/v1/requests</c>.</summary>
internal static class DecisionJson
{
    private static readonly ConditionalWeakTable<RoutePlan, string> OfPlans = new();

    /// <summary>What a plan offered and refused: a JSON object, the same instance for the same plan of a route.</summary>
    public static string Of(RoutePlan plan) =>
        plan.Route is null || plan.IsOwn ? Render(plan) : OfPlans.TryGetValue(plan, out var text) ? text : OfPlans.GetValue(plan, Render);

    private static string Render(RoutePlan plan) => plan.Recorded.ToJson();

    /// <summary>A decision that is made.</summary>
    public static void Write(Utf8JsonWriter json, Decision decision, GatewaySnapshot snapshot)
    {
        var facts = decision.Facts;
        Write(
            json,
            new Facts(
                facts.Model, facts.IsStream, facts.MaxOutputTokens, facts.Choices, facts.HasTools, facts.HasSchema, facts.PromptTokensBound,
                WorkloadOf(facts), SensitivityOf(facts), RecordedInputs.Of(decision.Inputs, snapshot)),
            Of(decision.Plan));
    }

    /// <summary>The workload as it is recorded; null when unknown.</summary>
    public static string? WorkloadOf(RequestFacts facts) => facts.Workload.Name.Length == 0 ? null : facts.Workload.Name;

    /// <summary>The labels as they are recorded; null without any.</summary>
    public static string? SensitivityOf(RequestFacts facts) => facts.Sensitivity.IsEmpty ? null : string.Join(',', facts.Sensitivity);

    /// <summary>A decision as it is recorded.</summary>
    public static void Write(Utf8JsonWriter json, RequestIntent intent) => Write(
        json, new Facts(intent.RequestedModel, intent.IsStream, intent.MaxOutputTokens, intent.Choices, intent.HasTools, intent.HasSchema, intent.PromptTokensBound, intent.Workload, intent.Sensitivity, intent.Inputs), intent.DecisionJson);

    private static void Write(Utf8JsonWriter json, Facts facts, string plan)
    {
        json.WriteStartObject();
        json.WriteStartObject("facts");
        json.WriteString("model", facts.Model);
        json.WriteBoolean("stream", facts.IsStream);
        if (facts.MaxOutputTokens is { } most) json.WriteNumber("max_tokens", most);
        if (facts.Choices != 1) json.WriteNumber("n", facts.Choices);
        json.WriteBoolean("has_tools", facts.HasTools);
        json.WriteBoolean("has_schema", facts.HasSchema);
        json.WriteNumber("prompt_tokens_bound", facts.PromptTokensBound);
        if (facts.Workload is { } workload) json.WriteString("workload", workload);
        if (facts.Sensitivity is { } labels)
        {
            json.WriteStartArray("sensitivity");
            foreach (var label in labels.Split(',')) json.WriteStringValue(label);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        if (facts.Inputs is { } inputs)
        {
            json.WritePropertyName("inputs");
            json.WriteRawValue(inputs);
        }

        using var members = JsonDocument.Parse(plan);
        foreach (var member in members.RootElement.EnumerateObject()) member.WriteTo(json);
        json.WriteEndObject();
    }

    private readonly record struct Facts(
        string Model, bool IsStream, long? MaxOutputTokens, int Choices, bool HasTools, bool HasSchema, long PromptTokensBound, string? Workload, string? Sensitivity, string? Inputs);
}
