using Fairlead.Core.Health;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Core.Tests.Health;

/// <summary>How many retries a target gets.</summary>
public sealed class RetryBudgetTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RetryBudget _budget;

    public RetryBudgetTests()
    {
        _budget = new RetryBudget(_time);
        while (_budget.TryTake(_time.GetTimestamp())) // what is saved up at the beginning
        {
        }
    }

    [Theory]
    [InlineData(90, 9)] // a tenth of them, and not three more
    [InlineData(40, 4)]
    [InlineData(20, 3)]
    [InlineData(0, 3)]
    public void TryTake_EachSecond_GivesATenthOfTheSendsOrThree(int sends, int retries)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < sends; i++) _budget.Sent();

        Assert.Equal(retries, _budget.Balance);
        Assert.Equal(retries, Enumerable.Range(0, 100).Count(_ => _budget.TryTake(_time.GetTimestamp())));
    }

    [Fact]
    public void TryTake_AfterALongTime_IsNoMoreThanTen()
    {
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => _budget.TryTake(_time.GetTimestamp())));
    }
}
