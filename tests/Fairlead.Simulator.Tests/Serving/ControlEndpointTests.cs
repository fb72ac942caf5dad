using System.Net;
using System.Text;
using System.Text.Json;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Serving;

public sealed class ControlEndpointTests
{
    [Fact]
    public async Task Requests_Asked_ShowTheLogWithoutTheWholeKey()
    {
        await using var vendor = await StartAsync("status 503 times=1");
        (await vendor.SendAsync(Body("Hello"), "sk-1234567890")).Dispose();
        await vendor.EventsAsync(Body("Hello", "\"stream\":true"));

        var text = await vendor.Http.GetStringAsync("_simulator/requests");
        var log = JsonDocument.Parse(text).RootElement;

        Assert.Equal(2, log.GetProperty("count").GetInt64());
        var first = log.GetProperty("requests")[0];
        Assert.Equal(("status 503 times=1", 503, "Rejected"), (first.GetProperty("fault").GetString(), first.GetProperty("status").GetInt32(), first.GetProperty("ending").GetString()));
        Assert.Equal("sk-12345…", first.GetProperty("key").GetString());
        Assert.DoesNotContain("1234567890", text, StringComparison.Ordinal);
        var second = log.GetProperty("requests")[1];
        Assert.Equal((6, 5, 3, 42_500), (second.GetProperty("events").GetInt32(), second.GetProperty("input_tokens").GetInt32(), second.GetProperty("output_tokens").GetInt32(), second.GetProperty("nano_dollars").GetInt64()));
        Assert.Equal(Body("Hello", "\"stream\":true"), second.GetProperty("body").GetString());
    }

    [Fact]
    public async Task Requests_AfterANumber_BeginWithTheNext()
    {
        await using var vendor = await StartAsync();
        for (var index = 0; index < 3; index++) await vendor.AnswerAsync(Body());

        var log = JsonDocument.Parse(await vendor.Http.GetStringAsync("_simulator/requests?after=2")).RootElement;

        Assert.Equal(3, Assert.Single(log.GetProperty("requests").EnumerateArray()).GetProperty("number").GetInt64());
        Assert.Equal(HttpStatusCode.BadRequest, (await vendor.Http.GetAsync(new Uri("_simulator/requests?after=x", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Bill_Asked_ShowsTheSums()
    {
        await using var vendor = await StartAsync();
        await vendor.AnswerAsync(Body());

        var bill = JsonDocument.Parse(await vendor.Http.GetStringAsync("_simulator/bill")).RootElement;

        Assert.Equal((42_500, 1, 5, 3), (bill.GetProperty("nano_dollars").GetInt64(), bill.GetProperty("requests").GetInt64(), bill.GetProperty("input_tokens").GetInt64(), bill.GetProperty("output_tokens").GetInt64()));
    }

    [Fact]
    public async Task Faults_Posted_AreInForceUntilDeleted()
    {
        await using var vendor = await StartAsync();

        var (status, text) = await PostAsync(vendor, "# two faults\n\nstatus 503 times=1\r\n  truncate 2 model=x \n");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("status 503 times=1\ntruncate 2 model=x\n", text);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await vendor.SendAsync(Body())).StatusCode);
        Assert.Equal("truncate 2 model=x\n", await vendor.Http.GetStringAsync("_simulator/faults"));
        Assert.Equal("", await (await vendor.Http.DeleteAsync(new Uri("_simulator/faults", UriKind.Relative))).Content.ReadAsStringAsync());
        Assert.Empty(vendor.Vendor.Faults.Lines);
    }

    [Fact]
    public async Task Faults_OneLineWrong_AddsNoneAndNamesTheLine()
    {
        await using var vendor = await StartAsync();

        var (status, text) = await PostAsync(vendor, "status 503\nexplode\n");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith("Line 2: Fault 'explode': ", text, StringComparison.Ordinal);
        Assert.Empty(vendor.Vendor.Faults.Lines);
    }

    [Fact]
    public async Task Faults_TooMany_AreRefused()
    {
        await using var vendor = await StartAsync();

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(vendor, new string('#', 70_000))).Status);
    }

    [Fact]
    public async Task Faults_RefusePosted_AnswersBeforeItCutsTheLine()
    {
        var time = new SteppedTime();
        await using var vendor = await StartAsync(Instant, time);

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(vendor, "refuse for=5s")).Status);
        await time.WaitBeganAsync(vendor.Guard);

        await Assert.ThrowsAsync<HttpRequestException>(() => vendor.Http.GetAsync(new Uri("_simulator/faults", UriKind.Relative)));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("", await vendor.Http.GetStringAsync("_simulator/faults"));
    }

    private static async Task<(HttpStatusCode Status, string Text)> PostAsync(TestVendor vendor, string script)
    {
        using var response = await vendor.Http.PostAsync(new Uri("_simulator/faults", UriKind.Relative), new StringContent(script, Encoding.UTF8, "text/plain"), vendor.Guard);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
