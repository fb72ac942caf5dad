using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Simulator.Books;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Server.Tests.Invariants;

/// <summary>
/// Joins what the clients saw, what the vendors were sent and have billed, what the ledger says and what the metrics say, once everything has
/// ended. One counter-example of INV-01 to 07, 09, 16 or 33 fails the test.
/// </summary>
internal sealed partial class Oracle
{
    /// <summary>Refusals before a request is accepted: they have an id, and no row.</summary>
    private static readonly string[] NeverAccepted = ["gateway_overloaded", "rate_limit_exceeded", "concurrency_limit_exceeded"];

    private readonly Histories _histories;
    private readonly List<string> _defects = [];
    private List<Row> _requests = [];
    private List<Row> _attempts = [];
    private Dictionary<string, LoggedRequest> _sends = [];

    private Oracle(Histories histories) => _histories = histories;

    /// <summary>Waits until everything that runs has ended, then judges.</summary>
    public static async Task JudgeAsync(Histories histories)
    {
        await SettledAsync(histories);
        await new Oracle(histories).JudgeAsync();
    }

    /// <summary>The rows of the ledger: requests, or attempts.</summary>
    public static async Task<List<Row>> RowsAsync(RunningGateway gateway, bool areAttempts)
    {
        var names = LedgerExport.Columns(areAttempts).Select(column => column.Name).ToArray();
        var rows = new List<Row>();
        await foreach (var page in gateway.Host.Ledger.ExportAsync(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200), areAttempts, CancellationToken.None))
        {
            foreach (var values in page) rows.Add(new Row(names.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal)));
        }

        return rows;
    }

    /// <summary>Waits until no vendor has an open request, the gateway handles none and no target has one running.</summary>
    private static async Task SettledAsync(Histories histories)
    {
        var gateway = histories.Gateway;
        var open = "";
        for (var tries = 0; tries < 1000; tries++)
        {
            open = histories.Vendors.Any(vendor => vendor.Log.Open > 0) ? "a vendor has an open request"
                : gateway.Host.InFlight > 0 ? "the gateway handles a request"
                : await RunningAsync(gateway) is { } running ? running
                : "";
            if (open.Length == 0)
            {
                await gateway.Host.Ledger.FlushAsync();
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("Nothing is asked any more, and yet: " + open);
    }

    /// <summary>What was entered stays entered until it ends, and not longer.</summary>
    private static async Task<string?> RunningAsync(RunningGateway gateway)
    {
        foreach (var target in JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/targets"))!["targets"]!.AsArray())
        {
            if (target!["load"]!["running"]!.GetValue<int>() is var running and not 0) return $"{running} run at {target["name"]}";
        }

        return null;
    }

    private async Task JudgeAsync()
    {
        var gateway = _histories.Gateway;
        _requests = await RowsAsync(gateway, areAttempts: false);
        _attempts = await RowsAsync(gateway, areAttempts: true);
        _sends = _histories.Vendors
            .SelectMany(vendor => vendor.Log.Requests.Where(request => request.Path is "/v1/chat/completions" or "/v1/messages"))
            .ToDictionary(request => request.Stamp);
        JudgeRows();
        JudgeMoney();
        JudgeSends();
        if (_histories.Entries is { } entries) JudgeEntries(entries);
        JudgeBudgets(JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/budgets"))!["budgets"]!.AsArray());
        await JudgeMetricsAsync();
        await JudgeTotalsAsync();
        Assert.True(_defects.Count == 0, $"{_defects.Count} counter-examples, among them:\n" + string.Join('\n', _defects.Take(20)));
    }

    /// <summary>INV-05, 07 and 16: one row per request with one per attempt, no more of them than may be, and the sum of the attempts is the request's.</summary>
    private void JudgeRows()
    {
        if (_requests.DistinctBy(request => request.Id).Count() != _requests.Count) _defects.Add("two requests have one id");
        var attempts = _attempts.ToLookup(attempt => attempt.Id);
        foreach (var request in _requests)
        {
            var own = attempts[request.Id].ToList();
            if (own.Count != request.Number("attempts")) _defects.Add($"{request.Id}: {own.Count} attempts, its row says {request.Number("attempts")}");
            if (own.Count > _histories.MostSends) _defects.Add($"{request.Id}: {own.Count} sends");
            if (!own.Select(attempt => attempt.Number("attempt")).SequenceEqual(Enumerable.Range(1, own.Count).Select(number => (long?)number))) _defects.Add($"{request.Id}: its attempts are not numbered one by one");
            var isKnown = own.All(attempt => attempt.Number("cost_usd") is not null);
            if (request.Number("cost_usd") != (isKnown ? own.Sum(attempt => attempt.Number("cost_usd")) : null)) _defects.Add($"{request.Id}: costs {request.Number("cost_usd")}, its attempts otherwise");
            foreach (var column in new[] { "input_tokens", "output_tokens" })
            {
                if (request.Number(column) != own.Sum(attempt => attempt.Number(column))) _defects.Add($"{request.Id}: {column} are not its attempts'");
            }

            var answered = own.Where(attempt => attempt.Text("failure") is null or "none").ToList();
            if (request.Text("outcome") == "answered" && answered.Count != 1) _defects.Add($"{request.Id}: answered by {answered.Count} attempts");
            if (request.Text("outcome") == "failed" && answered.Count != 0) _defects.Add($"{request.Id}: failed, though an attempt answered");
        }

        if (attempts.Count > _requests.Count) _defects.Add("attempts of no request");
    }

    /// <summary>INV-06: what a vendor billed is in the ledger, once and exactly, wherever its usage arrived; else it is marked.</summary>
    private void JudgeMoney()
    {
        var attributed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attempt in _attempts)
        {
            var (source, cost) = (attempt.Text("usage_source"), attempt.Number("cost_usd"));
            if (source is null or "none" && attempt.Text("failure") is null or "none") _defects.Add($"{attempt.Id}: answered by {attempt.Text("target")}, and no usage stands there");
            if (StampOf(attempt) is not { } stamp || !_histories.Vendors.Any(vendor => stamp.StartsWith(vendor.Name + "#", StringComparison.Ordinal))) continue;
            if (!_sends.TryGetValue(stamp, out var send))
            {
                _defects.Add($"{attempt.Id}: attempt {stamp} was never sent");
                continue;
            }

            if (!attributed.Add(stamp)) _defects.Add($"{attempt.Id}: {stamp} stands in the ledger twice");
            if (source == "reported" && cost != send.NanoDollars) _defects.Add($"{attempt.Id}: {stamp} billed {send.NanoDollars}, the ledger says {cost}");
            if (source is null or "none" && send.NanoDollars != 0) _defects.Add($"{attempt.Id}: {stamp} billed {send.NanoDollars} ({send.Ending}, {send.Fault}), the ledger says nothing was");
            if (source == "estimated" && cost == 0 && send.NanoDollars != 0) _defects.Add($"{attempt.Id}: {stamp} is estimated at nothing");
        }
    }

    /// <summary>INV-05: one attempt in the ledger for every send that a vendor saw.</summary>
    private void JudgeSends()
    {
        foreach (var vendor in _histories.Vendors)
        {
            var seen = _sends.Values.Count(send => send.Stamp.StartsWith(vendor.Name + "#", StringComparison.Ordinal));
            var own = _attempts.Where(attempt => attempt.Text("provider") == vendor.Name).ToList();
            // A connection that was refused was never seen; nor need be one that was left, by us or by the client, before its bytes arrived.
            var unseen = own.Count(attempt => attempt.Text("failure") is "connect_failed" or "tls_failed");
            var uncertain = own.Count(attempt => attempt.Text("failure") is "client_gone" or "connection_reset" or "hedge_lost");
            if (seen > own.Count - unseen || seen < own.Count - unseen - uncertain) _defects.Add($"{vendor.Name}: {seen} sends seen, {own.Count} attempts in the ledger ({unseen} never connected, {uncertain} uncertain)");
        }
    }

    /// <summary>INV-01 to 04: one outcome each, the same for the client and the ledger; nothing spliced, nothing lost, no false finish.</summary>
    private void JudgeEntries(IReadOnlyCollection<ClientEntry> entries)
    {
        var requests = _requests.ToDictionary(request => request.Id);
        var attempts = _attempts.ToLookup(attempt => attempt.Id);
        foreach (var entry in entries)
        {
            if (entry.Ending == ClientEnding.Wrong) _defects.Add($"{entry.Id}: {entry.Defect}");
            if (entry.Id is null) continue;
            if (!requests.TryGetValue(entry.Id, out var request))
            {
                // A client that left before its request was accepted has none.
                if (entry.Ending != ClientEnding.Left && !(entry.Ending == ClientEnding.Refused && NeverAccepted.Contains(entry.Error!.Code))) _defects.Add($"{entry.Id}: no record");
                continue;
            }

            var outcome = request.Text("outcome");
            var isAgreed = entry.Ending switch
            {
                ClientEnding.Answered => outcome == "answered",
                ClientEnding.Refused or ClientEnding.Broken => outcome == "failed",
                ClientEnding.Left => outcome is "client_gone" or "answered" or "failed", // it may have ended before the client was known to be gone
                _ => true,
            };
            if (!isAgreed) _defects.Add($"{entry.Id}: the client saw {entry.Ending}, the ledger says {outcome}");
            JudgeSources(entry, [.. attempts[entry.Id]]);
        }

        var told = entries.Where(entry => entry.Id is not null && entry.Ending != ClientEnding.Left).Select(entry => entry.Id!).ToList();
        if (told.Distinct().Count() != told.Count) _defects.Add("two requests have one id");
        var left = entries.Count(entry => entry.Ending == ClientEnding.Left);
        var accepted = told.Count(requests.ContainsKey);
        if (_requests.Count < accepted || _requests.Count > accepted + left) _defects.Add($"{_requests.Count} rows for {accepted} accepted requests and {left} that were left");
    }

    /// <summary>INV-02: what reached the client came of the attempt that the ledger names, and where a stream went on, of those two.</summary>
    private void JudgeSources(ClientEntry entry, List<Row> attempts)
    {
        if (entry.Sources.Count == 0) return;
        var last = entry.Sources[^1];
        var begun = attempts.FindIndex(attempt => StampOf(attempt) == entry.Sources[0]);
        if (begun < 0)
        {
            _defects.Add($"{entry.Id}: tokens of {entry.Sources[0]}, which no attempt of it is");
            return;
        }

        if (entry.Sources.Count > 2) _defects.Add($"{entry.Id}: tokens of {string.Join(", ", entry.Sources)}");
        var isContinued = entry.Sources.Count == 2;
        if (isContinued && attempts[begun].Text("failure") is null or "none") _defects.Add($"{entry.Id}: went on elsewhere, though {entry.Sources[0]} had answered");
        if (isContinued && !attempts.Skip(begun + 1).Any(attempt => StampOf(attempt) == last)) _defects.Add($"{entry.Id}: tokens of {last}, which no later attempt of it is");
        if (entry.Ending != ClientEnding.Answered) return;
        var answering = attempts.Where(attempt => attempt.Text("failure") is null or "none").Select(StampOf).SingleOrDefault();
        if (answering != last && !(begun >= 0 && !isContinued && answering is not null && entry.Text.Length > 0 && IsContinuation(attempts, begun, answering))) _defects.Add($"{entry.Id}: answered by {last}, the ledger says {answering}");
    }

    /// <summary>The second part of an answer may have had no token of its own.</summary>
    private static bool IsContinuation(List<Row> attempts, int begun, string answering) =>
        attempts[begun].Text("failure") is not (null or "none") && attempts.FindIndex(attempt => StampOf(attempt) == answering) > begun;

    /// <summary>INV-09: nothing stays held, and what is enforced is what is recorded.</summary>
    private void JudgeBudgets(JsonArray budgets)
    {
        foreach (var budget in budgets)
        {
            foreach (var account in budget!["accounts"]!.AsArray())
            {
                if (account!["reserved_usd"]!.GetValue<string>() != "0") _defects.Add($"a budget still holds something: {account.ToJsonString()}");
                if (budget["scope"] is not null || (budget["each"] is { } each && each.GetValue<string>() != "target")) continue;
                var target = account["account"]?.GetValue<string>();
                var recorded = _attempts.Where(attempt => target is null || attempt.Text("target") == target).Sum(attempt => attempt.Number("cost_usd") ?? 0);
                if (Nano(account["spent_usd"]!.GetValue<string>()) != recorded) _defects.Add($"a budget has spent {account["spent_usd"]}, the ledger {recorded}: {target}");
            }
        }
    }

    /// <summary>INV-33: the counters agree with the ledger. What was scraped is shown again for a moment, so that one that disagrees is scraped once more.</summary>
    private async Task JudgeMetricsAsync()
    {
        var found = _defects.Count;
        JudgeMetrics(await _histories.Gateway.Client.GetStringAsync("metrics"));
        if (_defects.Count == found) return;
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        _defects.RemoveRange(found, _defects.Count - found);
        JudgeMetrics(await _histories.Gateway.Client.GetStringAsync("metrics"));
    }

    private void JudgeMetrics(string metrics)
    {
        Compare("requests", "fairlead_requests_total", "outcome", _requests.GroupBy(request => request.Text("outcome")!));
        Compare("attempts", "fairlead_attempts_total", "fairlead_target", _attempts.GroupBy(attempt => attempt.Text("target") is { } target && target.Contains('/', StringComparison.Ordinal) ? "pinned" : attempt.Text("target")!));
        var cost = Samples(metrics, "fairlead_cost_USD_total").Sum(sample => sample.Value);
        var recorded = _attempts.Sum(attempt => attempt.Number("cost_usd") ?? 0) / 1e9;
        if (Math.Abs(cost - recorded) > 1e-9 * (1 + _attempts.Count)) _defects.Add(FormattableString.Invariant($"${cost} in the metrics, ${recorded} in the ledger"));

        void Compare(string what, string metric, string label, IEnumerable<IGrouping<string, Row>> groups)
        {
            var counted = Samples(metrics, metric).GroupBy(sample => sample.Label(label)).ToDictionary(group => group.Key, group => group.Sum(sample => sample.Value), StringComparer.Ordinal);
            foreach (var group in groups)
            {
                counted.Remove(group.Key, out var count);
                if (count != group.Count()) _defects.Add($"{count} {what} of {group.Key} in the metrics, {group.Count()} in the ledger");
            }

            foreach (var (name, count) in counted.Where(rest => rest.Value != 0)) _defects.Add($"{count} {what} of {name} in the metrics, none in the ledger");
        }
    }

    /// <summary>INV-16, and INV-01's other side: nothing is begun and never ended; the sums over everything are those of the rows.</summary>
    private async Task JudgeTotalsAsync()
    {
        var totals = await _histories.Gateway.Host.Ledger.TotalsAsync(CancellationToken.None);
        if (totals.Requests != _requests.Count) _defects.Add($"{totals.Requests} requests were begun, {_requests.Count} ended");
        if (totals.Attempts != _attempts.Count) _defects.Add($"{totals.Attempts} attempts in all, {_attempts.Count} rows");
        if (totals.Cost.NanoDollars != _attempts.Sum(attempt => attempt.Number("cost_usd") ?? 0)) _defects.Add($"{totals.Cost} in all, the rows say otherwise");
    }

    /// <summary>The vendor's own id says which of its requests an attempt was: chatcmpl-east-12, msg_east_12 or req_east_12.</summary>
    private static string? StampOf(Row attempt) =>
        attempt.Text("upstream_id") is { } id && UpstreamId().Match(id) is { Success: true } match ? match.Groups[1].Value + "#" + match.Groups[2].Value : null;

    private static IEnumerable<Sample> Samples(string metrics, string name) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal))
        .Select(line => new Sample(line[..line.LastIndexOf('}')], double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture)));

    private static long Nano(string usd) => (long)(decimal.Parse(usd, CultureInfo.InvariantCulture) * 1_000_000_000m);

    [GeneratedRegex("(?:chatcmpl-|msg_|req_)([a-z]+)[-_]([0-9]+)$")]
    private static partial Regex UpstreamId();

    /// <summary>A row of the ledger.</summary>
    internal sealed record Row(IReadOnlyDictionary<string, object?> Values)
    {
        public string Id => Text("request_id")!;

        public string? Text(string column) => (string?)Values[column];

        public long? Number(string column) => (long?)Values[column];
    }

    private sealed record Sample(string Labels, double Value)
    {
        public string Label(string name) => Regex.Match(Labels, "[{,]" + name + "=\"([^\"]*)\"").Groups[1].Value;
    }
}
