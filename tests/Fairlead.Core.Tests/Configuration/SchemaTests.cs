using System.Text.Json;
using Fairlead.Core.Alerting;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>
/// The schema for editors names exactly the keys that are taken. What is taken is asked of the compiler itself: an unknown key that
/// is like no other is answered with the known ones.
/// </summary>
public sealed class SchemaTests
{
    private const string Least = """
        providers: { p: { kind: simulated PROVIDER } }
        targets: { t: { provider: p, model: m TARGET } }
        routes: [ { name: default, tiers: [ { use: [t] TIER } ] ROUTE } ]
        ROOT
        """;

    /// <summary>A place in the schema, and a text with an unknown key at that place.</summary>
    public static TheoryData<string, string> Sections => new()
    {
        { "", At("ROOT", "zzzzzzzz: 1") },
        { "provider", At("PROVIDER", ", zzzzzzzz: 1") },
        { "simulate", At("PROVIDER", ", simulate: { zzzzzzzz: 1 }") },
        { "target", At("TARGET", ", zzzzzzzz: 1") },
        { "price", At("TARGET", ", price: { zzzzzzzz: 1 }") },
        { "defaults", At("ROOT", "defaults: { zzzzzzzz: 1 }") },
        { "timeouts", At("ROOT", "defaults: { timeouts: { zzzzzzzz: 1 } }") },
        { "breaker", At("TARGET", ", breaker: { zzzzzzzz: 1 }") },
        { "probes", At("ROOT", "probes: { zzzzzzzz: 1 }") },
        { "hedge", At("ROUTE", ", hedge: { after: p98, zzzzzzzz: 1 }") },
        { "route", At("ROUTE", ", zzzzzzzz: 1") },
        { "tier", At("TIER", ", zzzzzzzz: 1") },
        { "promise", At("ROUTE", ", promise: { zzzzzzzz: 1 }") },
        { "preference", At("TIER", ", prefer: { zzzzzzzz: 1 }") },
        { "balance", At("TIER", ", prefer: { balanced: { zzzzzzzz: 1 } }") },
        { "prior", At("TARGET", ", prior: { zzzzzzzz: 1 }") },
        { "workload", At("ROOT", "workloads: [ { zzzzzzzz: 1 } ]") },
        { "sensitivity", At("ROOT", "sensitivity: [ { zzzzzzzz: 1 } ]") },
        { "constraint", At("ROOT", "constraints: [ { zzzzzzzz: 1 } ]") },
        { "budget", At("ROOT", "budgets: [ { zzzzzzzz: 1 } ]") },
        { "budget_scope", At("ROOT", "budgets: [ { name: b, limit: 1, per: day, scope: { zzzzzzzz: 1 } } ]") },
        { "threshold", At("ROOT", "budgets: [ { name: b, limit: 1, per: day, at: [ { zzzzzzzz: 1 } ] } ]") },
        { "limit_rule", At("ROOT", "limits: [ { name: l, each: tenant, rpm: 1, zzzzzzzz: 1 } ]") },
        { "limits", At("TARGET", ", limits: { rpm: 1, zzzzzzzz: 1 }") },
        { "key", At("ROOT", "keys: [ { zzzzzzzz: 1 } ]") },
        { "admin", At("ROOT", "admin: { zzzzzzzz: 1 }") },
        { "store", At("ROOT", "store: { zzzzzzzz: 1 }") },
        { "keep", At("ROOT", "store: { keep: { zzzzzzzz: 1 } }") },
        { "audit", At("ROOT", "audit: { zzzzzzzz: 1 }") },
        { "alert", At("ROOT", "alerts: [ { webhook: \"env:HOOK\", zzzzzzzz: 1 } ]") },
        { "overload", At("ROOT", "overload: { zzzzzzzz: 1 }") },
        { "stop", At("ROOT", "stop: { zzzzzzzz: 1 }") },
        { "audit_checkpoint", At("ROOT", "audit: { checkpoint: { zzzzzzzz: 1 } }") },
    };

    [Theory]
    [MemberData(nameof(Sections))]
    public void Keys_OfASection_AreThoseOfTheSchema(string section, string text)
    {
        const string Marker = "zzzzzzzz: unknown key; known here: ";
        var error = Assert.Single(Compiling.Errors(text), error => error.Contains(Marker, StringComparison.Ordinal));
        var taken = error[(error.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..].Split(", ");

        using var schema = Schema();
        var node = section.Length == 0 ? schema.RootElement : schema.RootElement.GetProperty("$defs").GetProperty(section);
        Assert.Equal(node.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal), taken.Order(StringComparer.Ordinal));
        Assert.False(node.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public void Schema_HasNoSectionThatIsNotTaken()
    {
        using var schema = Schema();
        var sections = schema.RootElement.GetProperty("$defs").EnumerateObject()
            .Where(definition => definition.Value.TryGetProperty("properties", out _)).Select(definition => definition.Name)
            .Where(name => name != "failures"); // its keys are the classes of which something may be said: FailurePolicyTests

        Assert.Equal(Sections.Select(row => row.Data.Item1).Where(name => name.Length > 0).Order(StringComparer.Ordinal), sections.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Schema_References_LeadSomewhere()
    {
        using var schema = Schema();
        var definitions = schema.RootElement.GetProperty("$defs");
        var references = References(schema.RootElement).ToArray();

        Assert.NotEmpty(references);
        Assert.All(references, reference =>
        {
            Assert.StartsWith("#/$defs/", reference, StringComparison.Ordinal);
            Assert.True(definitions.TryGetProperty(reference["#/$defs/".Length..], out _), reference);
        });
    }

    [Fact]
    public void Schema_Kinds_AreTheVendorsThatAreBuiltIn()
    {
        using var schema = Schema();
        var kinds = schema.RootElement.GetProperty("$defs").GetProperty("provider").GetProperty("properties").GetProperty("kind").GetProperty("enum")
            .EnumerateArray().Select(kind => kind.GetString());

        Assert.Equal(Directory.GetFiles(Path.Combine(Sources.Root, "providers"), "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), kinds);
    }

    [Fact]
    public void Schema_Events_AreTheAlertsThatThereAre()
    {
        using var schema = Schema();
        var events = schema.RootElement.GetProperty("$defs").GetProperty("alert").GetProperty("properties").GetProperty("events");

        Assert.Equal(AlertEvents.Names, events.GetProperty("items").GetProperty("enum").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal(AlertEvents.Names.Length, events.GetProperty("maxItems").GetInt32());
    }

    private static string At(string place, string text)
    {
        var whole = Least.Replace(place, text, StringComparison.Ordinal);
        foreach (var other in new[] { "PROVIDER", "TARGET", "ROUTE", "TIER", "ROOT" }) whole = whole.Replace(other, "", StringComparison.Ordinal);
        return whole;
    }

    private static JsonDocument Schema() => JsonDocument.Parse(Sources.Read("docs/fairlead.schema.json"));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => property.Name == "$ref" ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
