using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>What is measured of targets, on a clock that the test turns.</summary>
public sealed class HealthBoardTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HealthBoard _board;

    public HealthBoardTests() => _board = new HealthBoard(_time, new Random(1));

    [Fact]
    public void View_NothingRecorded_IsEmpty()
    {
        Assert.Same(HealthView.Empty, _board.View);
        Assert.Null(_board.View.Find("large"));
    }

    [Fact]
    public void View_NineteenSamples_HasNoFigures_AndTwentyHave()
    {
        for (var i = 0; i < 19; i++) Answer("large", 100);
        var before = View().Find("large")!;
        Answer("large", 100);
        var after = View().Find("large")!;

        Assert.Equal((19, null, null, null, null, null), (before.Samples, before.P50Ms, before.P95Ms, before.P99Ms, before.SuccessRate, before.RetryRate));
        Assert.Equal((20, 1.0, 0.0), (after.Samples, after.SuccessRate, after.RetryRate));
        Exactly.AssertNear(100, after.P50Ms, 0.05);
        Exactly.AssertNear(100, after.P95Ms, 0.05);
        Exactly.AssertNear(100, after.P99Ms, 0.05);
    }

    [Fact]
    public void View_SamplesOverManySlices_HasTheirPercentiles()
    {
        var random = new Random(3);
        var samples = new List<double>();
        for (var i = 0; i < 280; i++)
        {
            samples.Add(20 + (3000 * random.NextDouble()));
            Answer("large", samples[^1]);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var health = View().Find("large")!;

        Assert.Equal(280, health.Samples);
        Exactly.AssertNear(Exactly.Percentile(samples, 0.5), health.P50Ms, 0.05);
        Exactly.AssertNear(Exactly.Percentile(samples, 0.95), health.P95Ms, 0.05);
        Exactly.AssertNear(Exactly.Percentile(samples, 0.99), health.P99Ms, 0.05);
    }

    [Fact]
    public void Window_Slides_ForgetsWhatIsOlderThanFiveMinutes()
    {
        for (var i = 0; i < 30; i++) Answer("large", 5000);
        _time.Advance(TimeSpan.FromMinutes(4));
        for (var i = 0; i < 20; i++) Answer("large", 50);
        Assert.Equal(50, View().Find("large")!.Samples);
        Exactly.AssertNear(5000, View().Find("large")!.P50Ms, 0.05);

        _time.Advance(TimeSpan.FromSeconds(49)); // 4:49 after the first samples: in their slice's five minutes still
        Assert.Equal(50, View().Find("large")!.Samples);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(20, View().Find("large")!.Samples);
        Exactly.AssertNear(50, View().Find("large")!.P50Ms, 0.05);

        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Null(View().Find("large"));
        Answer("large", 70); // the ring's places are used again, empty
        Assert.Equal(1, View().Find("large")!.Samples);
    }

    [Fact]
    public void Window_RunsForHours_NeverHoldsMoreThanFiveMinutes()
    {
        var start = _time.GetUtcNow();
        var recorded = new List<double>();
        for (var minute = 0; minute < 240; minute++)
        {
            for (var i = 0; i < 7; i++)
            {
                recorded.Add((_time.GetUtcNow() - start).TotalSeconds);
                Answer("large", 10);
                _time.Advance(TimeSpan.FromSeconds(8.3));
            }

            var health = View().Find("large")!;
            var slice = Math.Floor((_time.GetUtcNow() - start).TotalSeconds / 10);
            Assert.Equal(recorded.Count(second => second >= (slice - 29) * 10), health.Samples);
        }
    }

    [Theory]
    [InlineData(FailureClass.ServerError)]
    [InlineData(FailureClass.Timeout)]
    [InlineData(FailureClass.Stalled)]
    [InlineData(FailureClass.ConnectFailed)]
    public void SuccessRate_FailuresOfTheTarget_LowerIt(FailureClass failure)
    {
        for (var i = 0; i < 30; i++) Answer("large", 10);
        for (var i = 0; i < 10; i++) Fail("large", failure);

        Assert.Equal(0.75, View().Find("large")!.SuccessRate);
        Assert.Equal((40, 40, 30), (View().Find("large")!.Samples, View().Find("large")!.JudgedSamples, View().Find("large")!.TimedSamples));
    }

    [Theory]
    [InlineData(FailureClass.ClientGone)]
    [InlineData(FailureClass.BadRequest)]
    [InlineData(FailureClass.ContextLengthExceeded)]
    [InlineData(FailureClass.PolicyRejected)]
    [InlineData(FailureClass.RateLimited)]
    [InlineData(FailureClass.CredentialsInvalid)]
    [InlineData(FailureClass.DependencyDown)]
    public void SuccessRate_FailuresOfOthers_LeaveItAlone(FailureClass failure)
    {
        for (var i = 0; i < 19; i++) Answer("large", 10);
        for (var i = 0; i < 100; i++) Fail("large", failure);
        Assert.Null(View().Find("large")!.SuccessRate); // nor do they make nineteen answers enough
        Answer("large", 10);

        var health = View().Find("large")!;
        Assert.Equal((120, 20, 1.0), (health.Samples, health.JudgedSamples, health.SuccessRate));
    }

    [Fact]
    public void SuccessRate_ExcusedFailures_LeaveItAlone()
    {
        for (var i = 0; i < 20; i++) Answer("large", 10);
        for (var i = 0; i < 20; i++) _board.Record(new AttemptSample("large", FailureClass.Timeout, null) { IsExcused = true });

        Assert.Equal(1, View().Find("large")!.SuccessRate);
    }

    [Fact]
    public void Rates_AreSharesOfWhatTheySpeakOf()
    {
        for (var i = 0; i < 40; i++)
        {
            _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(5))
            {
                IsRetry = i % 4 == 0, // 10 of 40
            });
        }

        for (var i = 0; i < 25; i++) _board.Judge("large", i % 5 != 0, null); // 20 of 25
        for (var i = 0; i < 20; i++) _board.Judge("large", null, i != 7);     // 19 of 20
        var health = View().Find("large")!;
        Assert.Equal((0.25, 0.8, 0.95), (health.RetryRate, health.SchemaValidity, health.ToolSuccess));
        Assert.Equal((25, 20), (health.SchemaSamples, health.ToolSamples));
    }

    [Fact]
    public void SchemaValidity_TooFewLookedAt_IsUnknown()
    {
        for (var i = 0; i < 40; i++) _board.Record(new AttemptSample("large", FailureClass.None, null));
        for (var i = 0; i < 19; i++) _board.Judge("large", false, null);

        Assert.Null(View().Find("large")!.SchemaValidity);
    }

    [Fact]
    public void QuotaLeft_IsTheLastWord_AndFadesWithTheWindow()
    {
        Quota(0.9);
        Quota(0.4);
        Answer("large", 10); // a vendor that says nothing takes nothing back
        Assert.Equal(0.4, View().Find("large")!.QuotaLeft);
        Quota(1.7);
        Assert.Equal(1, View().Find("large")!.QuotaLeft);

        _time.Advance(TimeSpan.FromMinutes(6));
        Answer("large", 10);
        Assert.Null(View().Find("large")!.QuotaLeft);
    }

    [Fact]
    public void View_Version_GrowsWithChangesOnly_AndNotBeforeItIsDue()
    {
        Answer("large", 10);
        var first = View();
        Answer("large", 10);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Same(first, _board.View);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var second = _board.View;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(second, _board.View); // nothing came
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Same(second, _board.View); // nothing left the window
        _time.Advance(TimeSpan.FromMinutes(6));
        var third = _board.View;

        Assert.Equal((1, 2, 3), (first.Version, second.Version, third.Version));
        Assert.Equal((1, 2), (first.Find("large")!.Samples, second.Find("large")!.Samples));
        Assert.Empty(third.Targets);
    }

    [Fact]
    public void View_UnchangedTarget_StaysTheSameObject()
    {
        Answer("large", 10);
        Answer("small", 10);
        var before = View().Find("large");
        Answer("small", 10);

        Assert.Same(before, View().Find("large"));
    }

    [Fact]
    public void View_NamesOfClients_AreBounded_AndMakeRoomAgain()
    {
        for (var i = 0; i < 1500; i++) Answer("vendor/model-" + i, 10);
        Answer("large", 10);
        Assert.Equal(1001, View().Targets.Count);
        Assert.NotNull(View().Find("vendor/model-999"));
        Assert.Null(View().Find("vendor/model-1000"));
        Answer("vendor/model-3", 10); // one that is known goes on being counted
        Assert.Equal(2, View().Find("vendor/model-3")!.Samples);

        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty(View().Targets);
        for (var i = 2000; i < 3500; i++) Answer("vendor/model-" + i, 10);
        Assert.Equal(1000, View().Targets.Count);
    }

    [Fact]
    public async Task Record_EightThreads_SumUp()
    {
        const int threads = 8, each = 20_000;
        using var start = new Barrier(threads + 1);
        var recording = Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                for (var i = 0; i < each; i++)
                {
                    var target = i % 2 == 0 ? "even" : "odd";
                    _board.Record(new AttemptSample(target, i % 10 == 0 ? FailureClass.ServerError : FailureClass.None, i % 10 == 0 ? null : TimeSpan.FromMilliseconds(thread + 1)) { IsRetry = i % 4 == 1 });
                }
            },
            TaskCreationOptions.LongRunning)).ToList();
        start.SignalAndWait();
        for (var reads = 0; reads < 800 && !recording.TrueForAll(task => task.IsCompleted); reads++) // 200 s: all stay in the window
        {
            _ = View(); // reads while they write
            await Task.Yield();
        }

        await Task.WhenAll(recording);
        var (even, odd) = (View().Find("even")!, View().Find("odd")!);

        Assert.Equal((80_000, 80_000), (even.Samples, odd.Samples));
        Assert.Equal((64_000, 80_000), (even.TimedSamples, odd.TimedSamples)); // every fifth of the even ones failed
        Assert.Equal((0.8, 1.0), (even.SuccessRate, odd.SuccessRate));
        Assert.Equal((0.0, 0.5), (even.RetryRate, odd.RetryRate));
    }

    [Fact]
    public void Record_OnceTheWindowHasGoneRound_AllocatesNothing()
    {
        for (var slice = 0; slice < 40; slice++)
        {
            Answer("large", 10);
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Answer("large", i);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private HealthView View()
    {
        _time.Advance(HealthBoard.ViewAge);
        return _board.View;
    }

    private void Answer(string target, double milliseconds) => _board.Record(new AttemptSample(target, FailureClass.None, TimeSpan.FromMilliseconds(milliseconds)));

    private void Fail(string target, FailureClass failure) => _board.Record(new AttemptSample(target, failure, null));

    private void Quota(double left) => _board.Record(new AttemptSample("large", FailureClass.None, TimeSpan.FromMilliseconds(10)) { QuotaLeft = left });
}
