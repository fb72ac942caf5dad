using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>When the ledger says that targets last answered.</summary>
public sealed class LastAnswersTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly LedgerFolder _folder = new();
    private int _number;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LastAnswer_OfEachTarget_IsTheLatestThatDidNotFail_AndSaysWhetherItWasAProbe()
    {
        await using var ledger = await OpenAsync();
        await SettleAsync(ledger, "acme", Attempt("a", Noon, FailureClass.None));
        await SettleAsync(ledger, "fairlead", Attempt("a", Noon.AddHours(1), FailureClass.None));
        await SettleAsync(ledger, "acme", Attempt("a", Noon.AddHours(2), FailureClass.Overloaded), Attempt("b", Noon.AddHours(3), FailureClass.None)); // a second one answered
        await SettleAsync(ledger, "acme", Attempt("c", Noon.AddHours(4), FailureClass.HedgeLost));
        await SettleAsync(ledger, "acme", Attempt("a", Noon.AddHours(5), FailureClass.None) with { Model = "another" }); // what the name means since
        await ledger.FlushAsync();

        var answers = await ledger.LastAnswersAsync("fairlead", CancellationToken.None);

        var (provider, model) = (Attempt("a", Noon, FailureClass.None).Provider, Attempt("a", Noon, FailureClass.None).Model);
        Assert.Equal(
            [new LastAnswer("a", provider, model, Noon.AddHours(1).AddSeconds(2), true), new LastAnswer("a", provider, "another", Noon.AddHours(5).AddSeconds(2), false), new LastAnswer("b", provider, model, Noon.AddHours(3).AddSeconds(2), false)],
            answers.OrderBy(answer => answer.Target + answer.At.ToString("O"), StringComparer.Ordinal));
    }

    [Fact]
    public async Task EmptyLedger_TellsNothing()
    {
        await using var ledger = await OpenAsync();

        Assert.Empty(await ledger.LastAnswersAsync("fairlead", CancellationToken.None));
    }

    private Task<SqliteLedger> OpenAsync() =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger, Durability = LedgerDurability.Group }, TimeProvider.System, CancellationToken.None);

    private async Task SettleAsync(SqliteLedger ledger, string tenant, params AttemptRecord[] attempts)
    {
        var record = Records.BareRecord(Records.BareIntent(++_number) with { Tenant = tenant }, null);
        await ledger.Settle(record with { Attempts = [.. attempts.Select((attempt, i) => attempt with { Number = i + 1 })] });
    }

    private static AttemptRecord Attempt(string target, DateTimeOffset at, FailureClass failure) =>
        Records.BareAttempt(null) with { Target = target, StartedAt = at, Duration = TimeSpan.FromSeconds(2), Failure = failure };
}
