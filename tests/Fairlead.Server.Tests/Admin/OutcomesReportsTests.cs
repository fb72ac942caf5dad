using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Admin;

/// <summary>What successful answers cost, what was earned and saved, and why a cost changed: over HTTP and beside the gateway.</summary>
public sealed class OutcomesReportsTests
{
    private const string Head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n";

    [Fact]
    public async Task Reports_OfServedRequests_AreToldByBothWays()
    {
        await using var down = ByteServer.Start(Reply.Json(Vendors.Error("server_is_overloaded"), 503));
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", down.Address, vendor.Address));
        var first = await AskAsync(gateway);
        await AskAsync(gateway);
        using (var reported = await gateway.Gateway.PostAsync("v1/outcomes", $$"""{"request_id":"{{first}}","outcome":"success","value_usd":"0.5"}""")) Assert.Equal(HttpStatusCode.OK, reported.StatusCode);

        var outcomes = (await gateway.GetAsync("outcomes?by=target")).Must(HttpStatusCode.OK).Json;
        var value = (await gateway.GetAsync("costs/value?by=tier")).Must(HttpStatusCode.OK).Json;
        var change = (await gateway.GetAsync("costs/change?by=target")).Must(HttpStatusCode.OK).Json;
        var perOutcome = (await gateway.GetAsync("costs/change?per=outcome")).Must(HttpStatusCode.OK).Json;

        var row = outcomes["rows"]!.AsArray().Single()!;
        Assert.Equal("second", row["group"]!["target"]!.GetValue<string>());
        Assert.Equal((2, 1, 1), (row["requests"]!.GetValue<int>(), row["reported"]!.GetValue<int>(), row["successes"]!.GetValue<int>()));
        Assert.Equal(0.5, row["coverage"]!.GetValue<double>());
        Assert.Equal(1, row["success_rate"]!.GetValue<double>());
        // Twice seven tokens of input at $1 a million and three of output at $2.
        Assert.Equal("0.000026", row["cost_per_success_usd"]!.GetValue<string>());
        Assert.Equal("0.5", outcomes["total"]!["value_usd"]!.GetValue<string>());
        var earned = value["rows"]!.AsArray().Single()!;
        Assert.Equal("tier-second", earned["group"]!["tier"]!.GetValue<string>());
        Assert.Equal(2, earned["rescued"]!.GetValue<int>());
        Assert.Equal("0.499974", earned["margin_usd"]!.GetValue<string>());
        Assert.Equal("0.000026", change["total"]!["parts_usd"]!["volume"]!.GetValue<string>());
        Assert.Equal("0.000026", change["rows"]![0]!["change_usd"]!.GetValue<string>());
        Assert.Equal("Cost rose by $0.000026 to $0.000026: volume +$0.000026.", change["total"]!["sentence"]!.GetValue<string>());
        Assert.Null(perOutcome["total"]!["sentence"]);

        await gateway.Gateway.Host.Ledger.FlushAsync(CancellationToken.None);
        var printed = await CommandRun.OfAsync("costs", "outcomes", "--config", gateway.File, "--by", "target", "--json");
        var tables = new[]
        {
            await CommandRun.OfAsync("costs", "outcomes", "--config", gateway.File),
            await CommandRun.OfAsync("costs", "value", "--config", gateway.File),
            await CommandRun.OfAsync("costs", "explain", "--config", gateway.File, "--by", "target"),
            await CommandRun.OfAsync("costs", "explain", "--config", gateway.File, "--per", "outcome"),
        };
        Assert.Equal((0, outcomes.ToJsonString()), (printed.Code, JsonNode.Parse(printed.Output)!.ToJsonString()));
        Assert.All(tables, table => Assert.Equal((0, ""), (table.Code, table.Errors)));
        Assert.Contains("0.000026", tables[0].Output, StringComparison.Ordinal);
        Assert.Contains("0.499974", tables[1].Output, StringComparison.Ordinal);
        Assert.Contains("Cost rose by", tables[2].Output, StringComparison.Ordinal);
        Assert.Contains("nothing can be compared per outcome", tables[3].Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("outcomes?by=featur", "by")]
    [InlineData("outcomes?from=yesterday", "from")]
    [InlineData("outcomes?per=outcome", "per")]
    [InlineData("costs/value?limit=0", "limit")]
    [InlineData("costs/value?where=x", "where")]
    [InlineData("costs/change?per=success", "per")]
    [InlineData("costs/change?by=day", "by")]
    [InlineData("costs/change?against_from=2026-02-30", "against_from")]
    [InlineData("costs/change?against_to=later", "against_to")]
    [InlineData("costs/change?from=2026-03-05&to=2026-03-06&against_from=2026-03-05", "against_from")]
    [InlineData("costs/change?per=total&per=outcome", "per")]
    public async Task Reports_AskedWrongly_SayWhatIsWrong(string query, string param)
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        using var response = await gateway.Client.GetAsync("admin/v1/" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal("invalid_value", error["code"]!.GetValue<string>());
        Assert.Equal(param, error["param"]!.GetValue<string>());
    }

    [Fact]
    public async Task Change_AgainstNothingSaid_IsThePeriodOfTheSameLengthBefore()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        var report = JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/costs/change?from=2026-03-08&to=2026-03-14"))!;
        var earlier = JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/costs/change?from=2026-03-08&to=2026-03-14&against_to=2026-01-31"))!;

        Assert.Equal("2026-03-01T00:00:00+00:00", report["against_from"]!.GetValue<string>());
        Assert.Equal("2026-03-08T00:00:00+00:00", report["against_until"]!.GetValue<string>());
        Assert.Equal("2026-01-25T00:00:00+00:00", earlier["against_from"]!.GetValue<string>());
        Assert.Equal("2026-02-01T00:00:00+00:00", earlier["against_until"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("--per", "success", "--per: Must be total or outcome.")]
    [InlineData("--against-from", "soon", "--against-from: Must be a day")]
    [InlineData("--by", "hour", "--by: Not by hour")]
    public async Task Explain_AskedWrongly_IsRefused(string option, string value, string message)
    {
        var run = await CommandRun.OfAsync("costs", "explain", "--ledger", "nowhere.db", option, value);

        Assert.Equal(2, run.Code);
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(FollowedGateway gateway)
    {
        using var answer = await gateway.Gateway.PostAsync(Vendors.Question);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Vendors.Header(answer, "x-fairlead-request-id");
    }
}
