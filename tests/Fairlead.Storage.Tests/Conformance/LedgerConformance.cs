using System.Diagnostics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Storage.Tests.Conformance;

/// <summary>What every ledger keeps to, whatever it is made of. One small subclass per store.</summary>
public abstract class LedgerConformance
{
    /// <summary>Sums that the store itself computes.</summary>
    protected sealed record Sums(long Requests, long Attempts, long CostNanoDollars, long UnknownCosts);

    /// <summary>A new, empty ledger.</summary>
    protected abstract Task<ILedger> OpenAsync(LedgerDurability durability);

    /// <summary>Sums over everything appended so far.</summary>
    protected abstract Task<Sums> SumAsync(ILedger ledger);

    [Fact]
    public async Task Find_Settled_ReturnsEveryValue()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        var intent = Records.Intent();
        ledger.Begin(intent);
        await ledger.Settle(Records.Record(intent));

        var stored = await ledger.FindAsync(intent.Id, "acme", CancellationToken.None);

        Assert.NotNull(stored);
        Assert.Equal(Records.Intent(), stored.Intent);
        Records.AssertSame(Records.Record(Records.Intent()), stored.Record);
    }

    [Fact]
    public async Task Find_EverythingOptionalMissing_ReturnsNulls()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), cost: null));

        var stored = await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None);

        Assert.Equal(Records.BareIntent(1), stored!.Intent);
        Records.AssertSame(Records.BareRecord(Records.BareIntent(1), cost: null), stored.Record);
    }

    [Fact]
    public async Task Find_StillRunning_ReturnsTheIntentAlone()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        ledger.Begin(Records.Intent());

        var stored = await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None);

        Assert.Equal(Records.Intent(), stored!.Intent);
        Assert.Null(stored.Record);
    }

    [Fact]
    public async Task Find_RightAfterItsSettlement_IsThere()
    {
        // At any moment of the group that it is written with.
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        for (var i = 0; i < 200; i++)
        {
            await ledger.Settle(Records.BareRecord(Records.BareIntent(i), new Usd(1)));
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromMicroseconds(i * 50))
            {
                // passes some of the group's time
            }

            Assert.NotNull((await ledger.FindAsync(Records.Id(i), "acme", CancellationToken.None))?.Record);
        }
    }

    [Fact]
    public async Task Find_OtherTenant_ReturnsNothing()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        await ledger.Settle(Records.Record(Records.Intent()));

        Assert.Null(await ledger.FindAsync(Records.Id(1), "acme2", CancellationToken.None));
        Assert.Null(await ledger.FindAsync(Records.Id(1), "ACME", CancellationToken.None));
        Assert.Null(await ledger.FindAsync(Records.Id(1), "", CancellationToken.None));
        Assert.NotNull(await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None));
    }

    [Fact]
    public async Task Find_UnknownId_ReturnsNothing()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        ledger.Begin(Records.Intent());

        Assert.Null(await ledger.FindAsync(Records.Id(2), "acme", CancellationToken.None));
        Assert.Null(await ledger.FindAsync("' OR 1=1 --", "acme", CancellationToken.None));
    }

    [Fact]
    public async Task Settle_IntentWrittenLongBefore_IsOneRequest()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        ledger.Begin(Records.Intent());
        Assert.Equal(new Sums(1, 0, 0, 0), await SumAsync(ledger));

        await ledger.Settle(Records.Record(Records.Intent()));

        Assert.Equal(new Sums(1, 2, 7_750_251, 0), await SumAsync(ledger));
        Assert.NotNull((await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record);
    }

    [Fact]
    public async Task Settle_Twice_TheFirstCounts()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        await ledger.Settle(Records.BareRecord(Records.Intent(), new Usd(40)));
        await ledger.Settle(Records.Record(Records.Intent()));

        Assert.Equal(new Sums(1, 1, 40, 0), await SumAsync(ledger));
        await ledger.Settle(Records.Record(Records.Intent()));
        Assert.Equal(new Sums(1, 1, 40, 0), await SumAsync(ledger));
        Records.AssertSame(
            Records.BareRecord(Records.Intent(), new Usd(40)), (await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record);
    }

    [Fact]
    public async Task Begin_Twice_TheFirstCounts()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        ledger.Begin(Records.Intent());
        ledger.Begin(Records.Intent() with { Tenant = "other", Revision = "rev-2" });

        Assert.Equal(1, (await SumAsync(ledger)).Requests);
        Assert.Equal(Records.Intent(), (await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Intent);
        Assert.Null(await ledger.FindAsync(Records.Id(1), "other", CancellationToken.None));
    }

    [Fact]
    public async Task Settle_UnknownCost_IsCountedAsUnknownAndNotAsZero()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), cost: null));
        await ledger.Settle(Records.BareRecord(Records.BareIntent(2), Usd.Zero));

        Assert.Equal(new Sums(2, 2, 0, 1), await SumAsync(ledger));
        Assert.Null((await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record!.Attempts[0].Cost);
        Assert.Equal(0, (await ledger.FindAsync(Records.Id(2), "acme", CancellationToken.None))!.Record!.Attempts[0].Cost!.Value.NanoDollars);
    }

    [Fact]
    public async Task Settle_NoAttempt_IsARequestWithoutAttempts()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), null) with { Attempts = [], Outcome = RequestOutcome.Failed, Status = 503 });

        var record = (await ledger.FindAsync(Records.Id(1), "acme", CancellationToken.None))!.Record!;

        Assert.Empty(record.Attempts);
        Assert.Equal(503, record.Status);
        Assert.Equal(new Sums(1, 0, 0, 0), await SumAsync(ledger));
    }

    [Fact]
    public async Task Find_EveryNamedValue_ComesBackAsItWas()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Group);
        // As many rows as the longest enumeration has members; the shorter ones go round.
        var failures = Enum.GetValues<FailureClass>();
        RequestRecord Row(int i) => Records.BareRecord(Records.BareIntent(i), new Usd(1)) with
        {
            Failure = failures[i],
            Outcome = Around<RequestOutcome>(i),
            Attempts =
            [
                Records.BareAttempt(new Usd(1)) with
                {
                    Failure = failures[^(i + 1)], Clock = Around<AttemptClock>(i), UsageSource = Around<UsageSource>(i), CostBasis = Around<CostBasis>(i),
                },
            ],
        };
        for (var i = 0; i < failures.Length; i++) await ledger.Settle(Row(i));

        for (var i = 0; i < failures.Length; i++)
        {
            Records.AssertSame(Row(i), (await ledger.FindAsync(Records.Id(i), "acme", CancellationToken.None))!.Record);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("O'Brien; DROP TABLE requests; --")]
    [InlineData("日本語 👩‍👩‍👧 é\u0301 \u202e")]
    [InlineData("a\0b")]
    [InlineData("\r\n\t\"\\")]
    public async Task Find_AwkwardText_ComesBackAsItWas(string text)
    {
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        var intent = Records.Intent() with { Feature = text, RequestedModel = text };
        await ledger.Settle(Records.Record(intent) with { Sentence = text });

        var stored = await ledger.FindAsync(intent.Id, "acme", CancellationToken.None);

        Assert.Equal(text, stored!.Intent.Feature);
        Assert.Equal(text, stored.Intent.RequestedModel);
        Assert.Equal(text, stored.Record!.Sentence);
    }

    [Fact]
    public async Task Find_ExtremeValues_ComeBackAsTheyWere()
    {
        await using var ledger = await OpenAsync(LedgerDurability.Strict);
        var intent = Records.Intent() with
        {
            PromptTokensBound = long.MaxValue,
            DecisionJson = new string('x', 300_000),
            AcceptedAt = new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero),
        };
        var record = Records.BareRecord(intent, new Usd(long.MaxValue)) with
        {
            Duration = TimeSpan.FromDays(10_000),
            Attempts =
            [
                Records.BareAttempt(new Usd(long.MaxValue)) with { Usage = new TokenUsage(long.MaxValue, 1, 2, long.MaxValue, 3), StartedAt = DateTimeOffset.UnixEpoch.AddDays(-1) },
            ],
        };
        await ledger.Settle(record);

        var stored = await ledger.FindAsync(intent.Id, "acme", CancellationToken.None);

        Assert.Equal(intent, stored!.Intent);
        Records.AssertSame(record, stored.Record);
    }

    [Theory]
    [InlineData(LedgerDurability.Group, 10_000)]
    [InlineData(LedgerDurability.Strict, 1_000)]
    public async Task Settle_ManyAtOnce_EachIsThereOnce(LedgerDurability durability, int requests)
    {
        await using var ledger = await OpenAsync(durability);

        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var intent = Records.BareIntent(i);
            ledger.Begin(intent);
            if (i % 3 == 0) await Task.Yield();
            await ledger.Settle(Records.BareRecord(intent, new Usd(i)));
        });

        // The sum of 0 … n-1: a lost, doubled or mixed-up row changes it.
        Assert.Equal(new Sums(requests, requests, (long)requests * (requests - 1) / 2, 0), await SumAsync(ledger));
        for (var i = 0; i < requests; i += requests / 10)
        {
            Assert.Equal(i, (await ledger.FindAsync(Records.Id(i), "acme", CancellationToken.None))!.Record!.Attempts[0].Cost!.Value.NanoDollars);
        }
    }

    [Fact]
    public async Task Append_AfterDispose_IsRefused()
    {
        var ledger = await OpenAsync(LedgerDurability.Group);
        await ledger.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => ledger.Begin(Records.Intent()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ledger.Settle(Records.Record(Records.Intent())).AsTask());
    }

    [Fact]
    public async Task Dispose_Twice_IsFine()
    {
        var ledger = await OpenAsync(LedgerDurability.Group);
        ledger.Begin(Records.Intent());

        await ledger.DisposeAsync();
        await ledger.DisposeAsync();
    }

    private static T Around<T>(int i)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        return values[i % values.Length];
    }
}
