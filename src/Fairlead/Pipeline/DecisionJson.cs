using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Pipeline;

/// <summary>The inputs of a decision as JSON, for the record, <c>/v1/explain</c> and <c>/v1/requests</c>.</summary>
internal static class DecisionJson
{
    [ThreadStatic]
    private static Scratch? _scratch;

    public static string Write(RequestFacts facts, RoutePlan plan)
    {
        var scratch = _scratch ??= new Scratch();
        scratch.Buffer.ResetWrittenCount();
        scratch.Writer.Reset(scratch.Buffer);
        Write(scratch.Writer, facts, plan);
        scratch.Writer.Flush();
        return Encoding.UTF8.GetString(scratch.Buffer.WrittenSpan);
    }

    public static void Write(Utf8JsonWriter json, RequestFacts facts, RoutePlan plan)
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

    private sealed class Scratch
    {
        public ArrayBufferWriter<byte> Buffer { get; } = new(1024);

        public Utf8JsonWriter Writer { get; } = new(Stream.Null);
    }
}
