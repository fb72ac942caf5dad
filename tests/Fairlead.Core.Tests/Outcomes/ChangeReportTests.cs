using Fairlead.Core.Outcomes;

namespace Fairlead.Core.Tests.Outcomes;

/// <summary>Which groups are told, and what the whole is explained by.</summary>
public sealed class ChangeReportTests
{
    [Fact]
    public void Of_MoreGroupsThanAreTold_TellsTheLargestAndExplainsTheWholeAllTheSame()
    {
        SumsRow[] before = [Row("a", "mini", 10), Row("b", "mini", 10), Row("c", "mini", 10)];
        SumsRow[] after = [Row("a", "mini", 15), Row("b", "mini", 1), Row("c", "mini", 12), Row("d", "maxi", 7)];

        var report = ChangeReport.Of(before, after, isPerOutcome: false, 2, CancellationToken.None);

        Assert.Equal([("b", -9L), ("d", 7L)], report.Rows.Select(row => (row.Values[0]!, row.Change!.Change.NanoDollars)));
        Assert.Equal((2, 5L), (report.OtherGroups, report.Total!.Change.NanoDollars));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_TheSameRequestsToldApart_HasTheSameTotal(bool isPerOutcome)
    {
        SumsRow[] before = [Row("a", "mini", 100), Row("b", "mini", 10), Row("b", "maxi", 40)];
        SumsRow[] after = [Row("a", "mini", 30), Row("c", "mini", 90), Row("a", "maxi", 80)];
        static SumsRow[] Together(SumsRow[] rows) =>
            [.. rows.GroupBy(row => row.Values[1]).Select(group => new SumsRow([group.Key, "m"], new RequestSums { Requests = group.Count(), Consumed = group.Select(row => row.Sums.Consumed).Aggregate((one, other) => one + other) }))];

        var apart = ChangeReport.Of(before, after, isPerOutcome, 10, CancellationToken.None);
        var whole = ChangeReport.Of(Together(before), Together(after), isPerOutcome, 10, CancellationToken.None);

        Assert.Empty(whole.Rows);
        Assert.Equal(3, apart.Rows.Length);
        Assert.Equal(whole.Total!.Parts, apart.Total!.Parts);
        Assert.Equal((whole.Total.Before, whole.Total.After), (apart.Total.Before, apart.Total.After));
    }

    [Fact]
    public void Of_PerOutcome_GroupsWithoutOneComeLast()
    {
        var none = new RequestSums { Requests = 1, Consumed = new Consumption(1, 0, 1, 10, 10, 1000, 500) };

        var report = ChangeReport.Of([new SumsRow(["a", "mini", "m"], none), Row("b", "mini", 10)], [Row("a", "mini", 10), Row("b", "mini", 11)], isPerOutcome: true, 10, CancellationToken.None);

        Assert.Equal([("b", true), ("a", false)], report.Rows.Select(row => (row.Values[0]!, row.Change is not null)));
    }

    [Fact]
    public void Of_GivenUp_Ends() =>
        Assert.Throws<OperationCanceledException>(() => ChangeReport.Of([Row("a", "mini", 1)], [Row("a", "mini", 2)], isPerOutcome: false, 10, new CancellationToken(canceled: true)));

    private static SumsRow Row(string feature, string target, long cost) =>
        new([feature, target, "m"], new RequestSums { Requests = 2, Consumed = new Consumption(2, 1, 2, 10 * cost, 7, cost, cost / 2) });
}
