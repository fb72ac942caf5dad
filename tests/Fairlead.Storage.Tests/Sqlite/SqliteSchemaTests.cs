using Fairlead.Core.Ledger;
using Fairlead.Storage.Sqlite;
using Fairlead.Storage.Tests.Conformance;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>What people see with plain SQL: names, units, and every column. None of the store's own mapping is used to read.</summary>
public sealed class SqliteSchemaTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Settle_EveryColumn_HoldsItsValue()
    {
        await SettleAsync(Records.Record(Records.Intent()));

        Assert.Equal(
            [
                ("seq", "1"), ("id", "req_00000000000000000000000001"), ("accepted_at_us", "1772699415250125"), ("tenant", "acme"), ("key_name", "marketing-app"), ("team", "growth"),
                ("feature", "summaries"), ("user", "user-7f3a"), ("user_tier", "gold"), ("environment", "prod"), ("journey", "journey-9"), ("workload", "summarization"),
                ("sensitivity", "pii,financial_account"), ("tags", "{\"cost_center\":\"42\"}"), ("operation", "chat"), ("dialect", "openai-chat"), ("requested_model", "gpt-4o"), ("is_stream", "1"),
                ("route", "marketing"), ("revision", "rev-41c2"), ("max_output_tokens", "512"), ("choices", "3"), ("has_tools", "1"), ("has_schema", "1"),
                ("prompt_tokens_bound", "4001"), ("decision", "1"),
                ("ended_at_us", "1772699417250125"), ("outcome", "answered"), ("status", "200"), ("failure", "none"), ("tier", "second"),
                ("target", "sonnet"), ("provider", "anthropic"), ("answered_model", "claude-sonnet-4-5"), ("body_mode", "spliced"),
                ("sentence", "Sent to sonnet at anthropic because route marketing lists it next; mini: timeout."), ("first_token_us", "1250007"), ("duration_us", "2000009"),
                ("request_bytes", "4001"), ("cost_nanousd", "7750251"), ("inputs", "{\"caller.team\":\"growth\"}"), ("dearest_nanousd", "8000003"),
            ],
            Assert.Single(_folder.Rows("SELECT * FROM requests")));
        var attempts = _folder.Rows("SELECT * FROM attempts ORDER BY number");
        Assert.Equal(2, attempts.Count);
        Assert.Equal(
            [
                ("seq", "65"), ("request_id", "req_00000000000000000000000001"), ("number", "1"), ("tier", "primary"), ("target", "mini"), ("provider", "openai"), ("model", "gpt-5-mini"), ("key_index", "2"),
                ("started_at_us", "1772699415253125"), ("headers_us", "700001"), ("first_token_us", "NULL"), ("duration_us", "1000002"), ("failure", "timeout"), ("clock", "first_token"),
                ("upstream_status", "200"), ("upstream_id", "chatcmpl-1"), ("detail", "no first token in 1 s"), ("input_tokens", "1001"), ("cached_input_tokens", "0"),
                ("cache_write_tokens", "0"), ("cache_write_1h_tokens", "0"), ("output_tokens", "0"), ("reasoning_tokens", "0"), ("usage_source", "estimated"), ("cost_nanousd", "250250"),
                ("cost_basis", "worst_of_route"), ("price_version", "catalog-7"), ("output_cost_nanousd", "0"),
            ],
            attempts[0]);
        Assert.Equal(
            [
                ("seq", "66"), ("request_id", "req_00000000000000000000000001"), ("number", "2"), ("tier", "second"), ("target", "sonnet"), ("provider", "anthropic"), ("model", "claude-sonnet-4-5"),
                ("key_index", "0"), ("started_at_us", "1772699416254125"), ("headers_us", "100003"), ("first_token_us", "246004"), ("duration_us", "996005"), ("failure", "none"),
                ("clock", "none"), ("upstream_status", "201"), ("upstream_id", "msg_2"), ("detail", "NULL"), ("input_tokens", "1000"), ("cached_input_tokens", "400"),
                ("cache_write_tokens", "50"), ("cache_write_1h_tokens", "20"), ("output_tokens", "300"), ("reasoning_tokens", "120"), ("usage_source", "reported"), ("cost_nanousd", "7500001"),
                ("cost_basis", "priced"), ("price_version", "catalog-8"), ("output_cost_nanousd", "4500002"),
            ],
            attempts[1]);
        Assert.Equal([("seq", "1"), ("text", Records.Decision), ("sentence", "NULL")], Assert.Single(_folder.Rows("SELECT * FROM decisions")));
        Assert.Empty(_folder.Rows("SELECT * FROM open_requests"));
    }

    [Fact]
    public async Task Settle_SameDecisions_ShareARow()
    {
        await using var ledger = await OpenAsync();
        string[] decisions = ["{\"a\":1}", "{\"b\":2}", new string("{\"a\":1}"), "{\"b\":2}", "{\"c\":3}"];
        foreach (var (i, decision) in decisions.Index()) await ledger.Settle(Records.BareRecord(Records.BareIntent(i) with { DecisionJson = decision }, new Usd(1)));
        await ledger.FlushAsync();

        Assert.Equal(3, _folder.Number("SELECT count(*) FROM decisions"));
        Assert.Equal(decisions, _folder.Rows("SELECT d.text FROM requests r JOIN decisions d ON d.seq = r.decision ORDER BY r.id").Select(row => row[0].Value));
    }

    [Fact]
    public async Task Settle_UsualSentence_StandsOnceWithItsDecision()
    {
        await using var ledger = await OpenAsync();
        RequestRecord Saying(int number, string sentence) => Records.BareRecord(Records.BareIntent(number), new Usd(1)) with { Sentence = sentence };
        await ledger.Settle(Saying(1, "Failed.") with { Outcome = RequestOutcome.Failed });
        await ledger.Settle(Saying(2, "Usual."));
        await ledger.Settle(Saying(3, new string("Usual.")));
        await ledger.Settle(Saying(4, "Unusual."));
        ledger.Begin(Records.BareIntent(5));
        await ledger.Settle(Saying(5, "Usual."));
        await ledger.FlushAsync();

        Assert.Equal("Usual.", Assert.Single(_folder.Rows("SELECT sentence FROM decisions"))[0].Value);
        Assert.Equal(["Failed.", "Usual.", "NULL", "Unusual.", "NULL"], _folder.Rows("SELECT sentence FROM requests ORDER BY id").Select(row => row[0].Value));
        for (var number = 1; number <= 5; number++)
        {
            var found = await ledger.FindAsync(Records.Id(number), "acme", CancellationToken.None);
            Assert.Equal(number switch { 1 => "Failed.", 4 => "Unusual.", _ => "Usual." }, found!.Record!.Sentence);
        }
    }

    [Fact]
    public async Task Settle_VeryManyDecisions_EachHasItsOwn()
    {
        const int many = 1000;
        await using var ledger = await OpenAsync();
        for (var i = 0; i < many; i++) await ledger.Settle(Records.BareRecord(Records.BareIntent(i) with { DecisionJson = $"{{\"n\":{i}}}" }, new Usd(1)));
        await ledger.FlushAsync();

        Assert.Equal(
            Enumerable.Range(0, many).Select(i => $"{{\"n\":{i}}}"),
            _folder.Rows("SELECT d.text FROM requests r JOIN decisions d ON d.seq = r.decision ORDER BY r.id").Select(row => row[0].Value));
    }

    [Fact]
    public async Task Reopen_NewDecision_IsAddedToTheOldOnes()
    {
        await SettleAsync(Records.BareRecord(Records.BareIntent(1), new Usd(1)));
        await SettleAsync(Records.Record(Records.Intent(2)));

        Assert.Equal(["{}", Records.Decision], _folder.Rows("SELECT d.text FROM requests r JOIN decisions d ON d.seq = r.decision ORDER BY r.id").Select(row => row[0].Value));
    }

    [Fact]
    public async Task Begin_NotSettledYet_StandsAmongTheOpen()
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.Intent(1));
        ledger.Begin(Records.Intent(2));
        await ledger.FlushAsync();
        Assert.Equal(2, _folder.Number("SELECT count(*) FROM open_requests"));

        await ledger.Settle(Records.Record(Records.Intent(1)));
        await ledger.FlushAsync();

        Assert.Equal(("id", Records.Id(2)), Assert.Single(_folder.Rows("SELECT id FROM open_requests"))[0]);
    }

    [Fact]
    public async Task Begin_EveryColumn_HoldsItsValueUntilItIsSettled()
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(Records.Intent());
        await ledger.FlushAsync();
        var open = Assert.Single(_folder.Rows("SELECT * FROM open_requests"));

        await ledger.Settle(Records.Record(Records.Intent()));
        await ledger.FlushAsync();

        Assert.Empty(_folder.Rows("SELECT * FROM open_requests"));
        var settled = Assert.Single(_folder.Rows("SELECT * FROM requests")); // the values are those of the test above
        Assert.All(open, cell => Assert.Equal(settled.Find(other => other.Column == cell.Column), cell));
        Assert.Contains(("prompt_tokens_bound", "4001"), open);
    }

    [Fact]
    public async Task Settle_RowAfterRowWithOtherValues_HoldsEachItsOwn()
    {
        // What was bound for the row before must not be taken for this one's.
        await using var ledger = await OpenAsync();
        await ledger.Settle(Records.Record(Records.Intent(1)));
        await ledger.Settle(Records.BareRecord(Records.BareIntent(2), null));
        await ledger.Settle(Records.Record(Records.Intent(3) with { Feature = "other" }));
        await ledger.FlushAsync();

        Assert.Equal(
            ["1 summaries growth 7750251 1250007", "2 NULL NULL NULL NULL", "3 other growth 7750251 1250007"],
            _folder.Rows("SELECT seq, feature, team, cost_nanousd, first_token_us FROM requests ORDER BY seq").Select(row => string.Join(' ', row.Select(cell => cell.Value))));
    }

    [Fact]
    public async Task Settle_InTheGroupOfItsIntent_LeavesNothingOpen()
    {
        await using (var ledger = await OpenAsync())
        {
            using (_folder.LockForWriting()) // so that they become one group
            {
                ledger.Begin(Records.Intent(1));
                await ledger.Settle(Records.Record(Records.Intent(1)));
                ledger.Begin(Records.Intent(2));
            }
        }

        Assert.Equal(1, _folder.Number("SELECT count(*) FROM requests"));
        Assert.Equal(("id", Records.Id(2)), Assert.Single(_folder.Rows("SELECT id FROM open_requests"))[0]);
    }

    [Fact]
    public async Task Settle_OneCostOfSeveralUnknown_TheSumIsUnknown()
    {
        await SettleAsync(Records.BareRecord(Records.BareIntent(1), null) with
        {
            Attempts = [Records.BareAttempt(new Usd(5)), Records.BareAttempt(null) with { Number = 2 }],
        });

        Assert.Equal(("cost_nanousd", "NULL"), _folder.Rows("SELECT cost_nanousd FROM requests")[0][0]);
    }

    [Fact]
    public async Task Settle_SumBeyondCounting_IsUnknown()
    {
        await SettleAsync(Records.BareRecord(Records.BareIntent(1), null) with
        {
            Attempts = [Records.BareAttempt(new Usd(long.MaxValue)), Records.BareAttempt(new Usd(1)) with { Number = 2 }],
        });

        Assert.Equal(("cost_nanousd", "NULL"), _folder.Rows("SELECT cost_nanousd FROM requests")[0][0]);
    }

    [Fact]
    public async Task Totals_Corrections_AreAdded()
    {
        await using var ledger = await OpenAsync();
        await ledger.Settle(Records.BareRecord(Records.BareIntent(1), new Usd(100)));
        await ledger.Settle(Records.BareRecord(Records.BareIntent(2), null));
        await ledger.Settle(Records.BareRecord(Records.BareIntent(3), null));
        await ledger.FlushAsync();
        _folder.Execute($"""
            INSERT INTO corrections (request_id, attempt_number, made_at_us, reason, cost_nanousd)
            VALUES ('{Records.Id(1)}', 1, 1, 'the invoice', -30), ('{Records.Id(2)}', 1, 1, 'the invoice', 7)
            """);

        Assert.Equal(new LedgerTotals(3, 3, new Usd(77), 1), await ledger.TotalsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Totals_SumsOfAttempts_AreSumsOfRequests()
    {
        await using var ledger = await OpenAsync();
        for (var i = 0; i < 50; i++)
        {
            await ledger.Settle(Records.BareRecord(Records.BareIntent(i), null) with
            {
                Attempts = [.. Enumerable.Range(1, (i % 4) + 1).Select(number => Records.BareAttempt(new Usd((i * 10) + number)) with { Number = number, Provider = "p" + number })],
            });
        }

        var totals = await ledger.TotalsAsync(CancellationToken.None);

        Assert.Equal(_folder.Number("SELECT sum(cost_nanousd) FROM requests"), totals.Cost.NanoDollars);
        Assert.Equal(
            _folder.Number("SELECT sum(cost) FROM (SELECT sum(cost_nanousd) AS cost FROM attempts GROUP BY provider)"), totals.Cost.NanoDollars);
        Assert.Equal(_folder.Number("SELECT count(*) FROM attempts"), totals.Attempts);
        Assert.Equal(0, _folder.Number("SELECT count(*) FROM attempts WHERE request_id NOT IN (SELECT id FROM requests) OR seq / 64 NOT IN (SELECT seq FROM requests WHERE id = request_id)"));
    }

    private async Task SettleAsync(RequestRecord record)
    {
        await using var ledger = await OpenAsync();
        ledger.Begin(record.Intent);
        await ledger.FlushAsync();
        await ledger.Settle(record);
    }

    private Task<SqliteLedger> OpenAsync() =>
        SqliteLedger.OpenAsync(new SqliteLedgerOptions { Path = _folder.Ledger }, TimeProvider.System, CancellationToken.None);
}
