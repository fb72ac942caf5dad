using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Core.Ledger;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Admin;

/// <summary>What requests cost, over HTTP and beside the gateway.</summary>
public sealed class CostsTests
{
    private const string Head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n";

    [Fact]
    public async Task Costs_OfServedRequests_AreToldApartAndAddUp()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", vendor.Address));
        foreach (var feature in new[] { "chat", "chat", "=mail" }) await AskAsync(gateway, feature);

        var report = (await gateway.GetAsync("costs?by=feature,target&where=target=first")).Must(HttpStatusCode.OK);
        var printed = await CommandRun.OfAsync("costs", "--config", gateway.File, "--by", "feature", "--json");
        var table = await CommandRun.OfAsync("costs", "--config", gateway.File, "--by", "feature,day");
        var csv = await CommandRun.OfAsync("costs", "--config", gateway.File, "--by", "feature", "--csv");

        Assert.Equal(["chat", "=mail"], report.Json["rows"]!.AsArray().Select(row => row!["group"]!["feature"]!.GetValue<string>()));
        Assert.Equal(3, report.Json["total"]!["requests"]!.GetValue<int>());
        var costs = report.Json["rows"]!.AsArray().Select(row => Dollars(row!["cost_usd"]!.GetValue<string>())).ToList();
        Assert.True(costs[0].NanoDollars > 0);
        Assert.Equal(Dollars(report.Json["total"]!["cost_usd"]!.GetValue<string>()), costs[0] + costs[1]);
        Assert.Contains(costs[0].ToString(), printed.Output, StringComparison.Ordinal);
        Assert.Contains(costs[0].ToString(), table.Output, StringComparison.Ordinal);
        Assert.Contains($"\r\n'=mail,1,1,", csv.Output, StringComparison.Ordinal);
        Assert.Equal((0, 0, 0, ""), (printed.Code, table.Code, csv.Code, csv.Errors));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    public async Task Export_OverHttpAndByTheCommand_IsTheSame(string format)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("ok")));
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", vendor.Address));
        foreach (var feature in new[] { "chat", "=SUM(A1:A2)", "a \"b\", c" }) await AskAsync(gateway, feature);

        foreach (var attempts in new[] { false, true })
        {
            var streamed = (await gateway.GetAsync($"costs/export?format={format}&attempts={(attempts ? "true" : "false")}")).Must(HttpStatusCode.OK);
            var printed = await CommandRun.OfAsync(["costs", "export", "--config", gateway.File, "--format", format, .. attempts ? ["--attempts"] : Array.Empty<string>()]);

            Assert.Equal((0, streamed.Text), (printed.Code, printed.Output));
            Assert.Equal(format == "csv" ? "text/csv" : "application/x-ndjson", streamed.Type);
            var lines = streamed.Text.Split(format == "csv" ? "\r\n" : "\n")[..^1];
            if (format == "csv")
            {
                Assert.Equal(4, lines.Length);
                Assert.StartsWith("request_id,accepted_at,tenant,", lines[0], StringComparison.Ordinal);
                Assert.Contains(",'=SUM(A1:A2),", streamed.Text, StringComparison.Ordinal);
                Assert.Contains(",\"a \"\"b\"\", c\",", streamed.Text, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(["=SUM(A1:A2)", "a \"b\", c", "chat"], lines.Select(line => JsonNode.Parse(line)!["feature"]!.GetValue<string>()).Order(StringComparer.Ordinal));
                Assert.All(lines, line => Assert.True(Dollars(JsonNode.Parse(line)!["cost_usd"]!.GetValue<string>()).NanoDollars > 0));
            }
        }
    }

    [Theory]
    [InlineData("format=xml", "format")]
    [InlineData("attempts=1", "attempts")]
    [InlineData("by=feature", "by")]
    [InlineData("from=x", "from")]
    public async Task Export_AskedWrongly_SaysWhatIsWrong(string query, string param)
    {
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        var answer = (await gateway.GetAsync("costs/export?" + query)).Must(HttpStatusCode.BadRequest);

        Assert.Equal(("invalid_value", param), (answer.Code, answer.Json["error"]!["param"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("by=featur", "by", "did you mean 'feature'?")]
    [InlineData("by=tag:Cost", "by", "names no tag")]
    [InlineData("by=team,team", "by", "twice")]
    [InlineData("by=day,hour", "by", "Only one")]
    [InlineData("by=", "by", "known are tenant")]
    [InlineData("from=yesterday", "from", "such as 2027-06-30")]
    [InlineData("from=2026-02-30", "from", "such as 2027-06-30")]
    [InlineData("from=0001-01-01", "from", "from 2000")]
    [InlineData("from=2026-03-05T10:00:00", "from", "with its offset")]
    [InlineData("to=9999-12-31", "to", "such as 2027-06-30")]
    [InlineData("from=2026-03-05&to=2026-03-04", "from", "before 'to'")]
    [InlineData("from=2026-03-05T10:00:00Z&to=2026-03-05T10:00:00Z", "from", "before 'to'")]
    [InlineData("timezone=Mars/Olympus", "timezone", "No such time zone")]
    [InlineData("timezone=..%2F..%2Fetc%2Fpasswd", "timezone", "No such time zone")]
    [InlineData("where=feature", "where", "dimension=value")]
    [InlineData("where=featur=x", "where", "did you mean 'feature'?")]
    [InlineData("where=day=2026-03-05", "where", "Not by day")]
    [InlineData("limit=0", "limit", "from 1 to")]
    [InlineData("limit=1e3", "limit", "from 1 to")]
    [InlineData("limits=1", "limits", "No such parameter")]
    [InlineData("limit=1&limit=2", "limit", "twice")]
    public async Task Costs_AskedWrongly_SaysWhatIsWrong(string query, string param, string message)
    {
        await using var gateway = await FollowedGateway.StartAsync(Head + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

        var answer = (await gateway.GetAsync("costs?" + query)).Must(HttpStatusCode.BadRequest);

        Assert.Equal(("invalid_value", param), (answer.Code, answer.Json["error"]!["param"]!.GetValue<string>()));
        Assert.Contains(message, answer.Json["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_WhatIsWrongOrMissing_EndsWithItsCode()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", Head + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        folder.Write("broken.yaml", "providers: { broken");
        folder.Write("memory.yaml", "store: { ledger: \":memory:\" }\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        folder.Write("text.db", "this is a text and no database at all, however long one may look at it");
        var file = folder.File("fairlead.yaml");

        await FailsAsync(1, "There is no ledger", "--config", file);
        await FailsAsync(1, "cannot be read", "--ledger", folder.File("text.db"));
        await FailsAsync(2, "there is no file", "--config", folder.File("none.yaml"));
        await FailsAsync(2, "name it with --ledger", "--config", folder.File("broken.yaml"));
        await FailsAsync(2, "administration API", "--config", folder.File("memory.yaml"));
        await FailsAsync(2, "--by: ", "--config", file, "--by", "colour");
        await FailsAsync(2, "--json and --csv", "--config", file, "--json", "--csv");

        static async Task FailsAsync(int code, string message, params string[] arguments)
        {
            var run = await CommandRun.OfAsync(["costs", .. arguments]);
            Assert.Equal(code, run.Code);
            Assert.Contains(message, run.Errors, StringComparison.Ordinal);
            Assert.Equal("", run.Output);
        }
    }

    private static Usd Dollars(string text) => Usd.TryParse(text, out var amount) ? amount : throw new FormatException(text);

    private static async Task AskAsync(FollowedGateway gateway, string feature)
    {
        using var response = await gateway.Gateway.PostAsync(Vendors.Question, ("x-fairlead-feature", feature));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsStringAsync();
        await gateway.Gateway.Host.Ledger.FlushAsync();
    }
}
