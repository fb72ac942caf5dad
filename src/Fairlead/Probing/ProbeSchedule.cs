using System.Text.Json;
using Fairlead.Core.Alerting;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Revisions;
using Fairlead.Core.Routing;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Hosting;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Probing;

/// <summary>
/// Keeps fallbacks known to work: sends a small request to targets that have not answered for long, one at a time and within a budget, and tells of
/// tiers that nobody has used. A probe is a request like any other – constraints, budgets, limits, health, ledger, metrics –, of the tenant
/// <c>fairlead</c> with the key <c>probe</c>. What its timer sets off never overlaps.
/// </summary>
internal sealed class ProbeSchedule : IAsyncDisposable
{
    /// <summary>Revisions that are looked back at for how long a target is there.</summary>
    private const int MostRevisions = 16;

    /// <summary>About what the prompt of a probe has, with what vendors put around it.</summary>
    private const int PromptTokens = 32;

    /// <summary>How often it is looked for what has not answered for long.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly SnapshotSource _snapshots;
    private readonly FallbackBoard _board;
    private readonly HealthBoard _health;
    private readonly ChatPipeline _chat;
    private readonly Admissions _admissions;
    private readonly SqliteLedger _ledger;
    private readonly IRevisionStore _revisions;
    private readonly AlertBoard _alerts;
    private readonly ProbeMetrics _metrics;
    private readonly GatewayStop _stop;
    private readonly TimeProvider _time;
    private readonly Random _jitter;
    private readonly ILogger<ProbeSchedule> _logger;
    private readonly ITimer _timer;
    private readonly Dictionary<string, long> _sentAt = new(StringComparer.Ordinal); // not by the wall clock, which may be set
    private readonly HashSet<string> _stale = new(StringComparer.Ordinal);
    private (DateOnly Day, Usd Amount)? _spent; // null: not known since the last probe
    private DateOnly _toldSpent;
    private int _isAtWork;
    private volatile bool _isStopped;
    private volatile Task _look = Task.CompletedTask;

    public ProbeSchedule(
        SnapshotSource snapshots, FallbackBoard board, HealthBoard health, ChatPipeline chat, Admissions admissions, SqliteLedger ledger, IRevisionStore revisions, AlertBoard alerts, ProbeMetrics metrics, GatewayStop stop,
        TimeProvider time, Random jitter, ILogger<ProbeSchedule> logger)
    {
        (_snapshots, _board, _health, _chat, _admissions, _ledger, _revisions) = (snapshots, board, health, chat, admissions, ledger, revisions);
        (_alerts, _metrics, _stop, _time, _jitter, _logger) = (alerts, metrics, stop, time, jitter, logger);
        _timer = time.CreateTimer(static state => ((ProbeSchedule)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private bool IsStopped => _isStopped || _stop.IsStopping;

    /// <summary>Completes when what the timer set off last has ended.</summary>
    public Task Looked => _look;

    /// <summary>Takes from the ledger when targets last answered, and begins. Never fails: what is not known is found out.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var snapshot = _snapshots.Current;
        _board.Know(snapshot, _time.GetUtcNow());
        try
        {
            foreach (var answer in await _ledger.LastAnswersAsync(Caller.Prober.Tenant, cancellationToken))
            {
                if (snapshot.Targets.TryGetValue(answer.Target, out var target) && target.Provider.Name == answer.Provider && target.WireModel == answer.Model) _board.Answered(target, answer.At, answer.IsProbe);
            }

            await KnowLongerAsync(snapshot, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (LedgerException exception)
        {
            _logger.ExercisesNotRestored(exception.Message);
        }

        _timer.Change(Period * (0.5 + (0.5 * _jitter.NextDouble())), Period);
    }

    /// <summary>Begins nothing any more, and waits for what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopped = true;
        await _timer.DisposeAsync();
        await _look;
    }

    /// <summary>A target that has never answered is untested for as long as it is configured: a restart does not begin that anew.</summary>
    private async Task KnowLongerAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        var silent = TargetsOf(snapshot).Where(target => _board.LastOf(target.Name) is null).ToHashSet();
        if (silent.Count == 0) return;
        foreach (var revision in await _revisions.ListAsync(MostRevisions, null, cancellationToken))
        {
            if (await _revisions.FindAsync(revision.Revision, cancellationToken) is not { } stored || _snapshots.Read(stored.Content).Snapshot is not { } before) return;
            silent.IntersectWith(TargetsOf(before));
            if (silent.Count == 0) return;
            foreach (var target in silent) _board.Know(target.Name, revision.AppliedAt);
        }
    }

    private static IEnumerable<(string Name, string Provider, string Model)> TargetsOf(GatewaySnapshot snapshot) =>
        snapshot.Routes.SelectMany(route => route.Tiers).SelectMany(tier => tier.Targets).Select(target => (target.Name, target.Provider.Name, target.WireModel));

    private void Look()
    {
        if (IsStopped || Interlocked.Exchange(ref _isAtWork, 1) != 0) return;
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _look = looked.Task; // before anything is done that a stop has to wait for
        _ = LookAsync(looked);
    }

    private async Task LookAsync(TaskCompletionSource looked)
    {
        try
        {
            var snapshot = _snapshots.Current;
            _board.Know(snapshot, _time.GetUtcNow()); // what a reload brought
            TellStale(snapshot);
            if (snapshot.Probes.Every is not { } every) return;
            await ProbeAsync(snapshot, every);
            TellStale(snapshot); // what has just answered is not stale any more
        }
        catch (Exception exception) // whatever it is: the next time is another one
        {
            _logger.ProbeFailed(exception.Message);
        }
        finally
        {
            Volatile.Write(ref _isAtWork, 0);
            looked.SetResult();
        }
    }

    /// <summary>One probe at most at a time: the target that has not answered for longest.</summary>
    private async Task ProbeAsync(GatewaySnapshot snapshot, TimeSpan every)
    {
        var now = _time.GetUtcNow();
        foreach (var target in _board.Untested(snapshot, every))
        {
            if (_sentAt.TryGetValue(target.Name, out var last) && _time.GetElapsedTime(last) < every) continue; // what failed is its breaker's to find out about
            if (!MayBeProbed(target, snapshot)) continue;
            var most = PriceArithmetic.Most(target.Price!, PromptTokens, snapshot.Probes.MaxTokens, writesCache: false);
            var spent = await SpentTodayAsync(now);
            if (spent.NanoDollars + most > snapshot.Probes.Budget.NanoDollars)
            {
                TellSpent(target, now); // a cheaper one may still have room
                continue;
            }

            if (IsStopped) return;
            _sentAt[target.Name] = _time.GetTimestamp();
            await SendAsync(target, snapshot);
            return;
        }
    }

    /// <summary>Whether a probe would be let through and tell something: a target that is out is found out about by its breaker.</summary>
    private bool MayBeProbed(Target target, GatewaySnapshot snapshot) =>
        target is { Price: not null, IsRestricted: false }
        && !(target.Provider.NeedsKey && target.Provider.Keys.IsEmpty)
        && _health.View.StandingOf(target.Name) is null
        && NameResolution.Resolve(target.Name, snapshot) is NameResolution.ToTarget { Alias: null }; // an alias may have taken its name

    /// <summary>By the ledger, so that a restart is no new day; read again only after a probe.</summary>
    private async Task<Usd> SpentTodayAsync(DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        if (_spent is { } known && known.Day == day) return known.Amount;
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var rows = await _ledger.SpentAsync(today, today.AddDays(1), [CostDimension.Tenant, CostDimension.Key], CancellationToken.None);
        var amount = rows.FirstOrDefault(row => Caller.IsProberOf(row.Values[0] ?? "", row.Values[1]))?.Cost ?? Usd.Zero;
        _spent = (day, amount);
        return amount;
    }

    private void TellSpent(Target target, DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        if (_toldSpent == day) return;
        _toldSpent = day;
        _logger.ProbesSpent(target.Name);
    }

    private async Task SendAsync(Target target, GatewaySnapshot snapshot)
    {
        var context = new DefaultHttpContext();
        var body = Body(target, snapshot.Probes.MaxTokens);
        context.Request.Method = "POST";
        context.Request.Path = "/v1/chat/completions";
        context.Request.ContentType = "application/json";
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body);
        context.Response.Body = Stream.Null;
        var caller = target.Environments.IsEmpty ? Caller.Prober : Caller.Prober with { Environment = target.Environments[0] };
        _spent = null;
        await _chat.HandleAsync(context, ChatDialect.Instance, _admissions.Current, RequestId.Create(_time.GetUtcNow()), new Admitted(caller, Claims.None));
        var outcome = OutcomeOf(context.Response);
        _board.Probed(target.Name, _time.GetUtcNow(), outcome);
        _metrics.Probed(target.Name, outcome);
        _logger.Probed(target.Name, ProbeOutcomes.NameOf(outcome), context.Response.StatusCode);
    }

    private static ProbeOutcome OutcomeOf(HttpResponse response)
    {
        if (response.StatusCode == StatusCodes.Status200OK) return ProbeOutcome.Answered;
        return response.Headers["x-fairlead-attempts"].ToString() is "" or "0" ? ProbeOutcome.NotSent : ProbeOutcome.Failed;
    }

    /// <summary>With the limit in its vendor's word for it: some refuse the other one.</summary>
    private static byte[] Body(Target target, int maxTokens)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("model", target.Name);
            json.WriteNumber(target.Provider.Dialect == ChatDialect.Instance.Name ? target.Provider.MaxTokensMember : "max_tokens", maxTokens);
            json.WriteStartArray("messages");
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", "Answer with OK.");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private void TellStale(GatewaySnapshot snapshot)
    {
        var stale = new HashSet<string>(StringComparer.Ordinal);
        foreach (var route in snapshot.Routes)
        {
            foreach (var tier in route.Tiers)
            {
                if (tier.Targets.IsEmpty || _board.UntestedFor(tier) is var untested && untested < snapshot.Probes.Stale) continue;
                var subject = $"{route.Name}/{tier.Name}";
                stale.Add(subject);
                _alerts.Raise(AlertEvent.StaleFallback, subject, $"None of its targets has answered for {(untested < TimeSpan.FromHours(2) ? $"{(int)untested.TotalMinutes} minutes" : $"{(int)untested.TotalHours} hours")}: whether it works is not known.", AlertSeverity.Warning);
            }
        }

        foreach (var over in _stale.Except(stale).ToList()) _alerts.Resolve(AlertEvent.StaleFallback, over, "One of its targets answered, or it is not there any more.");
        _stale.Clear();
        _stale.UnionWith(stale);
    }
}
