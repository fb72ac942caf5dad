using System.Collections.Immutable;
using System.Text.Json;

namespace Fairlead.Core.Routing;

/// <summary>A tier of a decision, as it is recorded.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Number">Its place in the route, from 1.</param>
/// <param name="Prefer">Its strategy.</param>
/// <param name="Candidates">In the order they are tried.</param>
public sealed record RecordedTier(string Name, int Number, string Prefer, ImmutableArray<RecordedCandidate> Candidates)
{
    /// <summary>What it means to the business that it answers; null where nothing is said.</summary>
    public string? Impact { get; init; }

    internal static RecordedTier Of(PlannedTier tier) =>
        new(tier.Name, tier.Number, tier.Prefer.Name, ImmutableArray.CreateRange(tier.Candidates, RecordedCandidate.Of)) { Impact = tier.Impact };

    /// <summary>Each candidate as an object of its own: a reader need not join tiers and targets.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        foreach (var candidate in Candidates)
        {
            json.WriteStartObject();
            json.WriteString("tier", Name);
            if (Number != 1) json.WriteNumber("tier_number", Number);
            if (Impact is { } impact) json.WriteString("impact", impact);
            json.WriteString("target", candidate.Target);
            json.WriteString("provider", candidate.Provider);
            json.WriteString("model", candidate.Model);
            if (candidate.Region is { } region) json.WriteString("region", region);
            if (!candidate.Facts.IsEmpty)
            {
                json.WriteStartArray("facts");
                foreach (var fact in candidate.Facts) json.WriteStringValue(fact);
                json.WriteEndArray();
            }

            if (candidate.Input is { } input) json.WriteNumber("input_nanodollars_per_million", input);
            if (candidate.Output is { } output) json.WriteNumber("output_nanodollars_per_million", output);
            if (candidate.PriceVersion is { } version) json.WriteString("price_version", version);
            json.WriteString("prefer", Prefer);
            if (!double.IsNaN(candidate.Figure)) json.WriteNumber("figure", candidate.Figure);
            if (candidate.IsUnproven) json.WriteBoolean("unproven", true);
            if (candidate.IsExplored) json.WriteBoolean("explored", true);
            json.WriteEndObject();
        }
    }

    internal static ImmutableArray<RecordedTier> Read(JsonElement candidates)
    {
        var tiers = ImmutableArray.CreateBuilder<RecordedTier>();
        foreach (var element in candidates.EnumerateArray())
        {
            var name = RecordedDecision.Text(element, "tier")!;
            var number = element.TryGetProperty("tier_number", out var written) ? written.GetInt32() : 1;
            var candidate = RecordedCandidate.Read(element);
            if (tiers.Count > 0 && tiers[^1].Name == name && tiers[^1].Number == number) tiers[^1] = tiers[^1] with { Candidates = tiers[^1].Candidates.Add(candidate) };
            else tiers.Add(new RecordedTier(name, number, RecordedDecision.Text(element, "prefer") ?? "order", [candidate]) { Impact = RecordedDecision.Text(element, "impact") });
        }

        return tiers.DrainToImmutable();
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
        };
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
    };

    private static long? Number(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetInt64() : null;
}
