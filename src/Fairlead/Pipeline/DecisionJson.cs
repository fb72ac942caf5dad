using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
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

    /// <summary>A decision that is made.</summary>
    public static void Write(Utf8JsonWriter json, RequestFacts facts, RoutePlan plan) => Write(
        json, new Facts(facts.Model, facts.IsStream, facts.MaxOutputTokens, facts.Choices, facts.HasTools, facts.HasSchema, facts.PromptTokensBound), Of(plan));

    /// <summary>A decision as it is recorded.</summary>
    public static void Write(Utf8JsonWriter json, RequestIntent intent) => Write(
        json, new Facts(intent.RequestedModel, intent.IsStream, intent.MaxOutputTokens, intent.Choices, intent.HasTools, intent.HasSchema, intent.PromptTokensBound), intent.DecisionJson);

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
        json.WriteEndObject();
        using var members = JsonDocument.Parse(plan);
        foreach (var member in members.RootElement.EnumerateObject()) member.WriteTo(json);
        json.WriteEndObject();
    }

    private static string Render(RoutePlan plan)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (plan.Route is { } route) json.WriteString("route", route.Name);
            if (plan.Alias is { } alias) json.WriteString("alias", alias);
            json.WriteStartArray("candidates");
            foreach (var tier in plan.Tiers)
            {
                foreach (var target in tier.Candidates)
                {
                    json.WriteStartObject();
                    json.WriteString("tier", tier.Name);
                    json.WriteString("target", target.Name);
                    json.WriteString("provider", target.Provider.Name);
                    json.WriteString("model", target.WireModel);
                    if (target.Provider.Region is { } region) json.WriteString("region", region);
                    if (!target.Provider.Facts.IsEmpty)
                    {
                        json.WriteStartArray("facts");
                        foreach (var fact in target.Provider.Facts) json.WriteStringValue(fact);
                        json.WriteEndArray();
                    }

                    if (target.Price is { } price)
                    {
                        json.WriteNumber("input_nanodollars_per_million", price.Input);
                        json.WriteNumber("output_nanodollars_per_million", price.Output);
                        json.WriteString("price_version", price.Version);
                    }

                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
            json.WriteStartArray("rejected");
            foreach (var rejected in plan.Rejected)
            {
                json.WriteStartObject();
                json.WriteString("tier", rejected.Tier);
                json.WriteString("target", rejected.Target);
                json.WriteString("reason", rejected.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private readonly record struct Facts(string Model, bool IsStream, long? MaxOutputTokens, int Choices, bool HasTools, bool HasSchema, long PromptTokensBound);
}
