using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>What somebody can do to the file of an audit log, and that each of it is found, with its place.</summary>
public sealed class SqliteAuditTamperingTests : IDisposable
{
    private readonly LedgerFolder _folder = new();
    private readonly StoreKey _key = StoreKey.Open(new StoreSettings(SqliteLedgerOptions.InMemory, LedgerDurability.Group));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Untouched_IsGood()
    {
        await WriteAsync(9);

        var verdict = await VerifyAsync();

        Assert.Null(verdict.Finding);
        Assert.Equal((9, 9L, true), (verdict.Records, verdict.Last!.Number, verdict.AreMacsChecked));
    }

    [Fact]
    public async Task AnyColumn_OfAnyRecord_Changed_IsFound()
    {
        await WriteAsync(9);
        foreach (var seq in new[] { 1, 5, 9 })
        {
            foreach (var column in new[] { "action", "actor", "subject", "reason", "detail", "previous", "hash" })
            {
                await TamperAsync($"UPDATE audit SET {column} = CAST('~' AS TEXT) || substr({column}, 2) WHERE seq = {seq}", AuditFault.Changed, seq);
            }

            await TamperAsync($"UPDATE audit SET made_at_us = made_at_us + 1 WHERE seq = {seq}", AuditFault.Changed, seq);
            await TamperAsync($"UPDATE audit SET mac = CAST('~' AS TEXT) || substr(mac, 2) WHERE seq = {seq}", AuditFault.Forged, seq);
            await TamperAsync($"UPDATE audit SET reason = NULL WHERE seq = {seq}", AuditFault.Changed, seq);
            await TamperAsync($"UPDATE audit SET reason = '' WHERE seq = {seq}", AuditFault.Changed, seq);
            await TamperAsync($"UPDATE audit SET actor = CAST(X'FF' AS TEXT) WHERE seq = {seq}", AuditFault.Changed, seq); // no UTF-8
            await TamperAsync($"UPDATE audit SET actor = actor || CAST(X'00' AS TEXT) WHERE seq = {seq}", AuditFault.Changed, seq);
            await TamperAsync($"UPDATE audit SET made_at_us = 9223372036854775807 WHERE seq = {seq}", AuditFault.Changed, seq); // no time
            await TamperAsync($"UPDATE audit SET made_at_us = made_at_us - 9223372036854775807 - 1 WHERE seq = {seq}", AuditFault.Changed, seq); // no time, whose ticks wrap into the right one
            await TamperAsync($"UPDATE audit SET seq = 1000 WHERE seq = {seq}", AuditFault.Reordered, seq);
        }
    }

    [Fact]
    public async Task AnyByteOfTheRows_Flipped_IsFoundOrTheFileIsUnreadable()
    {
        await WriteAsync(3);
        var good = await File.ReadAllBytesAsync(_folder.Ledger);
        var rows = await RowsAsync();
        var from = good.AsSpan().IndexOf("key.createadminkey-3"u8) - 24; // rows stand from the end of a page: with their heads, from here
        var until = good.AsSpan().IndexOf(Encoding.ASCII.GetBytes(rows[0].Mac)) + 64;
        Assert.InRange(until - from, 700, 2000);
        var (found, unreadable) = (0, 0);
        for (var at = from; at < until; at++)
        {
            good[at] ^= 1;
            await File.WriteAllBytesAsync(_folder.Ledger, good);
            good[at] ^= 1;
            try
            {
                if ((await VerifyAsync()).Finding is null) Assert.Equal(rows, await RowsAsync()); // a byte that SQLite does not use
                else found++;
            }
            catch (LedgerException)
            {
                unreadable++;
            }
        }

        Assert.InRange(found, (until - from) * 9 / 10, until - from);
        Assert.InRange(unreadable, 0, (until - from) / 10);
    }

    [Fact]
    public async Task Removed_FirstMiddleOrLast_IsFound()
    {
        await WriteAsync(9);

        await TamperAsync("DELETE FROM audit WHERE seq = 1", AuditFault.Removed, 1);
        await TamperAsync("DELETE FROM audit WHERE seq = 5", AuditFault.Removed, 5);
        await TamperAsync("DELETE FROM audit WHERE seq BETWEEN 3 AND 6", AuditFault.Removed, 3);
        await TamperAsync("DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = seq - 1 WHERE seq > 5", AuditFault.Removed, 5);
        await TamperAsync("DELETE FROM audit WHERE seq = 9", AuditFault.CutOff, 9); // SQLite itself remembers the number
        await TamperAsync("DELETE FROM audit WHERE seq > 3", AuditFault.CutOff, 4);
        await TamperAsync("DELETE FROM audit", AuditFault.CutOff, 1);
    }

    [Fact]
    public async Task Removed_AtTheEndWithCare_IsFoundByACheckpoint()
    {
        await WriteAsync(9);
        var checkpoints = await CheckpointsAsync(9);

        await TamperAsync("DELETE FROM audit WHERE seq > 6; UPDATE sqlite_sequence SET seq = 6 WHERE name = 'audit'", AuditFault.CutOff, 7, checkpoints);
        await TamperAsync("DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit'", AuditFault.CutOff, 1, checkpoints);
    }

    [Fact]
    public async Task Inserted_IsFound()
    {
        await WriteAsync(9);
        const string columns = "made_at_us, action, actor, subject, reason, detail, previous, hash, mac";

        foreach (var at in new[] { 1, 5, 9 })
        {
            var room = $"UPDATE audit SET seq = -seq - 1 WHERE seq >= {at}; UPDATE audit SET seq = -seq WHERE seq < 0; UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM audit) WHERE name = 'audit';";
            await TamperAsync($"{room} INSERT INTO audit SELECT {at}, {columns} FROM audit WHERE seq = {(at == 1 ? 4 : at - 1)}", AuditFault.Inserted, at); // a copy
            await TamperAsync($"{room} INSERT INTO audit SELECT {at}, made_at_us, action, 'eve', subject, reason, detail, previous, hash, mac FROM audit WHERE seq = {at + 1}", AuditFault.Inserted, at);
        }

        await TamperAsync($"INSERT INTO audit SELECT 0, {columns} FROM audit WHERE seq = 4", AuditFault.Inserted, 0);
        await TamperAsync($"INSERT INTO audit SELECT 10, {columns} FROM audit WHERE seq = 4", AuditFault.Inserted, 10);
        var last = (await RowsAsync())[^1];
        var forged = AuditChain.Next(10, last.Hash, last.At, new AuditEntry("key.create", "eve", "eve"), "not the key"u8);
        await TamperAsync($"INSERT INTO audit SELECT 10, {Micros(forged)}, 'key.create', 'eve', 'eve', NULL, NULL, '{forged.Previous}', '{forged.Hash}', '{forged.Mac}'", AuditFault.Forged, 10);
    }

    [Fact]
    public async Task Swapped_IsFound()
    {
        await WriteAsync(9);

        await TamperAsync("UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 100", AuditFault.Reordered, 4);
        await TamperAsync("UPDATE audit SET seq = 100 WHERE seq = 1; UPDATE audit SET seq = 1 WHERE seq = 9; UPDATE audit SET seq = 9 WHERE seq = 100", AuditFault.Reordered, 1);
    }

    [Fact]
    public async Task HashesMadeAnewWithoutTheKey_IsFound()
    {
        await WriteAsync(9);
        var sql = new StringBuilder();
        var previous = (await RowsAsync())[3].Hash;
        foreach (var row in (await RowsAsync())[4..])
        {
            var forged = AuditChain.Next(row.Number, previous, row.At, row.Entry with { Actor = "eve" }, "not the key"u8);
            sql.Append(CultureInfo.InvariantCulture, $"UPDATE audit SET actor = 'eve', previous = '{forged.Previous}', hash = '{forged.Hash}', mac = '{forged.Mac}' WHERE seq = {row.Number};");
            previous = forged.Hash;
        }

        await TamperAsync(sql.ToString(), AuditFault.Forged, 5);
    }

    [Fact]
    public async Task OlderCopy_IsFoundByACheckpoint()
    {
        await WriteAsync(5);
        File.Copy(_folder.Ledger, _folder.Of("older.db"));
        await WriteAsync(4, from: 6);
        var checkpoints = await CheckpointsAsync(9);
        File.Copy(_folder.Of("older.db"), _folder.Ledger, overwrite: true);

        Assert.Null((await VerifyAsync()).Finding);
        AssertFinds(AuditFault.CutOff, 6, await VerifyAsync(checkpoints));

        await WriteAsync(20, from: 6); // and by a gateway that goes on with it
        Assert.Null((await VerifyAsync()).Finding);
        AssertFinds(AuditFault.Replaced, 9, await VerifyAsync(checkpoints));
    }

    [Fact]
    public async Task Verify_BesideAGatewayThatAppends_SeesOneState()
    {
        await using var ledger = await OpenAsync();
        var log = ledger.AuditWith(_key);
        using var stop = new CancellationTokenSource();
        var appending = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++) await log.AppendAsync(new AuditEntry("key.create", "admin", $"key-{i}"), CancellationToken.None);
        });

        while (!appending.IsCompleted) Assert.Null((await log.VerifyAsync(CancellationToken.None)).Finding);
        await appending;

        Assert.Equal(200, (await log.VerifyAsync(CancellationToken.None)).Records);
    }

    /// <summary>Does it to a copy, and finds it.</summary>
    private async Task TamperAsync(string sql, AuditFault fault, long position, ImmutableArray<AuditCheckpoint>? checkpoints = null)
    {
        var before = await File.ReadAllBytesAsync(_folder.Ledger);
        _folder.Execute(sql);
        try
        {
            var verdict = await VerifyAsync(checkpoints ?? []);
            Assert.True((fault, position) == (verdict.Finding?.Fault, verdict.Finding?.Position), $"{sql}: {verdict.Finding}");
        }
        finally
        {
            await File.WriteAllBytesAsync(_folder.Ledger, before);
        }
    }

    private static void AssertFinds(AuditFault fault, long position, AuditVerdict verdict) => Assert.Equal((fault, position), (verdict.Finding?.Fault, verdict.Finding?.Position));

    private async Task WriteAsync(int count, int from = 1)
    {
        await using (var ledger = await OpenAsync())
        {
            var log = ledger.AuditWith(_key);
            for (var number = from; number < from + count; number++)
            {
                await log.AppendAsync(new AuditEntry("key.create", "admin", $"key-{number}") { Reason = "they asked", Detail = "{\"tenant\":\"acme\"}" }, CancellationToken.None);
            }
        }

        _folder.Execute("PRAGMA journal_mode = DELETE"); // the whole of it in one file
    }

    private async Task<AuditVerdict> VerifyAsync(ImmutableArray<AuditCheckpoint>? checkpoints = null)
    {
        await using var reader = await SqliteAuditReader.OpenAsync(_folder.Ledger, CancellationToken.None);
        return await reader.VerifyAsync(_key.Derive(AuditChain.KeyPurpose), checkpoints ?? [], CancellationToken.None);
    }

    private async Task<List<AuditRecord>> RowsAsync()
    {
        await using var reader = await SqliteAuditReader.OpenAsync(_folder.Ledger, CancellationToken.None);
        var records = new List<AuditRecord>();
        await reader.ReadAsync(records.Add, CancellationToken.None);
        return records;
    }

    private async Task<ImmutableArray<AuditCheckpoint>> CheckpointsAsync(int number) =>
        [AuditCheckpoint.Of(TimeProvider.System.GetUtcNow(), (await RowsAsync())[number - 1], _key.Derive(AuditCheckpoint.KeyPurpose))];

    private static long Micros(AuditRecord record) => (record.At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private Task<SqliteLedger> OpenAsync() => SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
