using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead catalog</c>: what it shows, and what it says of a newer one.</summary>
public sealed class CatalogTests
{
    private const string Configuration = """
        providers:
          openai: { kind: openai, base_url: "ADDRESS", keys: ["env:FAIRLEAD_TEST_OPENAI"] }
        targets:
          mini: { provider: openai, model: gpt-5-mini }
          own: { provider: openai, model: gpt-5-mini, price: { input: 1, output: 2 } }
          nano: { provider: openai, model: gpt-5-nano }
          large: { provider: openai, model: gpt-5 }
        routes:
          - { name: cheap, tiers: [ { use: [mini, own] }, { use: [nano] } ] }
          - { name: best, tiers: [ { use: [large] } ] }

        """;

    [Fact]
    public async Task Show_Filters()
    {
        var run = await CommandRun.OfAsync("catalog", "show", "GPT-5-M", "--provider", "openai");
        var json = JsonNode.Parse((await CommandRun.OfAsync("catalog", "show", "gpt-5-mini", "--provider", "openai", "--json")).Output)!;

        Assert.Equal(0, run.Code);
        Assert.Contains("gpt-5-mini", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("gpt-5-nano", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 models; catalog:", run.Output, StringComparison.Ordinal);
        var model = Assert.Single(json["models"]!.AsArray())!;
        var source = Models(BuiltIn()).Single(one => one["provider"]!.GetValue<string>() == "openai" && one["id"]!.GetValue<string>() == "gpt-5-mini");
        foreach (var price in new[] { "input", "output", "cached_input" })
        {
            Assert.Equal(source["price_usd_per_million"]![price]!.GetValue<decimal>(), model["price_usd_per_million"]![price]!.GetValue<decimal>());
        }

        Assert.Equal(source["context_window"]!.GetValue<int>(), model["context_window"]!.GetValue<int>());
    }

    [Fact]
    public async Task Show_All_HasEveryModelOfTheFile()
    {
        var json = JsonNode.Parse((await CommandRun.OfAsync("catalog", "show", "--json")).Output)!;

        Assert.Equal(Models(BuiltIn()).Count(), json["models"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("no-such-model", "openai", "no model of the catalog has 'no-such-model'")]
    [InlineData("gpt", "opanai", "the catalog has no vendor 'opanai'; it has anthropic")]
    public async Task Show_Nothing_IsSaid(string filter, string provider, string error)
    {
        var run = await CommandRun.OfAsync("catalog", "show", filter, "--provider", provider);

        Assert.Equal(2, run.Code);
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfTheSameCatalog_IsEmpty()
    {
        var run = await CommandRun.OfAsync("catalog", "diff", Path.Combine(Sources.Root, "catalog/models.json"));

        Assert.True(run.Code == 0, run.Errors);
        Assert.StartsWith("0 added, 0 removed, 0 changed", run.Output.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_TellsModelsPricesFactsAndDates()
    {
        using var folder = new TemporaryFolder();
        folder.Write("newer.json", Newer());

        var run = await CommandRun.OfAsync("catalog", "diff", folder.File("newer.json"));
        var json = JsonNode.Parse((await CommandRun.OfAsync("catalog", "diff", folder.File("newer.json"), "--json")).Output)!;

        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains("1 added, 1 removed, 2 changed", run.Output, StringComparison.Ordinal);
        Assert.Contains("openai/gpt-99", run.Output, StringComparison.Ordinal);
        Assert.Contains("-20 %", run.Output, StringComparison.Ordinal);
        Assert.Contains("2026-12-01", run.Output, StringComparison.Ordinal);
        Assert.Equal("gpt-99", Assert.Single(json["added"]!.AsArray())!["id"]!.GetValue<string>());
        Assert.Equal("gpt-5", Assert.Single(json["removed"]!.AsArray())!["id"]!.GetValue<string>());
        var changed = json["changed"]!.AsArray();
        var mini = changed.Single(change => change!["id"]!.GetValue<string>() == "gpt-5-mini")!;
        Assert.Equal("2026-12-01", mini["effective_from"]!.GetValue<string>());
        Assert.Equal(
            [("input", 0.25m, 0.2m, -20m), ("output", 2m, 3m, 50m), ("cached input", 0.025m, 0.02m, -20m)],
            mini["prices"]!.AsArray().Select(price => (price!["name"]!.GetValue<string>(), price["old_usd_per_million"]!.GetValue<decimal>(), price["new_usd_per_million"]!.GetValue<decimal>(), price["percent"]!.GetValue<decimal>())));
        var nano = changed.Single(change => change!["id"]!.GetValue<string>() == "gpt-5-nano")!;
        Assert.Empty(nano["prices"]!.AsArray());
        Assert.Equal(
            [("max output", "128000", "64000"), ("vision", "yes", "no"), ("retires", null, "2027-03-01")],
            nano["facts"]!.AsArray().Select(fact => (fact!["name"]!.GetValue<string>(), fact["old"]?.GetValue<string>(), fact["new"]?.GetValue<string>())));
    }

    [Fact]
    public async Task Diff_WithAConfiguration_TellsWhatItDoesToRoutes()
    {
        using var folder = new TemporaryFolder();
        folder.Write("newer.json", Newer());
        folder.Write("fairlead.yaml", Configuration.Replace("ADDRESS", "https://x.example/v1", StringComparison.Ordinal));

        var run = await CommandRun.OfAsync("catalog", "diff", folder.File("newer.json"), "--config", folder.File("fairlead.yaml"));
        var json = JsonNode.Parse((await CommandRun.OfAsync("catalog", "diff", folder.File("newer.json"), "--config", folder.File("fairlead.yaml"), "--json")).Output)!;

        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains("There is no ledger at", run.Output, StringComparison.Ordinal);
        Assert.Contains("gone from the catalog", run.Output, StringComparison.Ordinal);
        Assert.Equal(["cheap", "best"], json["routes"]!.AsArray().Select(route => route!["route"]!.GetValue<string>()));
        var targets = json["routes"]!.AsArray().SelectMany(route => route!["targets"]!.AsArray()).ToDictionary(target => target!["target"]!.GetValue<string>(), target => target!);
        // 1,000 tokens in and 400 out, by hand: 1000 × 0.25 / 10⁶ + 400 × 2 / 10⁶ and 1000 × 0.20 / 10⁶ + 400 × 3 / 10⁶.
        Assert.Equal(("0.00105", "0.0014"), (targets["mini"]["nominal_usd_before"]!.GetValue<string>(), targets["mini"]["nominal_usd_after"]!.GetValue<string>()));
        Assert.Equal(("0.0018", "0.0018"), (targets["own"]["nominal_usd_before"]!.GetValue<string>(), targets["own"]["nominal_usd_after"]!.GetValue<string>()));
        Assert.True(targets["own"]["has_own_price"]!.GetValue<bool>());
        Assert.Equal(("0.00021", "0.00021"), (targets["nano"]["nominal_usd_before"]!.GetValue<string>(), targets["nano"]["nominal_usd_after"]!.GetValue<string>()));
        Assert.True(targets["large"]["is_gone"]!.GetValue<bool>());
        Assert.Null(targets["large"]["nominal_usd_after"]);
    }

    [Fact]
    public async Task Diff_WithALedger_TellsWhatLastWeekWouldCost()
    {
        using var folder = new TemporaryFolder();
        folder.Write("newer.json", Newer());
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok"))); // 7 tokens in, 3 out
        var text = Configuration.Replace("ADDRESS", vendor.Address, StringComparison.Ordinal) + $"store: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}\n";
        folder.Write("fairlead.yaml", text);
        await using (var gateway = await RunningGateway.StartAsync(text, environment: new Dictionary<string, string> { ["FAIRLEAD_TEST_OPENAI"] = "sk-0123456789" }))
        {
            foreach (var model in new[] { "auto", "auto", "cheap", "nano", "mini" })
            {
                using var response = await gateway.PostAsync($$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hello"}]}""");
                Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
                await Vendors.RecordAsync(gateway, response);
            }

            // Beside the gateway that is writing it.
            await AssertAsync();
        }

        await AssertAsync();

        async Task AssertAsync()
        {
            var run = await CommandRun.OfAsync("catalog", "diff", folder.File("newer.json"), "--config", folder.File("fairlead.yaml"), "--json");
            Assert.True(run.Code == 0, run.Errors);
            var routes = JsonNode.Parse(run.Output)!["routes"]!.AsArray();
            var cheap = routes.Single(route => route!["route"]?.GetValue<string>() == "cheap")!;
            var mini = cheap["targets"]!.AsArray().Single(target => target!["target"]!.GetValue<string>() == "mini")!;
            // Three requests on the route: 3 × (7 × 0.25 + 3 × 2) / 10⁶ and 3 × (7 × 0.20 + 3 × 3) / 10⁶.
            Assert.Equal((3, "0.00002325", "0.0000312"), (mini["week_attempts"]!.GetValue<int>(), mini["week_usd_before"]!.GetValue<string>(), mini["week_usd_after"]!.GetValue<string>()));
            Assert.Equal("0.00002325", cheap["week_usd_before"]!.GetValue<string>());
            var named = routes.Single(route => route!["route"] is null)!;
            Assert.Equal(["mini", "nano"], named["targets"]!.AsArray().Select(target => target!["target"]!.GetValue<string>()));
            Assert.Equal(1, named["targets"]![0]!["week_attempts"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Diff_FromAnAddress()
    {
        await using var server = ByteServer.Start(Reply.Json(Newer()));
        await using var broken = ByteServer.Start(Reply.Json("{}", 404));

        var run = await CommandRun.OfAsync("catalog", "diff", "--url", server.Address);
        var missing = await CommandRun.OfAsync("catalog", "diff", "--url", broken.Address);
        var plain = await CommandRun.OfAsync("catalog", "diff", "--url", "http://example.com/models.json");
        var both = await CommandRun.OfAsync("catalog", "diff", "x.json", "--url", server.Address);
        var neither = await CommandRun.OfAsync("catalog", "diff");

        Assert.True(run.Code == 0, run.Errors);
        Assert.Contains("1 added, 1 removed, 2 changed", run.Output, StringComparison.Ordinal);
        Assert.Equal((2, 2, 2, 2), (missing.Code, plain.Code, both.Code, neither.Code));
        Assert.Contains("answers 404", missing.Errors, StringComparison.Ordinal);
        Assert.Contains("is no https address", plain.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is not valid JSON")]
    [InlineData("{", "is not valid JSON")]
    [InlineData("[]", "is no catalog")]
    [InlineData("{\"models\":{}}", "is no catalog")]
    [InlineData("{\"models\":[]}", "models: is empty")]
    [InlineData("{\"models\":[],\"models\":[]}", "is not valid JSON")]
    [InlineData("{\"models\":[1]}", "models[0]: must be an object")]
    [InlineData("{\"models\":[{\"provider\":\"a\"}]}", "models[0].id: must be a text")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\"},{\"provider\":\"a\",\"id\":\"m\"}]}", "models[1]: a/m stands twice; first as models[0]")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"price_usd_per_million\":{\"input\":\"3\"}}]}", "models[0] (a/m).price_usd_per_million.input: must be US dollars")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"price_usd_per_million\":{\"input\":-3}}]}", "must be US dollars")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"price_usd_per_million\":{\"input\":1e300}}]}", "must be US dollars")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"price_usd_per_million\":3}]}", "must be an object of prices")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"price_tiers\":[{}]}]}", "price_tiers: must be a list")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"effective_from\":\"1.12.2026\"}]}", "effective_from: must be a day")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"deprecation_date\":5}]}", "deprecation_date: must be a day")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"context_window\":0}]}", "context_window: must be a whole number")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"json_schema\":\"yes\"}]}", "json_schema: must be true or false")]
    [InlineData("{\"models\":[{\"provider\":\"a\",\"id\":\"m\",\"modalities_input\":[1]}]}", "modalities_input: must be a list of texts")]
    public async Task Diff_FileThatIsNoCatalog_IsRefused(string text, string error)
    {
        using var folder = new TemporaryFolder();
        folder.Write("newer.json", text);

        var run = await CommandRun.OfAsync("catalog", "diff", folder.File("newer.json"));

        Assert.Equal(2, run.Code);
        Assert.Contains("newer.json: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains(error, run.Errors, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task Diff_ManyErrors_AreBounded_AndSoIsTheFile()
    {
        using var folder = new TemporaryFolder();
        folder.Write("many.json", "{\"models\":[" + string.Join(',', Enumerable.Repeat("1", 1000)) + "]}");
        await using (var large = System.IO.File.Create(folder.File("large.json"))) large.SetLength((32L * 1024 * 1024) + 1);

        var many = await CommandRun.OfAsync("catalog", "diff", folder.File("many.json"));
        var tooLarge = await CommandRun.OfAsync("catalog", "diff", folder.File("large.json"));

        Assert.Equal((2, 2), (many.Code, tooLarge.Code));
        Assert.Contains("980 more errors are not shown", many.Errors, StringComparison.Ordinal);
        Assert.Contains("is larger than 33554432 bytes", tooLarge.Errors, StringComparison.Ordinal);
    }

    private static JsonNode BuiltIn() => JsonNode.Parse(Sources.Read("catalog/models.json"))!;

    private static IEnumerable<JsonNode> Models(JsonNode catalog) => catalog["models"]!.AsArray().OfType<JsonNode>();

    /// <summary>The built-in catalog with one model more, one less, one at other prices from a day on, one with other facts.</summary>
    private static string Newer()
    {
        var catalog = BuiltIn();
        var models = catalog["models"]!.AsArray();
        var byId = Models(catalog).Where(model => model["provider"]!.GetValue<string>() == "openai").ToDictionary(model => model["id"]!.GetValue<string>());
        models.Remove(byId["gpt-5"]);
        models.Add(JsonNode.Parse("""{"provider":"openai","id":"gpt-99","kind":"chat","context_window":1000000,"price_usd_per_million":{"input":3,"output":12}}"""));
        byId["gpt-5-mini"]["price_usd_per_million"] = JsonNode.Parse("""{"input":0.2,"output":3,"cached_input":0.02}""");
        byId["gpt-5-mini"]["effective_from"] = "2026-12-01";
        byId["gpt-5-nano"]["max_output_tokens"] = 64000;
        byId["gpt-5-nano"]["modalities_input"] = JsonNode.Parse("""["text"]""");
        byId["gpt-5-nano"]["deprecation_date"] = "2027-03-01";
        return catalog.ToJsonString();
    }
}
