using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Route = Fairlead.Core.Configuration.Route;

namespace Fairlead.Pipeline;

/// <summary>The inputs of a decision as JSON, for the record, <c>/v1/explain</c> and <c>/v1/requests</c>.</summary>
internal static class DecisionJson
{
    private static readonly ConditionalWeakTable<Route, byte[]> OfRoutes = new();

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
        json.WriteStartObject(Names.Facts);
        json.WriteString(Names.Model, facts.Model);
        json.WriteBoolean(Names.Stream, facts.IsStream);
        if (facts.MaxOutputTokens is { } most) json.WriteNumber(Names.MaxTokens, most);
        if (facts.Choices != 1) json.WriteNumber(Names.N, facts.Choices);
        json.WriteBoolean(Names.HasTools, facts.HasTools);
        json.WriteBoolean(Names.HasSchema, facts.HasSchema);
        json.WriteNumber(Names.PromptTokensBound, facts.PromptTokensBound);
        json.WriteEndObject();
        if (plan.Route is { } route) json.WriteString(Names.Route, route.Name);
        if (plan.Alias is { } alias) json.WriteString(Names.Alias, alias);
        json.WritePropertyName(Names.Candidates);
        // Nearly always a plan is its whole route, and a route's candidates are the same text each time.
        if (IsWhole(plan)) json.WriteRawValue(OfRoutes.GetValue(plan.Route!, _ => Render(plan)), skipInputValidation: true);
        else WriteCandidates(json, plan);
        json.WriteStartArray(Names.Rejected);
        foreach (var rejected in plan.Rejected)
        {
            json.WriteStartObject();
            json.WriteString(Names.Tier, rejected.Tier);
            json.WriteString(Names.Target, rejected.Target);
            json.WriteString(Names.Reason, rejected.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Whether the candidates are the route's own targets: all of them, in its order.</summary>
    private static bool IsWhole(RoutePlan plan)
    {
        if (plan.Route is not { } route || plan.Tiers.Length != route.Tiers.Length) return false;
        for (var i = 0; i < plan.Tiers.Length; i++)
        {
            if (plan.Tiers[i].Candidates != route.Tiers[i].Targets) return false; // the same array, not an equal one
        }

        return true;
    }

    private static byte[] Render(RoutePlan plan)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer)) WriteCandidates(json, plan);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteCandidates(Utf8JsonWriter json, RoutePlan plan)
    {
        json.WriteStartArray();
        foreach (var tier in plan.Tiers)
        {
            foreach (var target in tier.Candidates)
            {
                json.WriteStartObject();
                json.WriteString(Names.Tier, tier.Name);
                json.WriteString(Names.Target, target.Name);
                json.WriteString(Names.Provider, target.Provider.Name);
                json.WriteString(Names.Model, target.WireModel);
                if (target.Price is { } price)
                {
                    json.WriteNumber(Names.InputNanodollarsPerMillion, price.Input);
                    json.WriteNumber(Names.OutputNanodollarsPerMillion, price.Output);
                    json.WriteString(Names.PriceVersion, price.Version);
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Encoded once, not for each of a request's twenty members.</summary>
    private static class Names
    {
        public static readonly JsonEncodedText Facts = JsonEncodedText.Encode("facts");
        public static readonly JsonEncodedText Model = JsonEncodedText.Encode("model");
        public static readonly JsonEncodedText Stream = JsonEncodedText.Encode("stream");
        public static readonly JsonEncodedText MaxTokens = JsonEncodedText.Encode("max_tokens");
        public static readonly JsonEncodedText N = JsonEncodedText.Encode("n");
        public static readonly JsonEncodedText HasTools = JsonEncodedText.Encode("has_tools");
        public static readonly JsonEncodedText HasSchema = JsonEncodedText.Encode("has_schema");
        public static readonly JsonEncodedText PromptTokensBound = JsonEncodedText.Encode("prompt_tokens_bound");
        public static readonly JsonEncodedText Route = JsonEncodedText.Encode("route");
        public static readonly JsonEncodedText Alias = JsonEncodedText.Encode("alias");
        public static readonly JsonEncodedText Candidates = JsonEncodedText.Encode("candidates");
        public static readonly JsonEncodedText Tier = JsonEncodedText.Encode("tier");
        public static readonly JsonEncodedText Target = JsonEncodedText.Encode("target");
        public static readonly JsonEncodedText Provider = JsonEncodedText.Encode("provider");
        public static readonly JsonEncodedText InputNanodollarsPerMillion = JsonEncodedText.Encode("input_nanodollars_per_million");
        public static readonly JsonEncodedText OutputNanodollarsPerMillion = JsonEncodedText.Encode("output_nanodollars_per_million");
        public static readonly JsonEncodedText PriceVersion = JsonEncodedText.Encode("price_version");
        public static readonly JsonEncodedText Rejected = JsonEncodedText.Encode("rejected");
        public static readonly JsonEncodedText Reason = JsonEncodedText.Encode("reason");
    }

    private sealed class Scratch
    {
        public ArrayBufferWriter<byte> Buffer { get; } = new(1024);

        public Utf8JsonWriter Writer { get; } = new(Stream.Null);
    }
}
