using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Admin;

/// <summary>A price was wrong, or missing; it is corrected, and so is what was counted at it.</summary>
public sealed class RerateTests
{
    private const string Head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n";
    private const string Range = """{"from": "2020-01-01", "to": "2099-12-31"}""";

    [Fact]
    public async Task Rerate_AfterAPriceWasCorrected_RequestsAndReportsHaveIt()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        var content = Head + Vendors.Tiers("retries: 0", vendor.Address);
        await using var gateway = await FollowedGateway.StartAsync(content);
        using var response = await gateway.Gateway.PostAsync(Vendors.Question);
        var id = response.Headers.GetValues("x-fairlead-request-id").Single();
        var before = await CostAsync(gateway);
        Assert.Equal(0, (await gateway.AskAsync(HttpMethod.Post, "costs/rerate", Range)).Must(HttpStatusCode.OK).Json["corrected"]!.GetValue<int>());

        gateway.Write(content.Replace("price: { input: 1, output: 2 }", "price: { input: 2, output: 4 }", StringComparison.Ordinal));
        await FollowedGateway.UntilAsync(async () => (await gateway.AskAsync(HttpMethod.Post, "costs/rerate", """{"from": "2020-01-01", "to": "2099-12-31", "dry_run": true}""")).Json["corrected"]!.GetValue<int>() == 1);
        var rerated = (await gateway.AskAsync(HttpMethod.Post, "costs/rerate", Range, ("x-fairlead-author", "Ada"), ("x-fairlead-reason", "the list was wrong"))).Must(HttpStatusCode.OK).Json;
        var again = await CommandRun.OfAsync("costs", "rerate", "--from", "2020-01-01", "--to", "2099-12-31", "--url", gateway.Gateway.Address.ToString());

        Assert.Equal((1, 0, 0, false), (rerated["corrected"]!.GetValue<int>(), rerated["now_known"]!.GetValue<int>(), rerated["unpriced"]!.GetValue<int>(), rerated["dry_run"]!.GetValue<bool>()));
        Assert.Equal(before, decimal.Parse(rerated["difference_usd"]!.GetValue<string>(), null));
        Assert.Equal((0, "0 of 1 attempts were corrected, by $0 together."), (again.Code, again.Output.Trim()));
        Assert.Equal(2 * before, await CostAsync(gateway));
        var record = JsonNode.Parse(await gateway.Gateway.Client.GetStringAsync("v1/requests/" + id))!;
        Assert.Equal(2 * before, decimal.Parse(record["cost_usd"]!.GetValue<string>(), null));
        Assert.Equal((2 * before, before), (decimal.Parse(record["attempts"]![0]!["cost_usd"]!.GetValue<string>(), null), decimal.Parse(record["attempts"]![0]!["correction_usd"]!.GetValue<string>(), null)));
    }

    [Theory]
    [InlineData("Zoë", "50 % zu teuer – 3× die Liste")]
    [InlineData("阿达", "%41 is not A, nor %C3%BC an umlaut")]
    public async Task Rerate_AuthorAndReasonInAnyLanguage_ArriveAsTheyWereGiven(string author, string reason)
    {
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        var run = await CommandRun.OfAsync(
            "costs", "rerate", "--from", "2020-01-01", "--to", "2099-12-31", "--url", gateway.Gateway.Address.ToString(), "--author", author, "--reason", reason);

        Assert.Equal((0, ""), (run.Code, run.Errors));
        var record = (await gateway.GetAsync("audit?limit=2")).Must(HttpStatusCode.OK).Json["records"]!.AsArray().Single(one => one!["action"]!.GetValue<string>() == "costs.rerate")!;
        Assert.Equal(("costs.rerate", author, reason), (record["action"]!.GetValue<string>(), record["actor"]!.GetValue<string>(), record["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Rerate_WithoutAGateway_ChangesTheLedgerItself()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        using var folder = new TemporaryFolder();
        var content = Head + Vendors.Tiers("retries: 0", vendor.Address);
        folder.Write("fairlead.yaml", content);
        await using (var gateway = await RunningGateway.FollowAsync(folder.File("fairlead.yaml")))
        {
            using var response = await gateway.PostAsync(Vendors.Question);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        folder.Write("fairlead.yaml", content.Replace("price: { input: 1, output: 2 }", "price: { input: 2, output: 4 }", StringComparison.Ordinal));
        string[] command = ["costs", "rerate", "--config", folder.File("fairlead.yaml"), "--from", "2020-01-01", "--to", "2099-12-31", "--json"];
        var dry = JsonNode.Parse((await CommandRun.OfAsync([.. command, "--dry-run"])).Output)!;
        var done = JsonNode.Parse((await CommandRun.OfAsync(command)).Output)!;
        var again = JsonNode.Parse((await CommandRun.OfAsync(command)).Output)!;

        var unknown = await CommandRun.OfAsync([.. command, "--target", "frist"]);

        Assert.Equal(2, unknown.Code);
        Assert.Contains("--target: 'frist' is not a target of this gateway; did you mean 'first'?", unknown.Errors, StringComparison.Ordinal);
        Assert.Equal([1, 1, 0], new[] { dry, done, again }.Select(result => result["corrected"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Rerate_OfATarget_IsWrittenDownWithWhatItCameTo()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        var content = Head + Vendors.Tiers("retries: 0", vendor.Address);
        await using var gateway = await FollowedGateway.StartAsync(content);
        using var response = await gateway.Gateway.PostAsync(Vendors.Question);
        const string target = "first";

        foreach (var dry in new[] { "true", "false" })
        {
            var unknown = (await gateway.AskAsync(HttpMethod.Post, "costs/rerate", $$"""{"from": "2020-01-01", "to": "2099-12-31", "target": "{{target}}x", "dry_run": {{dry}}}""")).Must(HttpStatusCode.BadRequest).Json["error"]!;
            Assert.Equal("target", unknown["param"]!.GetValue<string>());
            Assert.Contains($"did you mean '{target}'?", unknown["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        Assert.Empty(await RecordsAsync());
        (await gateway.AskAsync(HttpMethod.Post, "costs/rerate", $$"""{"from": "2020-01-01", "to": "2099-12-31", "target": "{{target}}"}""", ("x-fairlead-author", "Ada"))).Must(HttpStatusCode.OK);

        var records = await RecordsAsync();
        Assert.Equal(["costs.rerated", "costs.rerate"], records.Select(record => record["action"]!.GetValue<string>()));
        Assert.All(records, record => Assert.Equal(("Ada", target), (record["actor"]!.GetValue<string>(), record["subject"]!.GetValue<string>())));
        Assert.Equal("""{"attempts":1,"corrected":0,"now_known":0,"unpriced":0,"difference_usd":"0"}""", records[0]["detail"]!.GetValue<string>());

        async Task<List<JsonNode>> RecordsAsync() =>
            [.. (await gateway.GetAsync("audit")).Must(HttpStatusCode.OK).Json["records"]!.AsArray().Select(record => record!).Where(record => record["action"]!.GetValue<string>().StartsWith("costs.", StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData("""{"to": "2026-01-01"}""", "from")]
    [InlineData("""{"from": "2026-01-01"}""", "to")]
    [InlineData("""{"from": "2026-01-02", "to": "2026-01-01"}""", "from")]
    [InlineData("""{"from": "2026-01-01", "to": "2026-01-01", "dry_run": "yes"}""", "dry_run")]
    [InlineData("""{"from": "2026-01-01", "to": "2026-01-01", "timezone": "Mars"}""", "timezone")]
    public async Task Rerate_AskedWrongly_SaysWhatIsWrong(string body, string param)
    {
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        var answer = (await gateway.AskAsync(HttpMethod.Post, "costs/rerate", body)).Must(HttpStatusCode.BadRequest);

        Assert.Equal(param, answer.Json["error"]!["param"]!.GetValue<string>());
    }

    private static async Task<decimal> CostAsync(FollowedGateway gateway) =>
        decimal.Parse((await gateway.GetAsync("costs")).Must(HttpStatusCode.OK).Json["total"]!["cost_usd"]!.GetValue<string>(), null);
}
