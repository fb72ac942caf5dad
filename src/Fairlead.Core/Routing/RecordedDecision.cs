using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// A decision as it is recorded: what a plan offered and refused, with the numbers that were compared. Made from a plan, written as JSON,
/// and read back: the sentence is written from this alone, so that it can be derived again from the record. Immutable.
/// </summary>
public sealed record RecordedDecision
{
    /// <summary>What a record holds of targets that may not be tried: a row for each of thousands would be no explanation.</summary>
    private const int MostRejected = 128;

    /// <summary>The route; null for a pinned target.</summary>
    public string? Route { get; init; }

    /// <summary>How many tiers the route has.</summary>
    public int TierCount { get; init; }

    /// <summary>The alias that led here; null for none.</summary>
    public string? Alias { get; init; }

    /// <summary>The rule by which the routes decided for this one; null where it was named, or takes all.</summary>
    public string? When { get; init; }

    /// <summary><c>enforce</c>, <c>observe</c> or <c>advise</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Names of the constraints that the request is under and others are not.</summary>
    public ImmutableArray<string> Constraints { get; init; } = [];

    /// <summary>The budget for whose sake the cheapest candidate comes first; null where none asks for it.</summary>
    public string? CheapestFor { get; init; }

    /// <summary>Tiers with candidates.</summary>
    public required ImmutableArray<RecordedTier> Tiers { get; init; }

    /// <summary>Targets that may not be tried; the first <see cref="MostRejected"/> of them.</summary>
    public required ImmutableArray<RejectedCandidate> Rejected { get; init; }

    /// <summary>How many more there are.</summary>
    public int RejectedMore { get; init; }

    /// <summary>What the policy decided, where it is only watched.</summary>
    public RecordedDecision? Advice { get; init; }

    /// <summary>The decision of a plan.</summary>
    public static RecordedDecision Of(RoutePlan plan) => new()
    {
        Route = plan.Route?.Name,
        TierCount = plan.Route?.Tiers.Length ?? 1,
        Alias = plan.Alias,
        When = plan.IsAuto ? plan.Route?.When?.Text : null,
        Mode = NameOf(plan.Route?.Mode ?? RouteMode.Enforce),
        Constraints = plan.Constraints.IsEmpty ? [] : [.. plan.Constraints.Where(constraint => constraint.When is not null).Select(constraint => constraint.Name)],
        CheapestFor = plan.CheapestFor,
        Tiers = ImmutableArray.CreateRange(plan.Tiers, RecordedTier.Of),
        Rejected = plan.Rejected.Length <= MostRejected ? plan.Rejected : plan.Rejected[..MostRejected],
        RejectedMore = Math.Max(0, plan.Rejected.Length - MostRejected),
        Advice = plan.Advice is { } advice ? Of(advice) : null,
    };

    /// <summary>Reads what <see cref="WriteTo"/> wrote; null when it is nothing of the kind.</summary>
    public static RecordedDecision? Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null; // of an older version, or damaged
        }
    }

    /// <summary>A JSON object.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream(1024);
        using (var json = new Utf8JsonWriter(buffer)) WriteTo(json);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Writes the members of a JSON object, with its braces.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Route is { } route) json.WriteString("route", route);
        if (TierCount > 1) json.WriteNumber("tier_count", TierCount);
        if (Alias is { } alias) json.WriteString("alias", alias);
        if (When is { } when) json.WriteString("when", when);
        if (Mode != "enforce") json.WriteString("mode", Mode);
        if (!Constraints.IsEmpty)
        {
            json.WriteStartArray("constraints");
            foreach (var constraint in Constraints) json.WriteStringValue(constraint);
            json.WriteEndArray();
        }

        if (CheapestFor is { } budget) json.WriteString("cheapest_for", budget);
        json.WriteStartArray("tiers");
        foreach (var tier in Tiers) tier.WriteTo(json);
        json.WriteEndArray();
        json.WriteStartArray("candidates");
        foreach (var tier in Tiers)
        {
            foreach (var candidate in tier.Candidates) candidate.WriteTo(json, tier.Name);
        }

        json.WriteEndArray();
        json.WriteStartArray("rejected");
        foreach (var rejected in Rejected)
        {
            json.WriteStartObject();
            json.WriteString("tier", rejected.Tier);
            json.WriteString("target", rejected.Target);
            json.WriteString("reason", rejected.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (RejectedMore > 0) json.WriteNumber("rejected_more", RejectedMore);
        if (Advice is { } advice)
        {
            json.WritePropertyName("advice");
            advice.WriteTo(json);
        }

        json.WriteEndObject();
    }

    /// <summary>A mode's name.</summary>
    public static string NameOf(RouteMode mode) => mode switch
    {
        RouteMode.Observe => "observe",
        RouteMode.Advise => "advise",
        _ => "enforce",
    };

    private static RecordedDecision Read(JsonElement decision) => new()
    {
        Route = Text(decision, "route"),
        TierCount = decision.TryGetProperty("tier_count", out var count) ? count.GetInt32() : 1,
        Alias = Text(decision, "alias"),
        When = Text(decision, "when"),
        Mode = Text(decision, "mode") ?? "enforce",
        Constraints = decision.TryGetProperty("constraints", out var constraints) ? [.. constraints.EnumerateArray().Select(name => name.GetString()!)] : [],
        CheapestFor = Text(decision, "cheapest_for"),
        Tiers = RecordedTier.Read(decision),
        RejectedMore = decision.TryGetProperty("rejected_more", out var more) ? more.GetInt32() : 0,
        Rejected = [.. decision.GetProperty("rejected").EnumerateArray().Select(one => new RejectedCandidate(Text(one, "target")!, Text(one, "tier")!, Text(one, "reason")!))],
        Advice = decision.TryGetProperty("advice", out var advice) ? Read(advice) : null,
    };

    internal static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
