using System.Globalization;
using System.Text.Json;
using Fairlead.Commands;
using Spectre.Console;

namespace Fairlead.Explaining;

/// <summary>Prints what <c>/v1/requests/{id}</c> or <c>/v1/explain</c> answered: the sentence, then what it follows from.</summary>
internal static class Story
{
    private static readonly string[] Told = ["id", "request_id", "state", "tenant", "key", "feature", "environment", "journey", "route", "revision", "status", "failure", "cost_usd", "duration_ms"];

    public static void Write(CommandConsole console, JsonElement record)
    {
        if (Text(record, "sentence") is { Length: > 0 } sentence) console.Line(sentence, new Style(decoration: Decoration.Bold));
        console.Line();
        var decision = record.TryGetProperty("decision", out var written) ? written : default;
        Rows(console, "request", [.. Members(record, Told), .. decision.ValueKind == JsonValueKind.Object && decision.TryGetProperty("facts", out var facts) ? Members(facts, null) : []]);
        if (record.TryGetProperty("attempts", out var attempts)) Attempts(console, attempts);
        if (decision.ValueKind != JsonValueKind.Object) return;
        Candidates(console, decision);
        Rejected(console, decision);
        if (decision.TryGetProperty("inputs", out var inputs)) Rows(console, "what rules read", Members(inputs, null));
        if (!decision.TryGetProperty("advice", out var advice)) return;
        console.Line("What the policy, which is only watched, decided:");
        console.Line();
        Candidates(console, advice);
        Rejected(console, advice);
    }

    private static void Attempts(CommandConsole console, JsonElement attempts)
    {
        if (attempts.GetArrayLength() == 0) return;
        var table = CommandConsole.Table("attempt", "tier", "target", "provider", "outcome", "ms", "first token", "tokens in", "out", "USD");
        foreach (var attempt in attempts.EnumerateArray())
        {
            var usage = attempt.TryGetProperty("usage", out var counted) ? counted : default;
            var detail = Text(attempt, "detail") ?? Text(attempt, "clock");
            Add(
                table, Shown(attempt, "number"), Shown(attempt, "tier"), Shown(attempt, "target"), Shown(attempt, "provider"), Shown(attempt, "outcome") + (detail is null ? "" : $" ({detail})"),
                Shown(attempt, "duration_ms"), Shown(attempt, "first_token_ms"), Shown(usage, "input_tokens"), Shown(usage, "output_tokens"), attempt.TryGetProperty("cost_usd", out var cost) && cost.ValueKind == JsonValueKind.Null ? "unknown" : Shown(attempt, "cost_usd"));
        }

        console.Write(table);
    }

    private static void Candidates(CommandConsole console, JsonElement decision)
    {
        if (!decision.TryGetProperty("candidates", out var candidates) || candidates.GetArrayLength() == 0) return;
        var orders = decision.GetProperty("tiers").EnumerateArray().ToLookup(tier => Text(tier, "tier"), tier => Text(tier, "prefer"));
        var table = CommandConsole.Table("candidate", "tier", "provider", "model", "region", "facts", "in $/M", "out $/M", "compared", "");
        foreach (var candidate in candidates.EnumerateArray())
        {
            var note = candidate.TryGetProperty("last_resort", out _) ? "last resort" : candidate.TryGetProperty("explored", out _) ? "first to be measured" : candidate.TryGetProperty("unproven", out _) ? "unproven" : "";
            Add(
                table, Shown(candidate, "target"), Shown(candidate, "tier"), Shown(candidate, "provider"), Shown(candidate, "model"), Shown(candidate, "region"), Shown(candidate, "facts"),
                Price(candidate, "input_nanodollars_per_million"), Price(candidate, "output_nanodollars_per_million"), Compared(candidate, orders[Text(candidate, "tier")].FirstOrDefault()), note);
        }

        console.Write(table);
    }

    private static void Rejected(CommandConsole console, JsonElement decision)
    {
        if (!decision.TryGetProperty("rejected", out var rejected) || rejected.GetArrayLength() == 0) return;
        var table = CommandConsole.Table("rejected", "tier", "because");
        foreach (var one in rejected.EnumerateArray()) Add(table, Shown(one, "target"), Shown(one, "tier"), Shown(one, "reason"));
        console.Write(table);
    }

    private static void Rows(CommandConsole console, string heading, IReadOnlyList<(string Name, string Value)> rows)
    {
        if (rows.Count == 0) return;
        var table = CommandConsole.Table(heading, "");
        foreach (var (name, value) in rows) Add(table, name, value);
        console.Write(table);
    }

    private static IReadOnlyList<(string Name, string Value)> Members(JsonElement element, string[]? names) =>
        [.. element.EnumerateObject().Where(member => names is null || names.Contains(member.Name)).Select(member => (member.Name, Shown(element, member.Name)))];

    /// <summary>The number that the tier's strategy compared, with its unit.</summary>
    private static string Compared(JsonElement candidate, string? order)
    {
        if (!candidate.TryGetProperty("figure", out var figure)) return "";
        var number = figure.GetDouble();
        return order switch
        {
            "cost" => "$" + (number / 1e9).ToString("0.000000###", CultureInfo.InvariantCulture),
            "latency" => number.ToString("0", CultureInfo.InvariantCulture) + " ms",
            "weighted" => "weight " + number.ToString("0.###", CultureInfo.InvariantCulture),
            "order" => "place " + number.ToString("0", CultureInfo.InvariantCulture),
            _ => $"{order} {number.ToString("0.###", CultureInfo.InvariantCulture)}",
        };
    }

    private static string Price(JsonElement candidate, string name) =>
        candidate.TryGetProperty(name, out var price) ? (price.GetInt64() / 1e9m).ToString("0.######", CultureInfo.InvariantCulture) : "unpriced";

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Shown(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value)) return "";
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : item.GetRawText())),
            _ => value.GetRawText(),
        };
    }

    private static void Add(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));
}
