using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Overload;

/// <summary>How a gateway stops, on a clock that the test turns.</summary>
public sealed class GatewayStopTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Notice_RequestsAreTakenWhileReadinessIsDenied()
    {
        await using var vendor = ByteServer.Start(Reply.Json(Vendors.Answer("A")));
        await using var gateway = await StartAsync("stop: { notice: 5s }", vendor);
        var stopped = gateway.Host.WaitForShutdownAsync(CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Client.GetAsync("readyz")).StatusCode);

        gateway.Host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await LoggedAsync(gateway, "about to stop");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Client.GetAsync("readyz")).StatusCode);
        using var response = await gateway.PostAsync(Vendors.Question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.ConnectionClose);
        Assert.False(stopped.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));
        await stopped.WaitAsync(TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<HttpRequestException>(() => gateway.PostAsync(Vendors.Question));
    }

    [Theory]
    [InlineData("v1/chat/completions", "server_error")]
    [InlineData("v1/messages", "overloaded_error")]
    public async Task Drain_WhatComesIsRefused_WhatRunsEnds(string path, string type)
    {
        await using var streams = new OpenStreams();
        await using var gateway = await StartAsync("stop: { drain: 30s }", streams.Vendor);
        using var closing = streams.Closing();
        await streams.OpenAsync(gateway);

        var stopped = await StopAsync(gateway);

        using var refused = await gateway.PostAsync(path, Vendors.Question);
        var error = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, type), (refused.StatusCode, error["type"]!.GetValue<string>()));
        Assert.True(refused.Headers.ConnectionClose);
        Assert.NotEqual("", Vendors.Header(refused, "retry-after-ms"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await gateway.Client.GetAsync("readyz")).StatusCode);
        Assert.False(stopped.Stopped.IsCompleted);
        Assert.Contains(Vendors.Done, Assert.Single(await streams.EndAsync()), StringComparison.Ordinal);
        await stopped.Stopped.WaitAsync(TimeSpan.FromSeconds(60)); // without the clock being turned: nothing is left to wait for
    }

    [Fact]
    public async Task Drain_IsOver_StreamsEndWithAnError_AndJsonIsRefused()
    {
        await using var streams = new OpenStreams();
        await using var silent = ByteServer.Start(new Reply(200, "application/json", []) { Before = _ => Task.Delay(Timeout.Infinite) });
        await using var gateway = await RunningGateway.StartAsync("stop: { drain: 10s }\n" + Vendors.Tiers("retries: 0", streams.Vendor.Address, silent.Address), _time);
        using var closing = streams.Closing();
        using var stream = await gateway.PostAsync(Vendors.StreamQuestion);
        var asking = gateway.PostAsync("""{"model":"second","messages":[{"role":"user","content":"Hello"}]}""");
        while (silent.Requests.IsEmpty) await Task.Yield();

        var stopped = await StopAsync(gateway);
        var reading = ReadAsync(stream);
        _time.Advance(TimeSpan.FromSeconds(10));

        var events = (await reading).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("gateway_stopping", JsonNode.Parse(events[^1]["data: ".Length..])!["error"]!["code"]!.GetValue<string>());
        using var response = await asking;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("gateway_stopping", JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]!.GetValue<string>());
        Assert.StartsWith("Not answered because the gateway was stopped before the target that the request names had answered; ", Vendors.Header(response, "x-fairlead-reason"), StringComparison.Ordinal);
        Assert.Equal("", Vendors.Header(response, "x-should-retry")); // elsewhere, or in a moment, it has an answer
        await stopped.Stopped.WaitAsync(TimeSpan.FromSeconds(60));
        var totals = await gateway.Host.Ledger.TotalsAsync(CancellationToken.None);
        Assert.Equal(2, totals.Requests);
        Assert.Contains("The time to drain is over: 2 answers", gateway.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("The breaker of target", gateway.Log.Text, StringComparison.Ordinal);
        Assert.Empty(streams.Vendor.Requests.Skip(1)); // no other attempt is made
    }

    private Task<RunningGateway> StartAsync(string stop, ByteServer vendor) => RunningGateway.StartAsync(stop + "\n" + Vendors.Tiers("retries: 0", vendor.Address), _time);

    /// <summary>Asks it to stop; returns once it drains, with what completes when it has stopped.</summary>
    private static async Task<Stopping> StopAsync(RunningGateway gateway)
    {
        using var asked = new CancellationTokenSource();
        var stopped = gateway.Host.WaitForShutdownAsync(asked.Token);
        await asked.CancelAsync();
        await LoggedAsync(gateway, "Fairlead is stopping");
        return new Stopping(stopped);
    }

    private static async Task LoggedAsync(RunningGateway gateway, string text)
    {
        while (!gateway.Log.Text.Contains(text, StringComparison.Ordinal)) await Task.Delay(1);
    }

    private sealed record Stopping(Task Stopped);

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        var text = new System.Text.StringBuilder();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        try
        {
            var buffer = new char[4096];
            int read;
            while ((read = await reader.ReadAsync(buffer)) > 0) text.Append(buffer, 0, read);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // The abort behind the error event.
        }

        return text.ToString();
    }
}
