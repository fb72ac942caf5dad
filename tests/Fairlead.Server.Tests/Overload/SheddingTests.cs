using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Overload;

/// <summary>A gateway without room for all refuses what matters least, before it does anything for it.</summary>
public sealed class SheddingTests
{
    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["CRITICAL"] = "critical-0123456789",
        ["NORMAL"] = "normal-0123456789",
        ["BATCH"] = "batch-0123456789",
        ["ADMIN"] = "admin-0123456789",
    };

    [Fact]
    public async Task FullOfRequests_WhatMattersLeastIsRefusedFirst()
    {
        await using var streams = new OpenStreams();
        await using var gateway = await StartAsync(streams.Vendor);
        using var closing = streams.Closing();

        for (var i = 0; i < 6; i++) await streams.OpenAsync(gateway, Key("BATCH"));
        await streams.OpenAsync(gateway, Key("NORMAL"));
        Assert.Equal((503, 200), (await StatusAsync(gateway, streams, "BATCH"), await StatusAsync(gateway, streams, "NORMAL"))); // 7 of 10, then 8
        await streams.OpenAsync(gateway, Key("CRITICAL"));
        Assert.Equal((503, 200), (await StatusAsync(gateway, streams, "NORMAL"), await StatusAsync(gateway, streams, "CRITICAL"))); // 9 of 10, then all
        Assert.Equal(503, await StatusAsync(gateway, streams, "CRITICAL"));

        foreach (var text in await streams.EndAsync()) Assert.Contains(Vendors.Done, text, StringComparison.Ordinal); // nobody who was taken was harmed
        using var after = await gateway.PostAsync(Vendors.Question, Key("BATCH"));
        Assert.NotEqual(HttpStatusCode.ServiceUnavailable, after.StatusCode);
        Assert.Contains("Fairlead has no room for all: everything is refused", gateway.Log.Text, StringComparison.Ordinal);
        Assert.Contains("Fairlead has room again", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1/chat/completions", "server_error")]
    [InlineData("v1/messages", "overloaded_error")]
    public async Task Refusal_IsOfItsDialect_WithATimeToComeBack(string path, string type)
    {
        await using var streams = new OpenStreams();
        await using var gateway = await StartAsync(streams.Vendor, concurrent: 1);
        using var closing = streams.Closing();
        await streams.OpenAsync(gateway, Key("CRITICAL"));

        var waits = new HashSet<string>();
        for (var i = 0; i < 8; i++)
        {
            using var response = await gateway.PostAsync(path, Vendors.Question, Key("NORMAL"));
            var error = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.Equal(type, error["type"]!.GetValue<string>());
            if (path == "v1/chat/completions") Assert.Equal("gateway_overloaded", error["code"]!.GetValue<string>());
            var wait = int.Parse(Vendors.Header(response, "retry-after-ms"), CultureInfo.InvariantCulture);
            Assert.InRange(wait, 1000, 5000);
            Assert.Equal((int)Math.Ceiling(wait / 1000.0), int.Parse(Vendors.Header(response, "retry-after"), CultureInfo.InvariantCulture));
            Assert.Equal("", Vendors.Header(response, "x-should-retry")); // an SDK is to try again
            waits.Add(Vendors.Header(response, "retry-after-ms"));
        }

        Assert.True(waits.Count > 1, "All would come back at once.");
    }

    [Fact]
    public async Task Refusal_ComesBeforeTheBodyIsRead_AndLeavesNoRecord()
    {
        await using var streams = new OpenStreams();
        await using var gateway = await StartAsync(streams.Vendor, concurrent: 1);
        using var closing = streams.Closing();
        await streams.OpenAsync(gateway, Key("CRITICAL"));

        // The head of a request whose body never comes.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Secrets["NORMAL"]}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"));
        var buffer = new byte[4096];
        var answer = Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        await streams.EndAsync();
        Assert.Equal(1, (await gateway.Host.Ledger.TotalsAsync(CancellationToken.None)).Requests);
        Assert.Single(streams.Vendor.Requests);
    }

    [Fact]
    public async Task HealthMetricsAndAdministration_AreNeverRefused()
    {
        await using var streams = new OpenStreams();
        await using var gateway = await StartAsync(streams.Vendor, concurrent: 1);
        using var closing = streams.Closing();
        await streams.OpenAsync(gateway, Key("CRITICAL"));
        Assert.Equal(503, await StatusAsync(gateway, streams, "CRITICAL"));
        Assert.Equal(503, await StatusAsync(gateway, streams, "BATCH"));

        foreach (var path in new[] { "healthz", "readyz", "v1/models", "admin/v1/targets" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new("Bearer", Secrets[path.StartsWith("admin", StringComparison.Ordinal) ? "ADMIN" : "NORMAL"]);
            using var response = await gateway.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        using var scrape = new HttpRequestMessage(HttpMethod.Get, "metrics");
        scrape.Headers.Authorization = new("Bearer", Secrets["ADMIN"]);
        using var scraped = await gateway.Client.SendAsync(scrape);
        var metrics = await scraped.Content.ReadAsStringAsync();
        Assert.Contains("fairlead_shed", metrics, StringComparison.Ordinal);
        Assert.Matches("fairlead_shed[^\n]*criticality=\"critical\"[^\n]*reason=\"concurrency\"[^\n]* 1[ \n]", metrics);
        Assert.Matches("fairlead_shed[^\n]*criticality=\"sheddable\"[^\n]*reason=\"concurrency\"[^\n]* 1[ \n]", metrics);
        Assert.Matches("fairlead_refused[^\n]*code=\"gateway_overloaded\"[^\n]* 2[ \n]", metrics);
        Assert.Matches("fairlead_overload_level[^\n]* 3[ \n]", metrics);
        Assert.Matches("fairlead_overload_in_flight[^\n]* 1[ \n]", metrics);
    }

    [Fact]
    public async Task TokenCountsAndExplanations_AreRefusedToo_AndTheirPlacesGivenBack()
    {
        await using var streams = new OpenStreams();
        await using var gateway = await StartAsync(streams.Vendor, concurrent: 2);
        using var closing = streams.Closing();
        for (var i = 0; i < 5; i++)
        {
            using var counted = await gateway.PostAsync("v1/messages/count_tokens", Vendors.Question, Key("NORMAL"));
            using var wrong = await gateway.PostAsync("v1/explain", "{", Key("NORMAL"));
            using var broken = await gateway.PostAsync("{", Key("NORMAL"));
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (counted.StatusCode, wrong.StatusCode, broken.StatusCode));
        }

        await streams.OpenAsync(gateway, Key("CRITICAL"));
        await streams.OpenAsync(gateway, Key("CRITICAL"));
        foreach (var path in new[] { "v1/messages/count_tokens", "v1/explain" })
        {
            using var response = await gateway.PostAsync(path, Vendors.Question, Key("NORMAL"));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }
    }

    [Fact]
    public async Task KeyOfTheStore_HasACriticalityToo()
    {
        await using var streams = new OpenStreams();
        using var folder = new TemporaryFolder();
        await using var gateway = await StartAsync(streams.Vendor, store: folder.File("ledger.db"));
        using var closing = streams.Closing();
        var keys = new Dictionary<string, (string, string)>();
        foreach (var criticality in new[] { "sheddable", "critical" })
        {
            using var created = await gateway.PostAsync("admin/v1/keys", $$"""{ "name": "{{criticality}}-key", "criticality": "{{criticality}}" }""", Key("ADMIN"));
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            keys[criticality] = ("Authorization", "Bearer " + JsonNode.Parse(await created.Content.ReadAsStringAsync())!["secret"]);
        }

        for (var i = 0; i < 10; i++)
        {
            if (i == 7)
            {
                using var refused = await gateway.PostAsync(Vendors.Question, keys["sheddable"]);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            }

            await streams.OpenAsync(gateway, keys["critical"]);
        }
    }

    private static Task<RunningGateway> StartAsync(ByteServer vendor, int concurrent = 10, string store = ":memory:") => RunningGateway.StartAsync(
        $$"""
        overload: { concurrent: {{concurrent}} }
        store: { ledger: "sqlite:{{store}}" }
        admin: { key: "env:ADMIN" }
        keys:
          - { name: critical, secret: "env:CRITICAL", criticality: critical }
          - { name: normal, secret: "env:NORMAL" }
          - { name: batch, secret: "env:BATCH", criticality: sheddable }

        """ + Vendors.Tiers("retries: 0", vendor.Address), environment: Secrets);

    private static (string Name, string Value) Key(string name) => ("Authorization", "Bearer " + Secrets[name]);

    /// <summary>What a stream gets that is asked for now; it stays open where it is taken.</summary>
    private static async Task<int> StatusAsync(RunningGateway gateway, OpenStreams streams, string key)
    {
        using var response = await gateway.PostAsync("{", Key(key)); // taken, and then refused for its body
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable) return 503;
        await streams.OpenAsync(gateway, Key(key));
        return 200;
    }
}
