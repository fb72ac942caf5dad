using Fairlead.Simulator.Outages;

namespace Fairlead.Simulator.Tests.Outages;

public sealed class OutageModelTests
{
    private static readonly TimeSpan Years = TimeSpan.FromDays(20 * 365);

    [Theory]
    [InlineData("99.5%", 20, 1)]
    [InlineData("99.5% seed=7 vendor=9", 20, 1)]
    [InlineData("99.9% repair=10m blip=1s seed=3", 20, 5)]
    [InlineData("90% repair=30s", 1, 1)]
    [InlineData("50% repair=10m blip=1m vendor=4", 1, 2)]
    public void TimeUp_OverManyYears_IsTheAvailabilityAskedFor(string text, int years, double percent)
    {
        var model = OutageModel.Parse(text);

        // N outages of random lengths make a time down with a standard deviation of √(2/N) of it: about so many percent.
        var horizon = TimeSpan.FromDays(365 * years);
        var down = Down(model, horizon).TotalSeconds / horizon.TotalSeconds;

        Assert.InRange(down / (1 - model.Options.Availability), 1 - 4 * percent / 100, 1 + 4 * percent / 100);
    }

    [Fact]
    public void Layers_OverManyYears_HaveTheirMeanLengthsAndShares()
    {
        var model = OutageModel.Parse("99.5% repair=4m blip=8s vendor=2");
        var layers = model.Between(TimeSpan.Zero, Years).GroupBy(outage => outage.Layer).ToDictionary(group => group.Key, group => group.ToArray());

        Assert.InRange(layers[OutageLayer.Blip].Average(outage => outage.Length.TotalSeconds), 7.8, 8.2);
        Assert.InRange(layers[OutageLayer.Incident].Average(outage => outage.Length.TotalSeconds), 230, 250);
        Assert.InRange(layers[OutageLayer.Vendor].Average(outage => outage.Length.TotalSeconds), 228, 252);
        var down = layers.ToDictionary(pair => pair.Key, pair => pair.Value.Sum(outage => outage.Length.TotalSeconds) / Years.TotalSeconds);
        Assert.InRange(down[OutageLayer.Blip], 0.00095, 0.00105);
        Assert.InRange(down[OutageLayer.Incident], 0.00235, 0.00265);
        Assert.InRange(down[OutageLayer.Vendor], 0.00138, 0.00162);
        foreach (var symptom in Enum.GetValues<OutageSymptom>()) Assert.InRange(layers[OutageLayer.Blip].Count(outage => outage.Symptom == symptom) / (double)layers[OutageLayer.Blip].Length, 0.32, 0.35);
    }

    [Fact]
    public void Models_WithTheSameOptions_AreDownAtTheSameTimes() =>
        Assert.Equal(OutageModel.Parse("99% seed=5").Between(TimeSpan.Zero, TimeSpan.FromDays(30)), OutageModel.Parse("99% seed=5").Between(TimeSpan.Zero, TimeSpan.FromDays(30)));

    [Fact]
    public void Models_OfOneVendor_ShareItsOutagesAndNoOthers()
    {
        var one = OutageModel.Parse("99% seed=5 vendor=1").Between(TimeSpan.Zero, TimeSpan.FromDays(90)).ToArray();
        var other = OutageModel.Parse("99% seed=6 vendor=1").Between(TimeSpan.Zero, TimeSpan.FromDays(90)).ToArray();

        Assert.Contains(one, outage => outage.Layer == OutageLayer.Vendor);
        Assert.Equal(one.Where(outage => outage.Layer == OutageLayer.Vendor), other.Where(outage => outage.Layer == OutageLayer.Vendor));
        Assert.Empty(one.Where(outage => outage.Layer != OutageLayer.Vendor).Intersect(other));
    }

    [Fact]
    public void Look_InAnyOrder_SeesTheSame()
    {
        var ahead = OutageModel.Parse("95% seed=2");
        var behind = OutageModel.Parse("95% seed=2");
        var hours = Enumerable.Range(0, 24 * 20).Select(quarter => TimeSpan.FromMinutes(3 * quarter)).ToArray();

        var expected = hours.Select(ahead.OutageAt).ToArray();

        Assert.Contains(expected, outage => outage is not null);
        Assert.Equal(expected, hours.Reverse().Select(behind.OutageAt).Reverse());
    }

    [Fact]
    public void NextChange_FromChangeToChange_TurnsUpAndDown()
    {
        var model = OutageModel.Parse("60% repair=1m blip=30s vendor=3 seed=8");
        var isUp = model.IsUpAt(TimeSpan.Zero);
        var at = TimeSpan.Zero;
        for (var change = 0; change < 500; change++)
        {
            var next = model.NextChangeAfter(at)!.Value;
            Assert.True(next > at);
            Assert.Equal(isUp, model.IsUpAt(next - new TimeSpan(1)));
            Assert.Equal(!isUp, model.IsUpAt(next));
            (at, isUp) = (next, !isUp);
        }
    }

    [Fact]
    public void Start_OfManyModels_IsDownAsOftenAsAnyTime()
    {
        var down = Enumerable.Range(0, 4_000).Count(seed => !new OutageModel(new OutageModelOptions { Availability = 0.8, Seed = (ulong)seed }).IsUpAt(TimeSpan.Zero));

        Assert.InRange(down, 700, 900);
    }

    [Fact]
    public void Model_AlwaysUp_NeverChanges()
    {
        var model = OutageModel.Parse("100%");

        Assert.True(model.IsUpAt(Years));
        Assert.Null(model.NextChangeAfter(TimeSpan.Zero));
        Assert.Empty(model.Between(TimeSpan.Zero, Years));
    }

    [Theory]
    [InlineData("99.5%")]
    [InlineData("99.5% repair=90s blip=500ms seed=3 vendor=0")]
    public void ToString_OfAWellFormedText_IsThatText(string text) => Assert.Equal(text, OutageModel.Parse(text).ToString());

    [Theory]
    [InlineData("", "begins with the availability")]
    [InlineData("0.995", "begins with the availability")]
    [InlineData("seed=3", "begins with the availability")]
    [InlineData("100.1%", "between 1% and 100%")]
    [InlineData("0%", "between 1% and 100%")]
    [InlineData("99% repair=2", "'repair=2'")]
    [InlineData("99% repair=1ms", "between 100ms and a day")]
    [InlineData("99% blip=10ms", "between 100ms and a day")]
    [InlineData("99% seed=-1", "'-1' is not a seed")]
    [InlineData("99% sede=1", "does not take 'sede=1'")]
    [InlineData("99% 98%", "does not take '98%'")]
    public void Parse_NotAModel_SaysWhatIsWrong(string text, string reason)
    {
        var exception = Assert.Throws<FormatException>(() => OutageModel.Parse(text));

        Assert.StartsWith($"Outages '{text}': ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private static TimeSpan Down(OutageModel model, TimeSpan horizon)
    {
        var down = TimeSpan.Zero;
        var until = TimeSpan.Zero;
        foreach (var outage in model.Between(TimeSpan.Zero, horizon))
        {
            var start = outage.Start > until ? outage.Start : until;
            var end = outage.End < horizon ? outage.End : horizon;
            if (end > start) down += end - start;
            if (outage.End > until) until = outage.End;
        }

        return down;
    }
}
