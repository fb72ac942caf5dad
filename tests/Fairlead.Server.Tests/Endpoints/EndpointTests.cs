using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Data.Sqlite;

namespace Fairlead.Server.Tests.Endpoints;

/// <summary>The endpoints around the answers: models, explanations, records, health, metrics.</summary>
public sealed partial class EndpointTests : IAsyncLifetime
{
    private ByteServer _first = null!;
    private ByteServer _second = null!;
    private RunningGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _first = ByteServer.Start(Reply.Json(Vendors.Error("server_is_overloaded"), 503));
        _second = ByteServer.Start(request => request.Text.Contains("\"stream\":true", StringComparison.Ordinal) ? Vendors.Saying("A") : Reply.Json(Vendors.Answer("B")));
        _gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", _first.Address, _second.Address));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Request_LedgerCannotBeRead_Is503AndNotABug()
    {
        using var folder = new TemporaryFolder();
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", _second.Address) + $"\nstore: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}");
        using var answer = await gateway.PostAsync(Vendors.Question);
        await Vendors.RecordAsync(gateway, answer); // it is on disk
        using (var connection = new SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE requests";
            command.ExecuteNonQuery();
        }

        using var response = await gateway.Client.GetAsync("v1/requests/" + Vendors.Header(answer, "x-fairlead-request-id"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("dependency_down", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task Models_ListsWhatMayBeAskedFor()
    {
        var list = JsonNode.Parse(await _gateway.Client.GetStringAsync("v1/models"))!;

        Assert.Equal("list", list["object"]!.GetValue<string>());
        Assert.Equal(["auto", "default", "m", "first", "second"], list["data"]!.AsArray().Select(model => model!["id"]!.GetValue<string>()));
        Assert.All(list["data"]!.AsArray(), model => Assert.Equal("model", model!["object"]!.GetValue<string>()));
        var one = JsonNode.Parse(await _gateway.Client.GetStringAsync("v1/models/first-vendor/anything"))!;
        Assert.Equal("first-vendor", one["owned_by"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("m", null)]                       // alias
    [InlineData("default", "second")]             // route
    [InlineData("auto", "second")]
    [InlineData("second", "second")]              // target
    [InlineData("second-vendor/m", "second")]     // provider/model of a target
    [InlineData("second-vendor/other", "second-vendor/other")]
    public async Task Model_InEveryNotation_Resolves(string model, string? target)
    {
        using var response = await _gateway.PostAsync($$"""{"model":"{{model}}","messages":[]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(target ?? "second", Vendors.Header(response, "x-fairlead-target"));
        var upstream = JsonNode.Parse(_second.Requests.Last().Text)!["model"]!.GetValue<string>();
        Assert.Equal(model.EndsWith("/other", StringComparison.Ordinal) ? "other" : "m", upstream);
    }

    [Fact]
    public async Task PathsWithoutV1_AreServedToo()
    {
        using var response = await _gateway.PostAsync("chat/completions", Vendors.Question);
        using var models = await _gateway.Client.GetAsync("models");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (response.StatusCode, models.StatusCode));
    }

    [Fact]
    public async Task Head_OfTheRoot_IsAnswered()
    {
        using var response = await _gateway.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Explain_SaysWhatWouldHappen_AndSendsNothing()
    {
        using var response = await _gateway.PostAsync("v1/explain", """{"endpoint":"/v1/chat/completions","headers":{"x-fairlead-feature":"search"},"body":{"model":"m","messages":[{"role":"user","content":"Hello"}]}}""");
        var decision = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Would be sent to first at first-vendor because m is an alias and route default lists it first in tier tier-first.", decision["sentence"]!.GetValue<string>());
        Assert.Equal(["first", "second"], decision["decision"]!["candidates"]!.AsArray().Select(candidate => candidate!["target"]!.GetValue<string>()));
        Assert.Empty(_first.Requests);
    }

    [Fact]
    public async Task Explain_CandidatesHaveWhatTheirProvidersState()
    {
        await using var gateway = await RunningGateway.StartAsync("""
            providers:
              east: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1", region: eu, facts: [soc2, zdr] }
              west: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v2" }
            targets: { large: { provider: east, model: big }, small: { provider: west, model: tiny } }
            routes: [ { name: default, tiers: [ { use: [large, small] } ] } ]
            """);
        using var response = await gateway.PostAsync("v1/explain", """{"endpoint":"/v1/chat/completions","body":{"model":"auto","messages":[{"role":"user","content":"Hello"}]}}""");
        var candidates = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["decision"]!["candidates"]!.AsArray();

        Assert.Equal("eu", candidates[0]!["region"]!.GetValue<string>());
        Assert.Equal(["soc2", "zdr"], candidates[0]!["facts"]!.AsArray().Select(fact => fact!.GetValue<string>()));
        Assert.Null(candidates[1]!["region"]);
        Assert.Null(candidates[1]!["facts"]);
    }

    [Fact]
    public async Task DryRun_OnTheRealEndpoint_SendsNothing()
    {
        using var response = await _gateway.PostAsync(Vendors.Question, ("x-fairlead-dry-run", "true"));
        var decision = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.True(decision["dry_run"]!.GetValue<bool>());
        Assert.StartsWith("Would be sent to first", decision["sentence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(_first.Requests);
    }

    [Theory]
    [InlineData("""{"endpoint":"/v1/embeddings","body":{}}""", "unknown_endpoint", "endpoint")]
    [InlineData("""{"endpoint":"/v1/chat/completions"}""", "missing_member", "body")]
    [InlineData("""{"endpoint":"/v1/chat/completions","body":{"messages":[]}}""", "missing_member", "body.model")]
    [InlineData("""{"endpoint":"/v1/chat/completions","body":{},"more":1}""", "unknown_member", null)]
    [InlineData("""{"endpoint":""", "invalid_json", null)]
    public async Task Explain_WrongInput_IsRefused(string body, string code, string? param)
    {
        using var response = await _gateway.PostAsync("v1/explain", body);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal((code, param), (error["code"]!.GetValue<string>(), error["param"]?.GetValue<string>()));
    }

    [Fact]
    public async Task Record_TellsDecisionAttemptsAndCost()
    {
        using var response = await _gateway.PostAsync(Vendors.Question, ("x-fairlead-feature", "search"), ("x-fairlead-journey", "j-1"));
        var record = await Vendors.RecordAsync(_gateway, response);

        Assert.Equal("answered", record["state"]!.GetValue<string>());
        Assert.Equal("search", record["feature"]!.GetValue<string>());
        Assert.Equal("j-1", record["journey"]!.GetValue<string>());
        Assert.Equal(Vendors.Header(response, "x-fairlead-reason"), record["sentence"]!.GetValue<string>());
        Assert.Equal(Vendors.Header(response, "x-fairlead-revision"), record["revision"]!.GetValue<string>());
        Assert.Equal("0.000013", record["cost_usd"]!.GetValue<string>());
        Assert.Equal("0.000013", Vendors.Header(response, "x-fairlead-cost-usd"));
        var attempts = record["attempts"]!.AsArray();
        Assert.Equal(["overloaded", "answered"], attempts.Select(attempt => attempt!["outcome"]!.GetValue<string>()));
        Assert.Equal([503, 200], attempts.Select(attempt => attempt!["upstream_status"]!.GetValue<int>()));
        Assert.Equal("m-2026-01-01", record["answered_model"]!.GetValue<string>());
        Assert.Equal("c1", attempts[1]!["upstream_id"]!.GetValue<string>());
        Assert.DoesNotContain("Hello", record.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claims_InMetadata_AreTaken_AndDoNotTravel()
    {
        using var response = await _gateway.PostAsync("""{"model":"second","messages":[],"metadata":{"a":"b","fairlead.feature":"search"}}""");
        var record = await Vendors.RecordAsync(_gateway, response);

        Assert.Equal("search", record["feature"]!.GetValue<string>());
        Assert.Equal("""{"a":"b"}""", JsonNode.Parse(_second.Requests.Single().Text)!["metadata"]!.ToJsonString());
    }

    [Fact]
    public async Task Claims_Sensitivity_IsRecorded_AndAUserIsNot()
    {
        using var response = await _gateway.PostAsync(
            """{"model":"second","messages":[],"metadata":{"fairlead.sensitivity":"secret"}}""",
            ("x-fairlead-sensitivity", "phi, pii"), ("x-fairlead-user", "ann-4711"), ("x-fairlead-workload", "extraction"), ("x-fairlead-template", "tldr"),
            ("x-fairlead-latency-budget-ms", "800"), ("x-fairlead-max-cost-usd", "0.05"));
        var record = await Vendors.RecordAsync(_gateway, response);

        Assert.Equal(["phi", "pii", "secret"], record["sensitivity"]!.AsArray().Select(label => label!.GetValue<string>()));
        Assert.DoesNotContain("ann-4711", record.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ann-4711", _gateway.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("fairlead", _second.Requests.Single().Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("v1/chat/completions")]
    [InlineData("v1/messages")]
    public async Task Explain_TakesAndRefusesTheSameClaims(string endpoint)
    {
        const string Body = """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hello"}]}""";
        using var good = await _gateway.PostAsync("v1/explain", $$"""{"endpoint":"/{{endpoint}}","headers":{"X-Fairlead-Sensitivity":"phi","x-fairlead-user":"u","x-fairlead-max-cost-usd":"1"},"body":{{Body}}}""");
        using var bad = await _gateway.PostAsync("v1/explain", $$"""{"endpoint":"/{{endpoint}}","headers":{"x-fairlead-sensitivity":"ph1"},"body":{{Body}}}""");
        using var real = await _gateway.PostAsync(endpoint, Body, ("x-fairlead-sensitivity", "ph1"));
        using var inBody = await _gateway.PostAsync("v1/explain", $$"""{"endpoint":"/{{endpoint}}","body":{"model":"m","max_tokens":5,"messages":[],"metadata":{"fairlead.workload":"extractoin"} } }""");

        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        var messages = new List<string>();
        var isChat = endpoint == "v1/chat/completions"; // the other dialect's errors have no place for the name
        foreach (var (refused, param) in new[] { (bad, "x-fairlead-sensitivity"), (real, isChat ? "x-fairlead-sensitivity" : null), (inBody, "body.metadata.fairlead.workload") })
        {
            var error = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!;
            Assert.Equal((400, param), ((int)refused.StatusCode, error["param"]?.GetValue<string>()));
            messages.Add(error["message"]!.GetValue<string>());
        }

        Assert.All(messages[..2], message => Assert.Contains("did you mean 'phi'?", message, StringComparison.Ordinal));
        Assert.Contains("did you mean 'extraction'?", messages[2], StringComparison.Ordinal);
        Assert.Empty(_first.Requests);
    }

    [Fact]
    public async Task Health_IsToldWithoutAKey()
    {
        var live = JsonNode.Parse(await _gateway.Client.GetStringAsync("healthz"))!;
        var ready = JsonNode.Parse(await _gateway.Client.GetStringAsync("readyz"))!;

        Assert.Equal("up", live["status"]!.GetValue<string>());
        Assert.Equal("ready", ready["status"]!.GetValue<string>());
        Assert.Equal("applied", ready["configuration"]!.GetValue<string>());
        Assert.Equal("written", ready["ledger"]!.GetValue<string>());
    }

    [Fact]
    public async Task Ledger_ThatCannotBeWritten_IsTold_AndTrafficGoesOn()
    {
        using var folder = new Commands.TemporaryFolder();
        await using var gateway = await RunningGateway.StartAsync(
            Vendors.Tiers("retries: 0", _second.Address) + $"\nstore: {{ ledger: \"sqlite:{folder.File("ledger.db")}\" }}");
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.File("ledger.db")};Pooling=False"))
        {
            other.Open();
            using var hold = other.BeginTransaction(); // takes the write lock
            using var answered = await gateway.PostAsync(Vendors.Question);
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
            while (JsonNode.Parse(await gateway.Client.GetStringAsync("readyz"))!["ledger"]!.GetValue<string>() != "waiting") await Task.Delay(20);
            Assert.True(Sum(await gateway.Client.GetStringAsync("metrics"), "fairlead_ledger_waiting", "") > 0);
        }

        while (JsonNode.Parse(await gateway.Client.GetStringAsync("readyz"))!["ledger"]!.GetValue<string>() != "written") await Task.Delay(20);
    }

    [Fact]
    public async Task Metrics_AgreeWithWhatHappened()
    {
        for (var i = 0; i < 3; i++) (await _gateway.PostAsync(Vendors.Question)).Dispose();
        using (var stream = await _gateway.PostAsync(Vendors.StreamQuestion)) await stream.Content.ReadAsStringAsync();
        (await _gateway.PostAsync("{}")).Dispose();

        var metrics = await _gateway.Client.GetStringAsync("metrics");

        Assert.Equal(4, Sum(metrics, "fairlead_requests_total", "outcome=\"answered\""));
        Assert.Equal(4, Sum(metrics, "fairlead_attempts_total", "error_type=\"overloaded\""));
        Assert.Equal(4, Sum(metrics, "fairlead_attempts_total", "fairlead_target=\"second\""));
        Assert.Equal(28, Sum(metrics, "fairlead_tokens", "gen_ai_token_type=\"input\""));
        Assert.Equal(12, Sum(metrics, "fairlead_tokens", "gen_ai_token_type=\"output\""));
        Assert.Equal(0.000052, Sum(metrics, "fairlead_cost", "fairlead_target=\"second\""), 9);
        Assert.Equal(4, Sum(metrics, "fairlead_request_duration_seconds_count", "fairlead_route=\"default\""));
        Assert.Equal(1, Sum(metrics, "fairlead_refused", "code=\"missing_member\""));
    }

    /// <summary>The sum of the samples of a name with a tag, from the text form.</summary>
    private static double Sum(string metrics, string name, string tag)
    {
        var sum = 0d;
        foreach (var line in metrics.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal) || !line.Contains(tag, StringComparison.Ordinal)) continue;
            sum += double.Parse(Sample().Match(line).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        return sum;
    }

    [GeneratedRegex(@"[}a-z]\s+([0-9.eE+-]+)")]
    private static partial Regex Sample();
}
