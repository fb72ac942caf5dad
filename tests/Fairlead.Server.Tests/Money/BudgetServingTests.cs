using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Money;

/// <summary>Budgets in front of real sends: what is let through, what is written in, what is charged.</summary>
public sealed class BudgetServingTests
{
    private const string Thousand = """{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"Hello"}]}""";

    /// <summary>A thousand tokens at a dollar a million cost 0.001 dollars.</summary>
    private const string RoomForFifty = "budgets: [ { name: all, limit: $0.05, per: month } ]";

    [Fact]
    public async Task AThousandAtOnce_WithRoomForFifty_FiftyAreServed()
    {
        var refused = new CountdownEvent(950);
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")) with { Before = _ => mayAnswer.Task });
        await using var gateway = await RunningGateway.StartAsync(Priced(RoomForFifty, vendor.Address));

        var answers = Enumerable.Range(0, 1000).Select(_ => AskAsync(gateway, refused)).ToList();
        Assert.True(await Task.Run(() => refused.Wait(TimeSpan.FromSeconds(60))));
        Assert.Equal(50, vendor.Requests.Count);
        mayAnswer.SetResult();
        var statuses = await Task.WhenAll(answers);

        Assert.Equal((50, 950), (statuses.Count(status => status == 200), statuses.Count(status => status == 402)));
        Assert.Equal(50, vendor.Requests.Count);
        await AgreesWithLedgerAsync(gateway, 50 * 3000); // three tokens of output each
    }

    [Fact]
    public async Task AThousandAtOnce_WithFailoverAndClientsThatLeave_NothingIsOvershotAndNothingStaysHeld()
    {
        var refused = new CountdownEvent(950);
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tenLeft = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var first = ByteServer.Start(Reply.Json(Error("overloaded"), 503) with { Before = _ => mayAnswer.Task });
        await using var second = ByteServer.Start(Reply.Json(Answer("yes")) with { Before = _ => tenLeft.Task });
        await using var gateway = await RunningGateway.StartAsync(Priced(RoomForFifty, first.Address, second.Address));

        using var leaving = new CancellationTokenSource();
        var accepted = 0;
        var answers = Enumerable.Range(0, 1000).Select(_ => AskAsync(gateway, refused, leaving.Token)).ToList();
        Assert.True(await Task.Run(() => refused.Wait(TimeSpan.FromSeconds(60))));
        mayAnswer.SetResult();
        await EventuallyAsync(() => second.Requests.Count == 50);
        await leaving.CancelAsync(); // all of them leave, in the midst of their second attempt
        foreach (var status in await Task.WhenAll(answers)) accepted += status is 200 or 0 ? 1 : 0;

        Assert.Equal(50, accepted);
        await EventuallyAsync(() => gateway.Host.InFlight == 0);
        tenLeft.SetResult();
        var budget = await BudgetAsync(gateway);
        Assert.Equal("0", budget["reserved_usd"]!.GetValue<string>());
        Assert.True(decimal.Parse(budget["spent_usd"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture) <= 0.05m);
        await AgreesWithLedgerAsync(gateway, null);
    }

    [Theory]
    [InlineData("v1/chat/completions", """{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"Hello"}]}""", "error", "code")]
    [InlineData("v1/messages", """{"model":"m","max_tokens":1000,"messages":[{"role":"user","content":"Hello"}]}""", "error", "type")]
    public async Task UsedUp_IsA402ThatSaysWhoseBudgetAndUntilWhen(string path, string body, string outer, string inner)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Priced("budgets: [ { name: tenants, each: tenant, limit: $0.0005, per: month } ]", vendor.Address));

        using var response = await gateway.PostAsync(path, body);

        Assert.Equal(HttpStatusCode.PaymentRequired, response.StatusCode);
        Assert.Equal("false", Header(response, "x-should-retry"));
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())![outer]!;
        Assert.NotNull(error[inner]);
        Assert.Contains("Budget tenants (default) has $0.0005 left of $0.0005 per month, and this request may cost $0.001", error["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("budget tenants (default) has $0.0005 left", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Empty(vendor.Requests);
        var record = await RecordAsync(gateway, response);
        Assert.Equal(("failed", "budget_exceeded", 402), (record["state"]!.GetValue<string>(), record["failure"]!.GetValue<string>(), record["status"]!.GetValue<int>()));
        Assert.Empty(record["attempts"]!.AsArray());
    }

    [Fact]
    public async Task ADryRunTellsWhatABudgetHasNoRoomForAndHoldsNothing()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Priced("budgets: [ { name: all, limit: $0.0015, per: month } ]", vendor.Address));
        using var fits = await gateway.PostAsync(Thousand, ("x-fairlead-dry-run", "true"));
        Assert.Contains("Would be sent to first", await fits.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var asked = await gateway.PostAsync(Thousand.Replace("1000", "2000", StringComparison.Ordinal), ("x-fairlead-dry-run", "true"));
        Assert.Contains("first: may cost $0.002, for which budget all has no room", JsonNode.Parse(await asked.Content.ReadAsStringAsync())!["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(("0", "0"), ((await BudgetAsync(gateway))["reserved_usd"]!.GetValue<string>(), (await BudgetAsync(gateway))["spent_usd"]!.GetValue<string>()));
        Assert.Empty(vendor.Requests);
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[]}""", """{"model":"m","max_tokens":8192,"messages":[]}""")]
    [InlineData("""{"model":"m","max_tokens":null,"messages":[]}""", """{"model":"m","max_tokens":8192,"messages":[]}""")]
    [InlineData("""{"messages":[],"max_completion_tokens":null,"model":"m"}""", """{"messages":[],"max_completion_tokens":null,"model":"m","max_tokens":8192}""")]
    [InlineData("""{"model":"m","max_tokens":7,"messages":[]}""", """{"model":"m","max_tokens":7,"messages":[]}""")]
    public async Task WithoutALimitOfTheClient_OneIsWrittenIn(string asked, string sent)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Priced("budgets: [ { name: all, limit: $1, per: day } ]", vendor.Address));
        using var response = await gateway.PostAsync(asked);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, Assert.Single(vendor.Requests).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("budgets: [ { name: all, limit: $1, per: day, at: [ { percent: 100, do: [alert] } ] } ]")]
    [InlineData("budgets: [ { name: others, scope: { tenant: acme }, limit: $1, per: day } ]")]
    public async Task WithoutABudgetThatBlocks_NothingIsWrittenIn(string budgets)
    {
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        await using var gateway = await RunningGateway.StartAsync(Priced(budgets, vendor.Address));
        using var response = await gateway.PostAsync(Question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Question, Assert.Single(vendor.Requests).Text);
    }

    [Fact]
    public async Task ATargetThatIsTooDearGivesWayToOneThatFits()
    {
        await using var dear = ByteServer.Start(Reply.Json(Answer("dear")));
        await using var cheap = ByteServer.Start(Reply.Json(Answer("cheap")));
        var yaml = Priced("budgets: [ { name: all, limit: $0.0015, per: day } ]", dear.Address, cheap.Address).Replace("model: m, price: { input: 0, output: 1 } }", "model: m, price: { input: 0, output: 2 } }", StringComparison.Ordinal);
        var second = yaml.LastIndexOf("output: 2", StringComparison.Ordinal);
        yaml = yaml[..second] + "output: 1" + yaml[(second + 9)..];
        await using var gateway = await RunningGateway.StartAsync(yaml);

        using var response = await gateway.PostAsync(Thousand);

        Assert.Equal(Answer("cheap"), await response.Content.ReadAsStringAsync());
        Assert.Empty(dear.Requests);
        Assert.Contains("first: may cost $0.002, for which budget all has no room", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnpricedTargetIsPassedOverWhereABudgetBlocks()
    {
        await using var unpriced = ByteServer.Start(Reply.Json(Answer("unpriced")));
        await using var priced = ByteServer.Start(Reply.Json(Answer("priced")));
        var yaml = Priced("budgets: [ { name: all, limit: $1, per: day } ]", unpriced.Address, priced.Address);
        var first = yaml.IndexOf(", price: { input: 0, output: 1 }", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartAsync(yaml.Remove(first, ", price: { input: 0, output: 1 }".Length));

        using var response = await gateway.PostAsync(Thousand);
        Assert.Equal(Answer("priced"), await response.Content.ReadAsStringAsync());
        Assert.Empty(unpriced.Requests);
        using var pinned = await gateway.PostAsync(Thousand.Replace("\"m\"", "\"first\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, pinned.StatusCode);
        Assert.Contains("price_unknown", await pinned.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedSendsThatAreBilledAreCharged()
    {
        await using var failing = ByteServer.Start(Reply.Json(Error("server_error"), 500));
        await using var second = ByteServer.Start(Reply.Json(Answer("yes")));
        var yaml = Priced("budgets: [ { name: all, limit: $1, per: day } ]", failing.Address, second.Address).Replace("input: 0", "input: 1000", StringComparison.Ordinal);
        await using var gateway = await RunningGateway.StartAsync(yaml.Replace("retries: 0", "retries: 1", StringComparison.Ordinal));
        using var response = await gateway.PostAsync(Thousand);
        Assert.Equal("3", Header(response, "x-fairlead-attempts"));
        var record = await RecordAsync(gateway, response);
        var costs = record["attempts"]!.AsArray().Select(attempt => decimal.Parse(attempt!["cost_usd"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.All(costs, cost => Assert.True(cost > 0));
        await AgreesWithLedgerAsync(gateway, (long)(costs.Sum() * 1_000_000_000m));
    }

    [Fact]
    public async Task FromItsShareOnTheCheapestComesFirstAndTheSentenceSaysForWhichBudget()
    {
        await using var dear = ByteServer.Start(Reply.Json(Answer("dear")));
        await using var cheap = ByteServer.Start(Reply.Json(Answer("cheap")));
        await using var gateway = await RunningGateway.StartAsync($$"""
            providers:
              one: { kind: openai-compatible, base_url: "{{dear.Address}}" }
              two: { kind: openai-compatible, base_url: "{{cheap.Address}}" }
            targets:
              dear: { provider: one, model: m, price: { input: 0, output: 1000 } }
              cheap: { provider: two, model: m, price: { input: 0, output: 1 } }
            aliases: { m: auto }
            routes: [ { name: default, tiers: [ { use: [dear, cheap] } ] } ]
            budgets:
              - { name: all, limit: $10, per: month, at: [ { percent: 10, do: [alert] }, { percent: 20, do: [cheapest] }, { percent: 100, do: [block] } ] }
            """);
        Assert.Equal("dear", await TargetAsync());
        gateway.Host.Services.GetBudgets().Restore("all", "", DateTimeOffset.UtcNow, new Core.Ledger.Usd(2_000_000_000));
        using var response = await gateway.PostAsync(Thousand);
        Assert.Equal("cheap", Header(response, "x-fairlead-target"));
        Assert.Contains("prefers cost for the sake of budget all and it is the cheapest of 2 that qualify", Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        var record = await RecordAsync(gateway, response);
        Assert.Equal("all", record["decision"]!["cheapest_for"]!.GetValue<string>());
        Assert.Contains("Budget all: 10 percent reached", gateway.Log.Text, StringComparison.Ordinal);
        Assert.Equal(1, gateway.Log.Text.Split("10 percent reached").Length - 1);

        async Task<string> TargetAsync()
        {
            using var answer = await gateway.PostAsync(Thousand);
            return Header(answer, "x-fairlead-target");
        }
    }

    [Fact]
    public async Task SpendingSurvivesARestartAndAChangedLimitKeepsIt()
    {
        using var folder = new TemporaryFolder();
        await using var vendor = ByteServer.Start(Reply.Json(Answer("yes")));
        var store = $"store: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}";
        var yaml = Priced("budgets: [ { name: all, limit: $0.00105, per: month } ]\n" + store, vendor.Address);
        await using (var before = await RunningGateway.StartAsync(yaml))
        {
            for (var i = 0; i < 16; i++) using (await before.PostAsync(Thousand)) { } // 3000 nano-dollars each, beside a thousand thousand that is held
        }

        await using (var after = await RunningGateway.StartAsync(yaml))
        {
            Assert.Equal("0.000048", (await BudgetAsync(after))["spent_usd"]!.GetValue<string>());
            using var last = await after.PostAsync(Thousand);
            Assert.Equal(HttpStatusCode.OK, last.StatusCode);
            using var refused = await after.PostAsync(Thousand);
            Assert.Equal(HttpStatusCode.PaymentRequired, refused.StatusCode);
        }

        var file = folder.File("fairlead.yaml");
        await File.WriteAllTextAsync(file, "listen: \"http://127.0.0.1:0\"\n" + yaml);
        await using var followed = await RunningGateway.FollowAsync(file);
        await File.WriteAllTextAsync(file, "listen: \"http://127.0.0.1:0\"\n" + yaml.Replace("$0.00105", "$0.5", StringComparison.Ordinal).Replace("budgets: [", "budgets: [ { name: new, limit: $1, per: day },", StringComparison.Ordinal));
        await EventuallyAsync(() => followed.Host.Services.GetBudgets().Standings(DateTimeOffset.UtcNow).Count() == 2);
        await followed.Host.Services.GetBudgetHistory().SettledAsync();
        Assert.Equal([51_000, 51_000], followed.Host.Services.GetBudgets().Standings(DateTimeOffset.UtcNow).Select(standing => standing.Spent.NanoDollars));
        using var served = await followed.PostAsync(Thousand);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Fact]
    public async Task AStreamIsCutWhereWhatIsLeftOfTheBudgetEnds()
    {
        var texts = Enumerable.Repeat("0123456789", 1000);
        await using var vendor = ByteServer.Start(Saying(texts));
        var yaml = Priced("budgets: [ { name: all, limit: $0.0006, per: day } ]", vendor.Address);
        await using var refusing = await RunningGateway.StartAsync(yaml);
        using var refused = await refusing.PostAsync(Thousand.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.PaymentRequired, refused.StatusCode);

        await using var cutting = await RunningGateway.StartAsync(yaml.Replace("- name: default", "- name: default\n    over_budget: cut", StringComparison.Ordinal));
        using var response = await cutting.PostAsync(Thousand.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var text = await ReadToBreakAsync(response);

        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"budget_exceeded\"", text, StringComparison.Ordinal);
        // 600 tokens are left, and a token is taken to have two bytes at least.
        Assert.InRange(text.Split("0123456789").Length - 1, 100, 700);
        await EventuallyAsync(() => cutting.Host.InFlight == 0);
        var record = await RecordAsync(cutting, response);
        Assert.Equal("budget_exceeded", record["failure"]!.GetValue<string>());
        await AgreesWithLedgerAsync(cutting, null);
        using var next = await cutting.PostAsync(Thousand); // no stream, so nothing is cut
        Assert.Equal(HttpStatusCode.PaymentRequired, next.StatusCode);
    }

    internal static string Priced(string more, params IEnumerable<string> addresses) =>
        Tiers("retries: 0", addresses).Replace("price: { input: 1, output: 2 }", "price: { input: 0, output: 1 }", StringComparison.Ordinal) + "\n" + more;

    internal static async Task EventuallyAsync(Func<bool> holds)
    {
        for (var tries = 0; tries < 3000 && !holds(); tries++) await Task.Delay(10);
        Assert.True(holds());
    }

    private static async Task<int> AskAsync(RunningGateway gateway, CountdownEvent refused, CancellationToken leaving = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Thousand, System.Text.Encoding.UTF8, "application/json") };
        try
        {
            using var response = await gateway.Client.SendAsync(request, leaving);
            if (response.StatusCode == HttpStatusCode.PaymentRequired) refused.Signal();
            return (int)response.StatusCode;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    internal static async Task<JsonObject> BudgetAsync(RunningGateway gateway, int account = 0) =>
        JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/budgets"))!["budgets"]![0]!["accounts"]![account]!.AsObject();

    /// <summary>What is enforced is what is recorded, and nothing is held.</summary>
    private static async Task AgreesWithLedgerAsync(RunningGateway gateway, long? spent)
    {
        await EventuallyAsync(() => gateway.Host.InFlight == 0);
        var standing = gateway.Host.Services.GetBudgets().Standings(DateTimeOffset.UtcNow).Single();
        Assert.Equal(0, standing.Reserved.NanoDollars);
        if (spent is { } expected) Assert.Equal(expected, standing.Spent.NanoDollars);
        Assert.Equal((await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Cost, standing.Spent);
    }

    private static async Task<string> ReadToBreakAsync(HttpResponseMessage response)
    {
        var read = new MemoryStream();
        try
        {
            await (await response.Content.ReadAsStreamAsync()).CopyToAsync(read);
            Assert.Fail("The connection was to be broken off.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // That is how clients that overlook error events see it.
        }

        return System.Text.Encoding.UTF8.GetString(read.ToArray());
    }
}
