using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Admin;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using static Fairlead.Server.Tests.Pipeline.Vendors;

namespace Fairlead.Server.Tests.Probing;

/// <summary>Fallbacks that nobody uses are probed, within a budget and under policy, and told of.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero));
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FallbackThatNobodyUses_IsProbed_AndTheProbeIsARequestLikeAnyOther()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 6h }", first, second);
        await PassAsync(gateway, TimeSpan.FromMinutes(2)); // neither has ever answered: each is probed at once
        Assert.Equal((1, 1), (first.Requests.Count, second.Requests.Count));
        Assert.Equal("""{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Answer with OK."}]}""", second.Requests.Single().Text);

        for (var hour = 0; hour < 5; hour++)
        {
            (await gateway.PostAsync(Question)).Dispose();
            await PassAsync(gateway, TimeSpan.FromHours(1), step: TimeSpan.FromMinutes(5));
        }

        Assert.Single(second.Requests);
        await PassAsync(gateway, TimeSpan.FromHours(1.1), step: TimeSpan.FromMinutes(5));
        Assert.Equal((6, 2), (first.Requests.Count, second.Requests.Count)); // the first is used
        var tier = Tier(await gateway.AdminAsync("fallbacks"), "tier-second");
        Assert.Equal(("probe", false), (tier["targets"]![0]!["by"]!.GetValue<string>(), tier["stale"]!.GetValue<bool>()));
        Assert.Equal("request", Tier(await gateway.AdminAsync("fallbacks"), "tier-first")["targets"]![0]!["by"]!.GetValue<string>());
        Assert.Equal(3, Query("SELECT count(*) FROM requests WHERE tenant = 'fairlead' AND key_name = 'probe' AND outcome = 'answered'"));
        Assert.Equal(8, Query("SELECT count(*) FROM attempts"));
        var metrics = await gateway.Client.GetStringAsync("metrics");
        Assert.Contains("fairlead_probes_total{otel_scope_name=\"Fairlead\",fairlead_target=\"second\",outcome=\"answered\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("fairlead_tier_untested_seconds{otel_scope_name=\"Fairlead\",fairlead_route=\"default\",fairlead_tier=\"tier-second\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budget_EndsProbesForTheDay()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second").Replace("\"completion_tokens\":3", "\"completion_tokens\":2000", StringComparison.Ordinal)));
        await using var gateway = await StartAsync("probes: { every: 1h, budget: $0.005 }", first, second); // two of the second, at $0.004 each, are too many

        await PassAsync(gateway, TimeSpan.FromHours(8), step: TimeSpan.FromMinutes(5));
        Assert.InRange(second.Requests.Count, 1, 2);
        var sent = second.Requests.Count;
        await PassAsync(gateway, TimeSpan.FromHours(6), step: TimeSpan.FromMinutes(5)); // the next day
        Assert.True(second.Requests.Count > sent);
    }

    [Theory]
    [InlineData("constraints: [ { name: none, when: caller.key == 'probe', require: target.name != 'second' } ]", "")]       // policy does not allow it
    [InlineData("", "\n  second: { provider: second-vendor, model: m }")]                       // nobody knows what it costs
    [InlineData("", "\n  second: { provider: second-vendor, model: m, price: { input: 1, output: 2 }, restricted: true }")]
    public async Task WhatMayNotBeProbed_IsNot(string more, string second)
    {
        await using var one = ByteServer.Start(Reply.Json(Answer("first")));
        await using var other = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { every: 1h }\n" + more, one, other, second);

        await PassAsync(gateway, TimeSpan.FromHours(3), step: TimeSpan.FromMinutes(5));

        Assert.NotEmpty(one.Requests);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task WithoutProbes_NothingIsSent_AndStaleFallbacksAreTold_UntilTheyAnswer()
    {
        var isDown = false;
        await using var first = ByteServer.Start(_ => isDown ? Reply.Json(Error("overloaded"), 503) : Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using var gateway = await StartAsync("probes: { stale: 2h }", first, second);

        for (var i = 0; i < 5; i++)
        {
            (await gateway.PostAsync(Question)).Dispose();
            await PassAsync(gateway, TimeSpan.FromMinutes(30), step: TimeSpan.FromMinutes(5));
        }

        Assert.Empty(second.Requests);
        var alert = (await gateway.AdminAsync("alerts"))["open"]!.AsArray().Single(one => one!["event"]!.GetValue<string>() == "stale_fallback")!;
        Assert.Equal("default/tier-second", alert["subject"]!.GetValue<string>());
        Assert.True(Tier(await gateway.AdminAsync("fallbacks"), "tier-second")["stale"]!.GetValue<bool>());

        isDown = true;
        (await gateway.PostAsync(Question)).Dispose();
        await PassAsync(gateway, TimeSpan.FromMinutes(2));
        Assert.DoesNotContain((await gateway.AdminAsync("alerts"))["open"]!.AsArray(), one => one!["event"]!.GetValue<string>() == "stale_fallback");
    }

    [Fact]
    public async Task Restart_KnowsWhatAnswered()
    {
        await using var first = ByteServer.Start(Reply.Json(Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Answer("second")));
        await using (var before = await StartAsync("probes: { every: 6h }", first, second)) await PassAsync(before, TimeSpan.FromMinutes(2));

        await using var gateway = await StartAsync("probes: { every: 6h }", first, second);
        await gateway.Host.ProbesStarted;
        await PassAsync(gateway, TimeSpan.FromMinutes(5));

        Assert.Single(second.Requests);
        Assert.Equal("probe", Tier(await gateway.AdminAsync("fallbacks"), "tier-second")["targets"]![0]!["by"]!.GetValue<string>());
    }

    private async Task<RunningGateway> StartAsync(string more, ByteServer first, ByteServer second, string otherSecond = "")
    {
        var yaml = Tiers("retries: 0", first.Address, second.Address);
        if (otherSecond.Length > 0) yaml = string.Join('\n', yaml.Split('\n').Select(line => line.StartsWith("  second: ", StringComparison.Ordinal) ? otherSecond[1..] : line));
        var gateway = await RunningGateway.StartAsync($"{yaml}\n{more}\nstore: {{ ledger: \"sqlite:{_folder.File("ledger.db")}\" }}\n", _time);
        await gateway.Host.ProbesStarted;
        return gateway;
    }

    /// <summary>Lets time pass, with room for what it sets off.</summary>
    private async Task PassAsync(RunningGateway gateway, TimeSpan length, TimeSpan? step = null)
    {
        for (var passed = TimeSpan.Zero; passed < length; passed += step ?? TimeSpan.FromSeconds(30))
        {
            _time.Advance(step ?? TimeSpan.FromSeconds(30));
            await gateway.Probes.Looked;
        }

        await gateway.Host.Ledger.FlushAsync();
    }

    private static JsonObject Tier(JsonObject report, string name) => report["tiers"]!.AsArray().Single(tier => tier!["tier"]!.GetValue<string>() == name)!.AsObject();

    private long Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("ledger.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
