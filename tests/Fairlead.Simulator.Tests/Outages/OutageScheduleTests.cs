using System.Net;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Outages;
using Fairlead.Simulator.Tests.Support;
using static Fairlead.Simulator.Tests.Support.TestVendor;

namespace Fairlead.Simulator.Tests.Outages;

/// <summary>Outages that vendors share, and those of their own models, on a clock that the test moves.</summary>
public sealed class OutageScheduleTests
{
    private readonly SteppedTime _time = new();
    private readonly OutageSchedule _schedule;

    public OutageScheduleTests() => _schedule = new OutageSchedule(_time);

    [Fact]
    public async Task Begin_Status_TakesEveryVendorDownUntilItEnds()
    {
        await using var east = await StartAsync("east");
        await using var west = await StartAsync("west");
        Assert.Equal(["east", "west"], _schedule.Vendors);

        _schedule.Begin(SimulatedFault.Parse("status 503 retry-after=7"));

        foreach (var vendor in new[] { east, west })
        {
            using var response = await vendor.SendAsync(Body("Hello", "\"stream\":true"));
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "7"), (response.StatusCode, response.Headers.GetValues("retry-after").Single()));
            using var models = await vendor.Http.GetAsync(new Uri("v1/models", UriKind.Relative), vendor.Guard);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, models.StatusCode);
            var entry = vendor.Vendor.Log.Find(1)!;
            Assert.Equal(("status 503 retry-after=7", "sim", true, RequestEnding.Rejected), (entry.Fault, entry.Model, entry.IsStream, entry.Ending));
            Assert.Equal(0, vendor.Vendor.Bill.Requests);
        }

        _schedule.End();
        await east.AnswerAsync(Body());
        await west.AnswerAsync(Body());
    }

    [Fact]
    public async Task Begin_Refuse_ClosesEveryPortForItsTime()
    {
        await using var east = await StartAsync("east");
        await using var west = await StartAsync("west");
        await east.AnswerAsync(Body());

        _schedule.Begin(SimulatedFault.Parse("refuse for=30s"));

        await Assert.ThrowsAsync<HttpRequestException>(() => east.SendAsync(Body()));
        await Assert.ThrowsAsync<HttpRequestException>(() => west.SendAsync(Body()));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(_schedule.Current);
        await east.AnswerAsync(Body());
        await west.AnswerAsync(Body());
    }

    [Fact]
    public async Task Plan_Later_BeginsThenAndEndsAfterItsTime()
    {
        await using var east = await StartAsync("east");
        _schedule.Plan(TimeSpan.FromSeconds(10), SimulatedFault.Parse("status 500 for=5s"));

        _time.Advance(TimeSpan.FromSeconds(9));
        _schedule.End(); // what has not begun stays
        await east.AnswerAsync(Body());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(east));
        _time.Advance(TimeSpan.FromSeconds(5));
        await east.AnswerAsync(Body());
    }

    [Fact]
    public async Task Begin_BlackHole_AnswersNothingAndBillsNothing()
    {
        await using var east = await StartAsync("east");
        _schedule.Begin(SimulatedFault.Parse("black-hole"));
        using (var client = await RawClient.ConnectAsync(east.Vendor))
        {
            await client.PostAsync(Body());
            await east.Vendor.Log.WhenAsync(request => request.Fault == "black-hole", east.Guard);
        }

        var entry = await east.Vendor.Log.WhenAsync(request => request.Ending is not null, east.Guard);
        Assert.Equal((RequestEnding.ClientClosed, 0, 0L), (entry.Ending, entry.StatusCode, entry.NanoDollars));
    }

    [Fact]
    public async Task Vendor_Stopped_HasLeftTheSchedule()
    {
        await using (var east = await StartAsync("east")) Assert.Equal(["east"], _schedule.Vendors);

        Assert.Empty(_schedule.Vendors);
        _schedule.Begin(SimulatedFault.Parse("refuse"));
    }

    [Theory]
    [InlineData("truncate 5", "is not an outage")]
    [InlineData("brownout errors=30%", "is not an outage")]
    [InlineData("status 503 + split 1", "is not an outage")]
    [InlineData("status 204", "an error status")]
    [InlineData("status 503 times=1", "only 'for'")]
    [InlineData("status 503 model=sim", "only 'for'")]
    public void Begin_NotAnOutage_SaysWhatIsWrong(string fault, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => _schedule.Begin(SimulatedFault.Parse(fault))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Control_Outage_TakesTheWholeGroupDownAndUp()
    {
        await using var east = await StartAsync("east");
        await using var west = await StartAsync("west");

        Assert.Contains("\"status 503 for=60s\"", await ControlAsync(east, HttpMethod.Post, "status 503 for=1m\n"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(west));
        Assert.Contains("\"west\"", await ControlAsync(west, HttpMethod.Get), StringComparison.Ordinal);
        Assert.Contains("\"outage\": null", await ControlAsync(west, HttpMethod.Delete), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(east));
        Assert.Contains("\"status 503\"", await ControlAsync(east, HttpMethod.Post), StringComparison.Ordinal);
        await ControlAsync(east, HttpMethod.Delete);
        Assert.Contains("\"refuse for=10s\"", await ControlAsync(east, HttpMethod.Post, "refuse for=10s"), StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            while (true) (await west.SendAsync(Body())).Dispose(); // the answer comes before the outage
        });
    }

    [Theory]
    [InlineData("explode", "is no effect")]
    [InlineData("truncate 5", "is not an outage")]
    [InlineData("refuse", "needs 'for'")]
    public async Task Control_NotAnOutage_IsRefused(string text, string reason)
    {
        await using var east = await StartAsync("east");

        Assert.Contains(reason, await ControlAsync(east, HttpMethod.Post, text, HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Null(_schedule.Current);
    }

    [Fact]
    public async Task Model_Run_IsUpAndDownAsItSays()
    {
        var model = OutageModel.Parse("60% repair=5m blip=10s seed=4");
        await using var east = await TestVendor.StartAsync(Instant with { Outages = model, Schedule = _schedule }, _time);
        var start = _time.GetUtcNow();
        var seen = new HashSet<string>();
        foreach (var outage in model.Between(TimeSpan.Zero, TimeSpan.FromHours(4)))
        {
            // In the middle of it, and halfway to the next change.
            foreach (var at in new[] { outage.Start + outage.Length / 2, outage.End + ((model.NextChangeAfter(outage.End)!.Value - outage.End) / 2) })
            {
                if (start + at <= _time.GetUtcNow()) continue;
                _time.SetUtcNow(start + at);
                var expected = model.OutageAt(at)?.Symptom.ToString() ?? "Up";
                Assert.Equal(expected, await SymptomAsync(east));
                seen.Add(expected);
            }
        }

        Assert.Equal(["Refused", "Silent", "Unavailable", "Up"], seen.Order(StringComparer.Ordinal));
    }

    private static async Task<string> SymptomAsync(TestVendor vendor)
    {
        var asked = vendor.Vendor.Log.Count;
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(vendor.Guard);
        using var content = new StringContent(Body());
        var answer = vendor.Http.PostAsync(new Uri("v1/chat/completions", UriKind.Relative), content, gone.Token);
        var silent = vendor.Vendor.Log.WhenAsync(request => request.Number > asked && request.Fault == "black-hole", gone.Token);
        try
        {
            if (await Task.WhenAny(answer, silent) == silent) return "Silent";
            using var response = await answer;
            return response.IsSuccessStatusCode ? "Up" : "Unavailable";
        }
        catch (HttpRequestException)
        {
            return "Refused";
        }
        finally
        {
            await gone.CancelAsync();
        }
    }

    private Task<TestVendor> StartAsync(string name) => TestVendor.StartAsync(Instant with { Name = name, Schedule = _schedule }, _time);

    private static async Task<HttpStatusCode> StatusAsync(TestVendor vendor)
    {
        using var response = await vendor.SendAsync(Body());
        return response.StatusCode;
    }

    private static async Task<string> ControlAsync(TestVendor vendor, HttpMethod method, string? text = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, "_simulator/outage") { Content = text is null ? null : new StringContent(text) };
        using var response = await vendor.Http.SendAsync(request, vendor.Guard);
        Assert.Equal(status, response.StatusCode);
        return await response.Content.ReadAsStringAsync(vendor.Guard);
    }
}
