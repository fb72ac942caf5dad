using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>A tier of a decision, as it is recorded.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Number">Its place in the route, from 1.</param>
/// <param name="Prefer">Its strategy.</param>
/// <param name="Candidates">In the order they are tried; the first <see cref="MostCandidates"/> of them.</param>
public sealed record RecordedTier(string Name, int Number, string Prefer, ImmutableArray<RecordedCandidate> Candidates)
{
    /// <summary>More than any request may try: what stands behind them is counted.</summary>
    private const int MostCandidates = 16;

    /// <summary>How many candidates there are.</summary>
    public required int Count { get; init; }

    /// <summary>The sum of the weights, where it is drawn by weight; else 0.</summary>
    public double WeightSum { get; init; }

    /// <summary>What it means to the business that it answers; null where nothing is said.</summary>
    public string? Impact { get; init; }

    internal static RecordedTier Of(PlannedTier tier)
    {
        var recorded = tier.Candidates.Length <= MostCandidates ? tier.Candidates : tier.Candidates[..MostCandidates];
        return new RecordedTier(tier.Name, tier.Number, tier.Prefer.Name, ImmutableArray.CreateRange(recorded, RecordedCandidate.Of))
        {
            Count = tier.Candidates.Length,
            WeightSum = tier.Prefer is Preference.Weighted ? tier.Candidates.Sum(candidate => double.IsNaN(candidate.Figure) ? 0 : candidate.Figure) : 0,
            Impact = tier.Impact,
        };
    }

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("tier", Name);
        json.WriteNumber("number", Number);
        json.WriteString("prefer", Prefer);
        json.WriteNumber("candidates", Count);
        if (WeightSum != 0) json.WriteNumber("weights", WeightSum);
        if (Impact is { } impact) json.WriteString("impact", impact);
        json.WriteEndObject();
    }

    /// <summary>The tiers of a decision, each with its candidates.</summary>
    internal static ImmutableArray<RecordedTier> Read(JsonElement decision)
    {
        var candidates = decision.GetProperty("candidates").EnumerateArray().ToLookup(element => RecordedDecision.Text(element, "tier")!, RecordedCandidate.Read, StringComparer.Ordinal);
        return
        [
            .. decision.GetProperty("tiers").EnumerateArray().Select(tier => new RecordedTier(
                RecordedDecision.Text(tier, "tier")!, tier.GetProperty("number").GetInt32(), RecordedDecision.Text(tier, "prefer")!, [.. candidates[RecordedDecision.Text(tier, "tier")!]])
            {
                Count = tier.GetProperty("candidates").GetInt32(),
                WeightSum = tier.TryGetProperty("weights", out var weights) ? weights.GetDouble() : 0,
                Impact = RecordedDecision.Text(tier, "impact"),
            }),
        ];
    }
}

/// <summary>A candidate of a decision, as it is recorded.</summary>
/// <param name="Target">Its name.</param>
/// <param name="Provider">Its provider.</param>
/// <param name="Model">What the vendor is asked for.</param>
/// <param name="Figure">What was compared, see <see cref="Candidate.Figure"/>.</param>
public sealed record RecordedCandidate(string Target, string Provider, string Model, double Figure)
{
    /// <summary>The provider's region; null when not stated.</summary>
    public string? Region { get; init; }

    /// <summary>The provider's contract facts.</summary>
    public ImmutableArray<string> Facts { get; init; } = [];

    /// <summary>Its price of input, in nano-dollars per million tokens; null when unpriced.</summary>
    public long? Input { get; init; }

    /// <summary>Its price of output.</summary>
    public long? Output { get; init; }

    /// <summary>The version of the price.</summary>
    public string? PriceVersion { get; init; }

    /// <summary>See <see cref="Candidate.IsUnproven"/>.</summary>
    public bool IsUnproven { get; init; }

    /// <summary>See <see cref="Candidate.IsExplored"/>.</summary>
    public bool IsExplored { get; init; }

    /// <summary>See <see cref="Candidate.Load"/>.</summary>
    public double Load { get; init; } = double.NaN;

    /// <summary>See <see cref="Candidate.LastResort"/>.</summary>
    public string? LastResort { get; init; }

    /// <summary>What was measured of it, where a rule or an order of the route reads that; null else.</summary>
    public TargetHealth? Measured { get; init; }

    internal static RecordedCandidate Of(Candidate candidate)
    {
        var target = candidate.Target;
        return new RecordedCandidate(target.Name, target.Provider.Name, target.WireModel, candidate.Figure)
        {
            Region = target.Provider.Region,
            Facts = target.Provider.Facts,
            Input = target.Price?.Input,
            Output = target.Price?.Output,
            PriceVersion = target.Price?.Version,
            IsUnproven = candidate.IsUnproven,
            IsExplored = candidate.IsExplored,
            Load = candidate.Load,
            LastResort = candidate.LastResort,
            Measured = candidate.Measured,
        };
    }

    /// <summary>An object of its own, that names its tier.</summary>
    internal void WriteTo(Utf8JsonWriter json, string tier)
    {
        json.WriteStartObject();
        json.WriteString("tier", tier);
        json.WriteString("target", Target);
        json.WriteString("provider", Provider);
        json.WriteString("model", Model);
        if (Region is { } region) json.WriteString("region", region);
        if (!Facts.IsEmpty)
        {
            json.WriteStartArray("facts");
            foreach (var fact in Facts) json.WriteStringValue(fact);
            json.WriteEndArray();
        }

        if (Input is { } input) json.WriteNumber("input_nanodollars_per_million", input);
        if (Output is { } output) json.WriteNumber("output_nanodollars_per_million", output);
        if (PriceVersion is { } version) json.WriteString("price_version", version);
        if (!double.IsNaN(Figure)) json.WriteNumber("figure", Figure);
        if (IsUnproven) json.WriteBoolean("unproven", true);
        if (IsExplored) json.WriteBoolean("explored", true);
        if (!double.IsNaN(Load)) json.WriteNumber("load", Math.Round(Load, 4));
        if (LastResort is { } why) json.WriteString("last_resort", why);
        if (Measured is { } measured) WriteTo(json, measured);
        json.WriteEndObject();
    }

    private static void WriteTo(Utf8JsonWriter json, TargetHealth measured)
    {
        json.WriteStartObject("measured");
        json.WriteNumber("samples", measured.Samples);
        Write("p50_ms", measured.P50Ms);
        Write("p95_ms", measured.P95Ms);
        Write("p98_ms", measured.P98Ms);
        Write("p99_ms", measured.P99Ms);
        Write("success_rate", measured.SuccessRate);
        Write("retry_rate", measured.RetryRate);
        Write("schema_validity", measured.SchemaValidity);
        Write("tool_success", measured.ToolSuccess);
        Write("quota_left", measured.QuotaLeft);
        Write("cost_per_request_usd", measured.CostPerRequest, 9);
        Write("refusal_rate", measured.RefusalRate);
        json.WriteEndObject();

        void Write(string name, double? figure, int digits = 4)
        {
            if (figure is { } value) json.WriteNumber(name, Math.Round(value, digits));
        }
    }

    internal static RecordedCandidate Read(JsonElement element) => new(
        RecordedDecision.Text(element, "target")!,
        RecordedDecision.Text(element, "provider")!,
        RecordedDecision.Text(element, "model")!,
        element.TryGetProperty("figure", out var figure) ? figure.GetDouble() : double.NaN)
    {
        Region = RecordedDecision.Text(element, "region"),
        Facts = element.TryGetProperty("facts", out var facts) ? [.. facts.EnumerateArray().Select(fact => fact.GetString()!)] : [],
        Input = Number(element, "input_nanodollars_per_million"),
        Output = Number(element, "output_nanodollars_per_million"),
        PriceVersion = RecordedDecision.Text(element, "price_version"),
        IsUnproven = element.TryGetProperty("unproven", out _),
        IsExplored = element.TryGetProperty("explored", out _),
        Load = element.TryGetProperty("load", out var load) ? load.GetDouble() : double.NaN,
        LastResort = RecordedDecision.Text(element, "last_resort"),
    };

    private static long? Number(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetInt64() : null;
}
