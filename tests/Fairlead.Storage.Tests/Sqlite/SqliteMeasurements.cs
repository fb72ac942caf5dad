using System.Diagnostics;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Requests;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>Figures, printed and not judged: set <c>FAIRLEAD_LARGE=1</c>. What is asserted is that nothing got lost at that size.</summary>
public sealed class SqliteMeasurements : IDisposable
{
    private const int Requests = 1_000_000;

    private readonly LedgerFolder _folder = new();

    public SqliteMeasurements() =>
        Assert.SkipUnless(Environment.GetEnvironmentVariable("FAIRLEAD_LARGE") == "1", "Set FAIRLEAD_LARGE=1 to measure.");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Million_BeginAndSettle_AreAllThere(bool isSettledAtOnce)
    {
        var options = new SqliteLedgerOptions { Path = _folder.Ledger };
        await using (var ledger = await SqliteLedger.OpenAsync(options, TimeProvider.System, CancellationToken.None))
        {
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var start = Stopwatch.GetTimestamp();
            var appending = TimeSpan.Zero;
            long bytes = 0;
            // In waves, as a gateway that is never more than a group ahead; open requests of a later wave are settled in the next.
            const int wave = 2000;
            var open = new List<RequestIntent>(wave);
            for (var first = 0; first < Requests; first += wave)
            {
                var intents = Enumerable.Range(first, wave).Select(Records.Intent).ToList();
                var settled = (isSettledAtOnce ? intents : open).Select(intent => Records.BareRecord(intent, new Usd(1))).ToList();
                var before = (Time: Stopwatch.GetTimestamp(), Bytes: GC.GetAllocatedBytesForCurrentThread());
                foreach (var intent in intents) ledger.Begin(intent);
                foreach (var record in settled) await ledger.Settle(record);
                appending += Stopwatch.GetElapsedTime(before.Time);
                bytes += GC.GetAllocatedBytesForCurrentThread() - before.Bytes;
                open = intents;
                while (ledger.Waiting > 2 * wave) await Task.Delay(1);
            }

            if (isSettledAtOnce) open.Clear();
            foreach (var intent in open) await ledger.Settle(Records.BareRecord(intent, new Usd(1)));
            await ledger.FlushAsync();
            var elapsed = Stopwatch.GetElapsedTime(start);
            Print($"{(isSettledAtOnce ? "intent and settlement in one group" : "settled a group later")}: {Requests / elapsed.TotalSeconds:0} requests/s, "
                + $"CPU {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / Requests:0.0} us per request, "
                + $"append {appending.TotalNanoseconds / Requests:0} ns and {bytes / Requests} B per request, file {new FileInfo(_folder.Ledger).Length / Requests} B per request");
            Assert.Equal(new LedgerTotals(Requests, Requests, new Usd(Requests), 0), await ledger.TotalsAsync(CancellationToken.None));
        }

        await using (var ledger = await SqliteLedger.OpenAsync(options, TimeProvider.System, CancellationToken.None))
        {
            for (var i = Requests; i < Requests + 1000; i++) ledger.Begin(Records.Intent(i));
            await ledger.FlushAsync();
        }

        var opening = Stopwatch.GetTimestamp();
        await using var reopened = await SqliteLedger.OpenAsync(options, TimeProvider.System, CancellationToken.None);
        Print($"open with 1 M settled and 1000 interrupted: {Stopwatch.GetElapsedTime(opening).TotalMilliseconds:0} ms");
        Assert.Equal(1000, reopened.Interrupted);

        var finding = Stopwatch.GetTimestamp();
        for (var i = 0; i < 10_000; i++) Assert.NotNull(await reopened.FindAsync(Records.Id(i * 97), "acme", CancellationToken.None));
        Print($"find by id among 1 M: {Stopwatch.GetElapsedTime(finding).TotalMicroseconds / 10_000:0} us");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public async Task Strict_AwaitedSettlements_AreAllThere(int atOnce)
    {
        const int requests = 5000;
        await using var ledger = await SqliteLedger.OpenAsync(
            new SqliteLedgerOptions { Path = _folder.Ledger, Durability = LedgerDurability.Strict }, TimeProvider.System, CancellationToken.None);
        var start = Stopwatch.GetTimestamp();

        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) => await ledger.Settle(Records.BareRecord(Records.Intent(i), new Usd(1))));

        var elapsed = Stopwatch.GetElapsedTime(start);
        Print($"strict, {atOnce} at once: {requests / elapsed.TotalSeconds:0} settlements/s, {elapsed.TotalMilliseconds * atOnce / requests:0.00} ms each");
        Assert.Equal(requests, (await ledger.TotalsAsync(CancellationToken.None)).Requests);
    }

    /// <summary>A user in every twentieth request is one that was not there before in this quarter of an hour: rollups have much to tell apart.</summary>
    [Fact]
    public async Task Million_RolledUpMeanwhile_ReportsAreExactAndFast()
    {
        await using var ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
        using var done = new CancellationTokenSource();
        var rolledUp = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await ledger.RollUpAsync(CancellationToken.None);
                await Task.Delay(100);
            }
        });
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        const int wave = 2000;
        for (var first = 0; first < Requests; first += wave)
        {
            for (var i = first; i < first + wave; i++)
            {
                var acceptedAt = Records.Morning.AddMilliseconds(i * 20L);
                var intent = Records.Intent(i) with { Id = RequestId.Create(acceptedAt), AcceptedAt = acceptedAt, User = "user" + (i / 20) };
                ledger.Begin(intent);
                await ledger.Settle(Records.BareRecord(intent, new Usd(1)));
            }

            while (ledger.Waiting > 2 * wave) await Task.Delay(1);
        }

        await ledger.FlushAsync();
        var elapsed = Stopwatch.GetElapsedTime(start);
        await done.CancelAsync();
        await rolledUp;
        await ledger.RollUpAsync(CancellationToken.None);
        Print($"rolled up meanwhile: {Requests / elapsed.TotalSeconds:0} requests/s, CPU {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / Requests:0.0} us per request, rolled up {Stopwatch.GetElapsedTime(start).TotalSeconds - elapsed.TotalSeconds:0.0} s later, {_folder.Number("SELECT count(*) FROM rollups")} rollups");
        foreach (var by in new[] { CostDimension.Tenant, CostDimension.User, CostDimension.Journey })
        {
            var asking = Stopwatch.GetTimestamp();
            var report = await ledger.CostsAsync(new CostQuery { From = new DateTimeOffset(Records.Morning.Date, TimeSpan.Zero), Until = new DateTimeOffset(Records.Morning.Date, TimeSpan.Zero).AddDays(2), By = [by], Limit = 10 }, CancellationToken.None);
            Print($"costs by {by} of 1 M requests: {Stopwatch.GetElapsedTime(asking).TotalMilliseconds:0} ms");
            Assert.Equal((Requests, new Usd(Requests)), (report.Total.Requests, report.Total.Cost));
        }
    }

    [Theory]
    [InlineData(LedgerDurability.Group)]
    [InlineData(LedgerDurability.Strict)]
    public async Task Outcomes_ReportedByMany_AreAllThere(LedgerDurability durability)
    {
        const int requests = 1000, reports = 100_000, atOnce = 64;
        await using var ledger = await SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger, Durability = durability }, TimeProvider.System, CancellationToken.None);
        for (var i = 0; i < requests; i++) _ = ledger.Settle(Records.BareRecord(Records.Intent(i), new Usd(1))).AsTask();
        await ledger.FlushAsync();
        using var done = new CancellationTokenSource();
        var settling = Task.Run(async () =>
        {
            var longest = TimeSpan.Zero;
            for (var i = requests; !done.IsCancellationRequested; i++)
            {
                var appended = Stopwatch.GetTimestamp();
                _ = ledger.Settle(Records.BareRecord(Records.Intent(i), new Usd(1))).AsTask();
                await ledger.FlushAsync();
                var took = Stopwatch.GetElapsedTime(appended);
                if (took > longest) longest = took;
                await Task.Delay(1);
            }

            return longest;
        });
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, reports), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, cancellationToken) =>
            Assert.NotNull(await ledger.Outcomes.ReportAsync(new OutcomeReport(Records.Id(i % requests), "acme", OutcomeKind.Success, Records.Morning), cancellationToken)));
        Print($"outcomes, {atOnce} at once, {durability}: {reports / Stopwatch.GetElapsedTime(start).TotalSeconds:0} reports/s; a record beside them waits {(await EndAsync()).TotalMilliseconds:0} ms at most");
        Assert.Equal(reports, _folder.Number("SELECT count(*) FROM outcomes"));

        async Task<TimeSpan> EndAsync()
        {
            await done.CancelAsync();
            return await settling;
        }
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
