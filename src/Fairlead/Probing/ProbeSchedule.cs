using System.Text.Json;
using Fairlead.Core.Alerting;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Pipeline;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Probing;

/// <summary>
/// Keeps fallbacks known to work: sends a small request to targets that have not answered for long, one at a time and within a budget, and tells of
/// tiers that nobody has used. A probe is a request like any other – constraints, budgets, limits, health, ledger, metrics –, of the tenant
/// <c>fairlead</c> with the key <c>probe</c>.
/// </summary>
internal sealed class ProbeSchedule : IDisposable
{
    /// <summary>The tenant and the key that probes are recorded with.</summary>
    public const string Tenant = "fairlead", Key = "probe";

    /// <summary>About what the prompt of a probe has, with what vendors put around it.</summary>
    private const int PromptTokens = 32;

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private static readonly Caller Prober = new(Tenant, Key);

    private readonly SnapshotSource _snapshots;
    private readonly FallbackBoard _board;
    private readonly HealthBoard _health;
    private readonly ChatPipeline _chat;
    private readonly Admissions _admissions;
    private readonly SqliteLedger _ledger;
    private readonly AlertBoard _alerts;
    private readonly ProbeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Random _jitter;
    private readonly ILogger<ProbeSchedule> _logger;
    private readonly ITimer _timer;
    private readonly Dictionary<string, DateTimeOffset> _sentAt = new(StringComparer.Ordinal);
    private readonly HashSet<string> _stale = new(StringComparer.Ordinal);
    private int _isAtWork;
    private volatile bool _isStopped;

    public ProbeSchedule(
        SnapshotSource snapshots, FallbackBoard board, HealthBoard health, ChatPipeline chat, Admissions admissions, SqliteLedger ledger, AlertBoard alerts, ProbeMetrics metrics, TimeProvider time, Random jitter,
        ILogger<ProbeSchedule> logger)
    {
        (_snapshots, _board, _health, _chat, _admissions, _ledger, _alerts, _metrics, _time, _jitter, _logger) = (snapshots, board, health, chat, admissions, ledger, alerts, metrics, time, jitter, logger);
        _timer = time.CreateTimer(static state => _ = ((ProbeSchedule)state!).LookAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a request is a probe.</summary>
    public static bool IsProbe(Caller caller) => caller is { Tenant: Tenant, Key: Key };

    /// <summary>Whether it does nothing at the moment.</summary>
    public bool IsIdle => Volatile.Read(ref _isAtWork) == 0;

    /// <summary>Takes from the ledger when targets last answered, and begins. Never fails: what is not known is found out.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (target, at, isProbe) in await _ledger.LastAnswersAsync(Tenant, cancellationToken)) _board.Answered(target, at, isProbe);
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

    public void Dispose()
    {
        _isStopped = true;
        _timer.Dispose();
    }

    private async Task LookAsync()
    {
        if (_isStopped || Interlocked.Exchange(ref _isAtWork, 1) != 0) return;
        try
        {
            var snapshot = _snapshots.Current;
            TellStale(snapshot);
            if (snapshot.Probes.Every is { } every) await ProbeAsync(snapshot, every);
            TellStale(snapshot); // what has just answered is not stale any more
        }
        catch (Exception exception) // whatever it is: the next time is another one
        {
            _logger.ProbeFailed(exception.Message);
        }
        finally
        {
            Volatile.Write(ref _isAtWork, 0);
        }
    }

    /// <summary>One probe at most at a time: the target that has not answered for longest.</summary>
    private async Task ProbeAsync(GatewaySnapshot snapshot, TimeSpan every)
    {
        var now = _time.GetUtcNow();
        Usd? spent = null;
        foreach (var target in _board.Untested(snapshot, every))
        {
            if (_sentAt.TryGetValue(target.Name, out var last) && now - last < every) continue; // what failed is its breaker's to find out about
            if (!MayBeProbed(target, snapshot)) continue;
            var most = PriceArithmetic.Most(target.Price!, PromptTokens, snapshot.Probes.MaxTokens, writesCache: false);
            spent ??= await SpentTodayAsync(now);
            if (spent.Value.NanoDollars + most > snapshot.Probes.Budget.NanoDollars) continue; // the next day is another one, and a cheaper target may still have room
            _sentAt[target.Name] = now;
            await SendAsync(target, snapshot);
            return;
        }
    }

    /// <summary>Whether a probe would be let through and tell something: a target that is out is found out about by its breaker.</summary>
    private bool MayBeProbed(Target target, GatewaySnapshot snapshot) =>
        target is { Price: not null, IsRestricted: false, Environments.IsEmpty: true }
        && !(target.Provider.NeedsKey && target.Provider.Keys.IsEmpty)
        && _health.View.StandingOf(target.Name) is null
        && NameResolution.Resolve(target.Name, snapshot) is NameResolution.ToTarget { Alias: null }; // an alias may have taken its name

    private async Task<Usd> SpentTodayAsync(DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var rows = await _ledger.SpentAsync(today, now + TimeSpan.FromMinutes(1), [CostDimension.Tenant, CostDimension.Key], CancellationToken.None);
        return rows.FirstOrDefault(row => row.Values[0] == Tenant && row.Values[1] == Key)?.Cost ?? Usd.Zero;
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
        await _chat.HandleAsync(context, ChatDialect.Instance, _admissions.Current, RequestId.Create(_time.GetUtcNow()), new Admitted(Prober, Claims.None));
        var isAnswered = context.Response.StatusCode == StatusCodes.Status200OK;
        _metrics.Probed(target.Name, isAnswered);
        _logger.Probed(target.Name, context.Response.StatusCode);
    }

    /// <summary>In OpenAI's words; a target of the dialect gets them as they are.</summary>
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
                _alerts.Raise(AlertEvent.StaleFallback, subject, $"None of its targets has answered for {(int)untested.TotalHours} hours: whether it works is not known.", AlertSeverity.Warning);
            }
        }

        foreach (var over in _stale.Except(stale).ToList()) _alerts.Resolve(AlertEvent.StaleFallback, over, "One of its targets answered, or it is not there any more.");
        _stale.Clear();
        _stale.UnionWith(stale);
    }
}
