using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>When records reach the disk, and what becomes of them when it refuses or the process dies.</summary>
public sealed class SqliteDurabilityTests : IDisposable
{
    private readonly LedgerFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Group_EightMillisecondsAfterItsFirstRecord_IsCommittedAndItsIntentsWithTheNext()
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.BareIntent(1));
        await _time.SomebodyWaitsAsync();
        await ledger.Settle(Records.BareRecord(Records.BareIntent(2), new Usd(1))); // does not wait for its group

        _time.Advance(TimeSpan.FromMilliseconds(7));
        Assert.Equal(2, ledger.Waiting);
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM open_requests"));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await _time.SomebodyWaitsAsync();
        Assert.Equal(1, ledger.Waiting);
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM open_requests"));

        _time.Advance(TimeSpan.FromMilliseconds(8)); // 16 in all: what a crash loses is younger than 20
        ManualTime.Eventually(() => ledger.Waiting == 0);
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM open_requests"));
    }

    [Fact]
    public async Task Intent_SettledBeforeItsTurn_IsNeverWritten()
    {
        await using var ledger = await OpenAsync();
        _folder.Execute("CREATE TRIGGER never BEFORE INSERT ON open_requests BEGIN SELECT RAISE(ABORT, 'an intent was written'); END");
        ledger.Begin(Records.BareIntent(1));
        ledger.Begin(Records.BareIntent(1)); // counts once
        await _time.SomebodyWaitsAsync();
        _time.Advance(TimeSpan.FromMilliseconds(8));
        await _time.SomebodyWaitsAsync();
        Assert.Equal(1, ledger.Waiting);

        ledger.Begin(Records.BareIntent(2));
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(1)));
        await ledger.Settle(Records.BareRecord(Records.BareIntent(2), new Usd(1)));
        _time.Advance(TimeSpan.FromMilliseconds(8));

        ManualTime.Eventually(() => ledger.Waiting == 0);
        Assert.Equal(0, ledger.Refused);
        Assert.Equal(2, _folder.Number("SELECT count(*) FROM requests"));
    }

    [Fact]
    public async Task Group_ComesDuringACommit_HasItsTimeToo()
    {
        // Under load something always comes during a commit: without a pause each commit would be as small as that.
        await using var ledger = await OpenAsync();
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(1)));
        await _time.SomebodyWaitsAsync();
        using (_folder.LockForWriting())
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await _time.SomebodyWaitsAsync(); // the commit is tried again later
            await ledger.Settle(Records.BareRecord(Records.BareIntent(2), new Usd(1)));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        await _time.SomebodyWaitsAsync();
        Assert.Equal(1, ledger.Waiting);
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM requests"));

        _time.Advance(TimeSpan.FromMilliseconds(10));
        ManualTime.Eventually(() => ledger.Waiting == 0);
        Assert.Equal(2, _folder.Number("SELECT count(*) FROM requests"));
    }

    [Fact]
    public async Task Flush_GroupIsNotDue_CommitsItAtOnce()
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.BareIntent(1));

        await ledger.FlushAsync().WaitAsync(TimeSpan.FromSeconds(30)); // the clock stands still

        Assert.Equal(1, _folder.Number("SELECT count(*) FROM open_requests"));
        Assert.Equal(0, ledger.Waiting);
    }

    [Fact]
    public async Task Strict_SettleCompletes_WithTheRecordVisibleToOthers()
    {
        // The clock stands still: nobody waits for a group to be due.
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        for (var i = 0; i < 20; i++)
        {
            await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));
            Assert.Equal(1, _folder.Number($"SELECT count(*) FROM requests WHERE id = '{Records.Id(i)}'"));
        }
    }

    [Fact]
    public async Task Strict_WhileTheDiskRefuses_SettleIsNotComplete()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        Task settling;
        using (_folder.LockForWriting())
        {
            settling = ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(1))).AsTask();
            await _time.SomebodyWaitsAsync();
            Assert.False(settling.IsCompleted);
        }

        await PassTimeUntilAsync(settling);
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM requests"));
    }

    [Theory]
    [InlineData(LedgerDurability.Group, false)]
    [InlineData(LedgerDurability.Strict, true)]
    public async Task IsFull_CommitFailed_IsWithStrictAndUntilOneSucceeds(LedgerDurability durability, bool isFull)
    {
        await using var ledger = await OpenAsync(durability);
        using (_folder.LockForWriting())
        {
            ledger.Begin(Records.BareIntent(1)); // nobody waits for it, and nothing else comes
            Assert.False(ledger.IsFull);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            ManualTime.Eventually(() =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return ledger.LastError is not null;
            });
            ManualTime.Eventually(() => ledger.IsFull == isFull);
        }

        ManualTime.Eventually(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return ledger.LastError is null;
        });
        Assert.False(ledger.IsFull);
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM open_requests"));
    }

    [Theory]
    [InlineData(LedgerDurability.Group, 1)]
    [InlineData(LedgerDurability.Strict, 2)]
    public async Task Open_Durability_IsWhatSqliteIsTold(LedgerDurability durability, long synchronous)
    {
        await using var ledger = await OpenAsync(durability);

        // 1 is NORMAL: flushed at checkpoints; 2 is FULL: flushed at every commit.
        Assert.Equal(synchronous, ledger.Synchronous);
        Assert.Equal("wal", _folder.Rows("PRAGMA journal_mode")[0][0].Value);
    }

    [Fact]
    public async Task Locked_ByAnotherProcess_NothingIsLostAndItRecovers()
    {
        await using var ledger = await OpenAsync();
        using (_folder.LockForWriting())
        {
            for (var i = 0; i < 1000; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));
            await _time.SomebodyWaitsAsync(); // for the group
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await _time.SomebodyWaitsAsync(); // for the first pause to be over
            Assert.Contains("locked", ledger.LastError, StringComparison.Ordinal);
            Assert.Equal(1000, ledger.Waiting);

            _time.Advance(TimeSpan.FromSeconds(1));
            await _time.SomebodyWaitsAsync(); // for the second
            Assert.Equal(1000, ledger.Waiting);
            // A read is not held up, it only does not know yet: which is not that there is none.
            var unknown = await Assert.ThrowsAsync<LedgerException>(() => ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains("locked", unknown.Message, StringComparison.Ordinal);
        }

        await FlushAsync(ledger);
        Assert.Null(ledger.LastError);
        Assert.Equal(0, ledger.Waiting);
        Assert.Equal(0, ledger.Refused);
        Assert.Equal(1000, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(1000, _folder.Number("SELECT sum(cost_nanousd) FROM attempts"));
    }

    [Fact]
    public async Task Reports_WhileTheDiskRefuses_EndAfterTwoSeconds()
    {
        await using var ledger = await OpenAsync();
        var day = new CostQuery { From = _time.GetUtcNow().AddDays(-1), Until = _time.GetUtcNow().AddDays(1) };
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(1)));
        await ledger.FlushAsync();
        using (_folder.LockForWriting())
        {
            // With nothing that waits they are whole.
            Assert.Equal(1, (await ledger.CostsAsync(day, CancellationToken.None)).Total.Requests);

            await ledger.Settle(Records.BareRecord(Records.BareIntent(2), new Usd(1)));
            Task[] reports =
            [
                ledger.CostsAsync(day, CancellationToken.None).AsTask(), ledger.SpentAsync(day.From, day.Until, [], CancellationToken.None).AsTask(),
                ledger.SumsAsync(day, tellsRescued: false, CancellationToken.None).AsTask(), ledger.ExportAsync(day.From, day.Until, areAttempts: false, CancellationToken.None).GetAsyncEnumerator().MoveNextAsync().AsTask(),
                ledger.TotalsAsync(CancellationToken.None).AsTask(), ledger.RerateAsync(new Rerating(day.From, day.Until, _ => null), CancellationToken.None).AsTask(),
                ledger.EraseUserAsync("acme", "u", CancellationToken.None).AsTask(),
            ];
            _time.Advance(TimeSpan.FromSeconds(1.9));
            Assert.All(reports, report => Assert.False(report.IsCompleted));
            _time.Advance(TimeSpan.FromSeconds(0.1));
            foreach (var report in reports)
            {
                var refused = await Assert.ThrowsAsync<LedgerException>(() => report.WaitAsync(TimeSpan.FromSeconds(30)));
                Assert.StartsWith("Records wait to be written", refused.Message, StringComparison.Ordinal);
            }
        }

        await FlushAsync(ledger);
        Assert.Equal(2, (await ledger.CostsAsync(day, CancellationToken.None)).Total.Requests);
    }

    [Fact]
    public async Task Begin_VeryManyWait_IsLeftToItsSettlement()
    {
        const int most = 100_000;
        await using var ledger = await OpenAsync();
        using (_folder.LockForWriting())
        {
            for (var i = 0; i < most; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));
            ledger.Begin(Records.Intent(most));
            Assert.Equal(most, ledger.Waiting);
            await ledger.Settle(Records.Record(Records.Intent(most)));
            Assert.Equal(most + 1, ledger.Waiting);
        }

        await FlushAsync(ledger);
        Assert.Equal(most + 1, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM open_requests"));
    }

    [Fact]
    public async Task Group_FailsHalfway_IsWrittenWholeLater()
    {
        // Intents and settlements have been inserted when the table of attempts turns out to be away.
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.Intent(1));
        await ledger.FlushAsync();
        _folder.Execute("ALTER TABLE attempts RENAME TO away");
        await ledger.Settle(Records.Record(Records.Intent(1)));
        await ledger.Settle(Records.Record(Records.Intent(2)));
        ledger.Begin(Records.Intent(3));
        var flushed = ledger.FlushAsync();
        ManualTime.Eventually(() => ledger.LastError is not null);
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM open_requests"));

        _folder.Execute("ALTER TABLE away RENAME TO attempts");
        await PassTimeUntilAsync(flushed);
        Assert.Equal(2, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(4, _folder.Number("SELECT count(*) FROM attempts"));
        Assert.Equal(("id", Records.Id(3)), Assert.Single(_folder.Rows("SELECT id FROM open_requests"))[0]);
    }

    [Fact]
    public async Task Settle_RecordThatCanNeverBeWritten_FailsAloneAndIsCounted()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        _folder.Execute("CREATE TRIGGER no_seven BEFORE INSERT ON requests WHEN NEW.status = 777 BEGIN SELECT RAISE(ABORT, 'seven is not wanted'); END");
        var bad = Records.BareRecord(Records.BareIntent(7), new Usd(1)) with { Status = 777 };

        // The lock makes them one group.
        Task[] settling;
        using (_folder.LockForWriting())
        {
            settling = [.. Enumerable.Range(0, 10).Select(i => ledger.Settle(i == 7 ? bad : Records.BareRecord(Records.BareIntent(i), new Usd(1))).AsTask())];
            await _time.SomebodyWaitsAsync();
        }

        foreach (var (i, task) in settling.Index())
        {
            if (i == 7) Assert.Contains("seven is not wanted", (await Assert.ThrowsAsync<LedgerException>(() => PassTimeUntilAsync(task))).Message, StringComparison.Ordinal);
            else await PassTimeUntilAsync(task);
        }

        Assert.Equal(1, ledger.Refused);
        Assert.False(ledger.IsFull); // nor does it keep others away
        Assert.Equal(0, ledger.Waiting);
        Assert.Equal(9, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(0, _folder.Number($"SELECT count(*) FROM attempts WHERE request_id = '{Records.Id(7)}'"));
    }

    [Fact]
    public async Task Dispose_RecordsWait_CommitsThem()
    {
        var ledger = await OpenAsync();
        for (var i = 0; i < 5000; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));
        ledger.Begin(Records.BareIntent(5000));

        await ledger.DisposeAsync();

        Assert.Equal(5000, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(1, _folder.Number("SELECT count(*) FROM open_requests"));
    }

    [Fact]
    public async Task Dispose_DiskRefusesToTheEnd_SaysHowManyAreLost()
    {
        var ledger = await OpenAsync();
        using var held = _folder.LockForWriting();
        for (var i = 0; i < 3; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));

        var closing = ledger.DisposeAsync().AsTask();
        await _time.SomebodyWaitsAsync();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(closing.IsCompleted);
        Assert.Contains(
            "3 records are lost", (await Assert.ThrowsAsync<LedgerException>(() => PassTimeUntilAsync(closing))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reopen_AfterACrash_KeepsWhatWasCommittedAndSettlesTheOpenAsInterrupted()
    {
        await using var ledger = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));
        ledger.Begin(Records.Intent(2) with { PromptTokensBound = 4001 });
        await ledger.FlushAsync();
        using var crashed = _folder.CopyAsAfterACrash();
        _time.Advance(TimeSpan.FromHours(1));

        await using (var reopened = await OpenAsync(folder: crashed))
        {
            Assert.Equal(1, reopened.Interrupted);
            var record = (await reopened.FindAsync(Records.Id(2), "acme", CancellationToken.None))!.Record!;
            Assert.Equal(RequestOutcome.Interrupted, record.Outcome);
            Assert.Equal(new DateTimeOffset(2026, 3, 5, 10, 0, 0, TimeSpan.Zero), record.EndedAt);
            Records.AssertSame(Records.Record(Records.Intent(1)), (await reopened.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record);
        }

        // 1001 tokens, a quarter of the bytes and rounded up, at 250,000,000 nano-dollars per million: 250,250.
        Assert.Equal(
            [("outcome", "interrupted"), ("status", "0"), ("target", "mini"), ("cost_nanousd", "250250")],
            Assert.Single(crashed.Rows($"SELECT outcome, status, target, cost_nanousd FROM requests WHERE id = '{Records.Id(2)}'")));
        Assert.Equal(
            [
                ("number", "1"), ("tier", "primary"), ("target", "mini"), ("provider", "openai"), ("model", "gpt-5-mini"), ("failure", "dependency_down"), ("clock", "none"),
                ("input_tokens", "1001"), ("output_tokens", "0"), ("usage_source", "estimated"), ("cost_nanousd", "250250"), ("cost_basis", "priced"), ("price_version", "catalog-7"),
            ],
            Assert.Single(crashed.Rows($"""
                SELECT number, tier, target, provider, model, failure, clock, input_tokens, output_tokens, usage_source, cost_nanousd, cost_basis, price_version
                  FROM attempts WHERE request_id = '{Records.Id(2)}'
                """)));
        Assert.Equal(0, crashed.Number("SELECT count(*) FROM open_requests"));

        await using var again = await OpenAsync(folder: crashed);
        Assert.Equal(0, again.Interrupted);
    }

    [Theory]
    [InlineData("""{"candidates":[{"tier":"t","target":"mini","provider":"p","model":"m"}]}""", 1)] // unpriced
    [InlineData("""{"candidates":[{"tier":"t","target":"mini","provider":"p","model":"m","input_nanodollars_per_million":9223372036854775807,"price_version":"v"}]}""", 1)] // beyond counting
    [InlineData("""{"candidates":[]}""", 0)]
    [InlineData("""{"candidates":[{"target":null}]}""", 0)]
    [InlineData("""{"candidates":7}""", 0)]
    [InlineData("[]", 0)]
    [InlineData("not JSON", 0)]
    [InlineData("", 0)]
    public async Task Reopen_AfterACrash_CostCannotBeKnown_IsUnknownAndNotZero(string decision, long attempts)
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.Intent(1) with { DecisionJson = decision, PromptTokensBound = 4_000_000_000_000 });
        await ledger.FlushAsync();
        using var crashed = _folder.CopyAsAfterACrash();

        await using var reopened = await OpenAsync(folder: crashed);

        Assert.Equal(1, reopened.Interrupted);
        Assert.Equal([("outcome", "interrupted"), ("cost_nanousd", "NULL")], Assert.Single(crashed.Rows("SELECT outcome, cost_nanousd FROM requests")));
        Assert.Equal(attempts, crashed.Number("SELECT count(*) FROM attempts WHERE cost_nanousd IS NULL AND cost_basis = 'unknown' AND price_version IS NULL"));
        Assert.Equal(attempts, crashed.Number("SELECT count(*) FROM attempts"));
    }

    [Fact]
    public async Task Reopen_ClockWasSetBack_NoTimeIsNegative()
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.Intent(1) with { AcceptedAt = _time.GetUtcNow().AddHours(1) });
        await ledger.FlushAsync();
        using var crashed = _folder.CopyAsAfterACrash();

        await using var reopened = await OpenAsync(folder: crashed);

        Assert.Equal(0, crashed.Number("SELECT duration_us FROM requests"));
    }

    [Fact]
    public async Task Reopen_ThousandsOpen_AllAreSettledOnce()
    {
        await using var ledger = await OpenAsync();
        for (var i = 0; i < 2500; i++) ledger.Begin(Records.Intent(i));
        await ledger.FlushAsync();
        using var crashed = _folder.CopyAsAfterACrash();

        await using var reopened = await OpenAsync(folder: crashed);

        Assert.Equal(2500, reopened.Interrupted);
        Assert.Equal(2500, crashed.Number("SELECT count(*) FROM requests WHERE outcome = 'interrupted'"));
        Assert.Equal(2500, crashed.Number("SELECT count(*) FROM attempts"));
    }

    private Task FlushAsync(SqliteLedger ledger) => PassTimeUntilAsync(ledger.FlushAsync());

    /// <summary>Moves the clock on until a task is complete: back-offs end, however many there are.</summary>
    private async Task PassTimeUntilAsync(Task task)
    {
        ManualTime.Eventually(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return task.IsCompleted;
        });
        await task;
    }

    private Task<SqliteLedger> OpenAsync(LedgerDurability durability = LedgerDurability.Group, LedgerFolder? folder = null) =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = (folder ?? _folder).Ledger, Durability = durability }, _time, CancellationToken.None);
}
