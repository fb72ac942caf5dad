using System.Net;
using Fairlead.Access;
using Fairlead.Admin;
using Fairlead.Alerting;
using Fairlead.Auditing;
using Fairlead.Budgets;
using Fairlead.Core.Alerting;
using Fairlead.Core.Auditing;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Keys;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Outcomes;
using Fairlead.Core.Overload;
using Fairlead.Core.Revisions;
using Fairlead.Core.Routing;
using Fairlead.Endpoints;
using Fairlead.Pipeline;
using Fairlead.Probing;
using Fairlead.Providers.Transport;
using Fairlead.Revisions;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;

namespace Fairlead.Hosting;

/// <summary>What a gateway is started with.</summary>
internal sealed record GatewayHostOptions
{
    /// <summary>Holds the configuration; already loaded without errors.</summary>
    public required SnapshotSource Snapshots { get; init; }

    /// <summary>Where time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Least level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>
    /// Whether a request runs on the thread that its bytes arrive on, from end to end, in place of a hop to the thread pool at each
    /// of its turns. Only together with <see cref="SocketThreads.RunInline"/>; either alone is slower than none.
    /// </summary>
    public bool RunsInline { get; init; }

    /// <summary>Whether it samples how late it does its work and how much memory it uses, and refuses requests for that too.</summary>
    public bool WatchesItself { get; init; } = true;

    /// <summary>How many records may wait for the ledger's disk before no request is accepted.</summary>
    public int MostWaitingRecords { get; init; } = SqliteLedgerOptions.DefaultMostWaiting;

    /// <summary>Another logger in place of the console.</summary>
    public ILoggerProvider? Logger { get; init; }
}

/// <summary>A running gateway: its listener, its ledger, its simulated vendors. Dispose stops it.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly SqliteLedger _ledger;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _upkeep;
    private readonly Lazy<Task> _stopping;

    private GatewayHost(WebApplication application, SqliteLedger ledger, DateTimeOffset startedAt)
    {
        _application = application;
        _ledger = ledger;
        _stopping = new Lazy<Task>(() => Services.GetRequiredService<GatewayStop>().RunAsync(_application.StopAsync, () => InFlight));
        PromisesRestored = Task.Run(() => Services.GetRequiredService<PromiseHistory>().RestoreAsync(startedAt, _stopped.Token));
        ProbesStarted = Task.Run(() => Services.GetRequiredService<ProbeSchedule>().StartAsync(_stopped.Token));
        _upkeep = Task.Run(() => Services.GetRequiredService<LedgerUpkeep>().RunAsync(_stopped.Token));
    }

    /// <summary>Completes when the promises know the day before the start. Traffic does not wait for it.</summary>
    public Task PromisesRestored { get; }

    /// <summary>Completes when it is known when targets last answered before the start. Traffic does not wait for it.</summary>
    public Task ProbesStarted { get; }

    /// <summary>The address it listens on, with the real port.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The address of the administration, with the real port; that of everything else where it has none of its own.</summary>
    public Uri AdminAddress => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());

    public IServiceProvider Services => _application.Services;

    public SimulatedVendors Simulated => Services.GetRequiredService<SimulatedVendors>();

    public SqliteLedger Ledger => _ledger;

    /// <summary>Requests that are being handled.</summary>
    public int InFlight => Services.GetRequiredService<GatewayApplication>().InFlight;

    /// <summary>Opens the ledger, starts the simulated vendors, listens.</summary>
    public static async Task<GatewayHost> StartAsync(GatewayHostOptions options, CancellationToken cancellationToken)
    {
        var snapshot = options.Snapshots.Current;
        var ledger = await SqliteLedger.OpenAsync(
            new SqliteLedgerOptions { Path = snapshot.Store.LedgerPath, Durability = snapshot.Store.Durability, MostWaiting = options.MostWaitingRecords }, options.Time, cancellationToken);
        GatewayLife? life = null;
        WebApplication? begun = null;
        try
        {
            var application = Build(options, snapshot, ledger, StoreKey.Open(snapshot.Store));
            begun = application;
            var logger = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead");
            await application.Services.GetRequiredService<SimulatedVendors>().StartAsync(snapshot, cancellationToken);
            Announce(logger, snapshot);
            ledger.WritingChanged += reason =>
            {
                if (reason is null) logger.LedgerWritten();
                else logger.LedgerNotWritten(reason);
            };
            var keys = application.Services.GetRequiredService<LiveKeys>();
            await keys.StartAsync(cancellationToken);
            if (snapshot.Keys.IsEmpty && !keys.Current.HasAny && !snapshot.Listen.IsLoopback)
            {
                throw new StartRefusedException(
                    $"{snapshot.Listen.OriginalString} is reachable from other machines: without 'keys' in the configuration, or one made with 'fairlead keys create', only a loopback address is served");
            }

            options.Snapshots.HasOtherKeys = () => keys.Current.HasAny;
            KeyWarnings.Tell(logger, keys.Current, snapshot, options.Time.GetUtcNow());
            keys.Changed += next => KeyWarnings.TellClosed(logger, next, options.Snapshots.Current);
            if (ledger.Interrupted > 0) logger.SettledInterrupted(ledger.Interrupted);
            var health = application.Services.GetRequiredService<HealthBoard>();
            health.ReadsQuota = ReadsQuota(snapshot);
            options.Snapshots.Applied += next =>
            {
                health.ReadsQuota = ReadsQuota(next);
                Announce(logger, next);
                KeyWarnings.Tell(logger, keys.Current, next, options.Time.GetUtcNow());
                _ = application.Services.GetRequiredService<SimulatedVendors>().StartAsync(next, CancellationToken.None);
            };
            options.Snapshots.Refused += errors => logger.ConfigurationRefused(options.Snapshots.Current.Revision, string.Join("; ", errors));
            var budgets = application.Services.GetRequiredService<BudgetHistory>();
            await budgets.StartAsync(snapshot.Budgets, cancellationToken); // before anything may be spent
            options.Snapshots.Applied += next => budgets.Apply(next.Budgets);
            ledger.CostsCorrected += budgets.CostsCorrected;
            var startedAt = options.Time.GetUtcNow();
            var beginning = application.Services.GetRequiredService<GatewayLife>();
            await beginning.BeginAsync(cancellationToken);
            life = beginning;
            await application.StartAsync(cancellationToken);
            application.Services.GetRequiredService<RevisionRecorder>().Start(); // what never listened was never in force
            application.Services.GetRequiredService<CheckpointSender>().Start();
            application.Services.GetRequiredService<AlertSender>().Start();
            options.Snapshots.Follow(); // what changed while we started is seen now, by all that have to hear of it
            var host = new GatewayHost(application, ledger, startedAt);
            logger.Listening(host.Address.ToString().TrimEnd('/'));
            if (snapshot.AdminListen is not null) logger.AdminListening(host.AdminAddress.ToString().TrimEnd('/'));
            if (snapshot.Keys.IsEmpty && !keys.Current.HasAny) logger.NoKeys();
            return host;
        }
        catch
        {
            if (life is not null) await life.FailAsync();
            if (begun is not null) await begun.DisposeAsync(); // it follows the store's keys already
            await ledger.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the gateway was asked to stop (Ctrl-C, SIGTERM), and has.</summary>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bySignal = _application.Lifetime.ApplicationStopping.Register(asked.SetResult);
        await using var byCaller = cancellationToken.Register(_application.Lifetime.StopApplication);
        await asked.Task;
        await _stopping.Value;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        try
        {
            await _stopping.Value;
            await Task.WhenAll(PromisesRestored, ProbesStarted, _upkeep);
            await Services.GetRequiredService<ProbeSchedule>().DisposeAsync(); // what it reads is there yet
        }
        finally
        {
            // Whatever failed before: the stop is written down, and what waits is committed.
            try
            {
                await Services.GetRequiredService<AlertSender>().DisposeAsync();
                await Services.GetRequiredService<GatewayLife>().EndAsync(Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead"));
                await Services.GetRequiredService<CheckpointSender>().DisposeAsync(); // after the last record
                Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead").Stopped();
                await _application.DisposeAsync();
            }
            finally
            {
                await _ledger.DisposeAsync();
                _stopped.Dispose();
            }
        }
    }

    private static bool ReadsQuota(GatewaySnapshot snapshot) => RoutePlanner.ReadsOf(snapshot).Quota || snapshot.Providers.Values.Any(provider => provider.Keys.Length > 1);

    private static WebApplication Build(GatewayHostOptions options, GatewaySnapshot snapshot, SqliteLedger ledger, StoreKey key)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(options.LogLevel);
        // A broken stream is told by an exception on purpose, and our own log has what is unexpected.
        builder.Logging.AddFilter("Microsoft", LogLevel.Critical);
        // It says nothing at this level, but would start an activity and a scope for every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        if (options.Logger is { } provider)
        {
            builder.Logging.AddProvider(provider);
        }
        else
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
            builder.Services.Configure<ConsoleLoggerOptions>(console =>
            {
                console.LogToStandardErrorThreshold = LogLevel.Trace;
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite; // says how many; a slow terminal must not hold up requests
            });
        }

        if (options.RunsInline) builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.MostBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024; // coding agents send long lists of betas
            kestrel.Limits.MinResponseDataRate = ClientPace.ServersOwn;
            Listen(kestrel, snapshot.Listen, static _ => { });
            if (snapshot.AdminListen is { } own) Listen(kestrel, own, MarkAsAdmin);
        });
        var audit = ledger.AuditWith(key);
        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan); // the drain ends it
        services.AddSingleton<IMemoryPoolFactory<byte>, ReceiveBlocks>();
        services.AddSingleton(options.Snapshots);
        services.AddSingleton(options.Time);
        services.AddSingleton(ledger);
        services.AddSingleton<ILedger>(ledger);
        services.AddSingleton(new UserPseudonyms(key));
        services.AddSingleton(key);
        services.AddSingleton(audit);
        services.AddSingleton<IAuditLog>(audit);
        services.AddSingleton<GatewayLife>();
        services.AddSingleton<WebhookClient>();
        services.AddSingleton<CheckpointSender>();
        services.AddSingleton<IKeyStore>(ledger.Keys);
        services.AddSingleton(new KeyDigester(key.Derive(KeyDigester.Purpose)));
        services.AddSingleton<KeyAdministration>();
        services.AddSingleton<LiveKeys>();
        services.AddSingleton(new AdminListener(snapshot.AdminListen is not null));
        services.AddSingleton<Admissions>();
        services.AddSingleton<KeyMetrics>();
        services.AddSingleton(Random.Shared);
        services.AddSingleton<AttemptTimerPool>();
        services.AddSingleton<UpstreamClients>();
        services.AddSingleton<SimulatedVendors>();
        services.AddSingleton<KeyBoard>();
        services.AddSingleton<HedgeBudget>();
        services.AddSingleton<ISendGate, SendGate>();
        services.AddSingleton<AttemptStarter>();
        services.AddSingleton<AttemptRace>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<HealthBoard>();
        services.AddSingleton<OwnStalls>();
        services.AddSingleton<OverloadGuard>();
        services.AddSingleton<OverloadMetrics>();
        services.AddSingleton(at => new OverloadWatch(
            at.GetRequiredService<OverloadGuard>(), at.GetRequiredService<OwnStalls>(), options.Snapshots, options.WatchesItself, at.GetRequiredService<ILogger<OverloadWatch>>()));
        services.AddSingleton<GatewayStop>();
        services.AddSingleton<Entrance>();
        services.AddSingleton<BudgetBoard>();
        services.AddSingleton<LimitBoard>();
        services.AddSingleton<Spender>();
        services.AddSingleton<BudgetHistory>();
        services.AddSingleton<BudgetAlerts>();
        services.AddSingleton(_ => new AlertBoard(options.Time));
        services.AddSingleton<AlertTelemetry>();
        services.AddSingleton<FailoverRate>();
        services.AddSingleton<PromiseAlarm>();
        services.AddSingleton<AlertWatch>();
        services.AddSingleton<AlertSender>();
        services.AddSingleton<IAdminPart, AlertsEndpoint>();
        services.AddSingleton<IAdminPart, BudgetsReport>();
        services.AddSingleton(new PromiseTracker(new RoutePromises(options.Snapshots).Of, options.Time));
        services.AddSingleton<PromiseHistory>();
        services.AddSingleton<PromisedCosts>();
        services.AddSingleton<LedgerUpkeep>();
        services.AddSingleton<HealthMetrics>();
        services.AddSingleton<HealthWatch>();
        services.AddSingleton<HealthAlerts>();
        services.AddSingleton<FallbackBoard>();
        services.AddSingleton<ProbeMetrics>();
        services.AddSingleton<ProbeSchedule>();
        services.AddSingleton<IAdminPart, FallbacksReport>();
        services.AddSingleton<IAdminPart, ProvidersEndpoint>();
        services.AddSingleton<IAdminPart, TargetsReport>();
        services.AddSingleton<IAdminPart, PromisesReport>();
        services.AddSingleton<IAdminPart, CostsEndpoint>();
        services.AddSingleton<IAdminPart, UsersEndpoint>();
        services.AddSingleton<Settlement>();
        services.AddSingleton<AnswerJudge>();
        services.AddSingleton(at => new AttemptRunner(
            at.GetRequiredService<UpstreamClients>(), at.GetRequiredService<SimulatedVendors>().AddressOf, at.GetRequiredService<HealthBoard>(), options.Time));
        services.AddSingleton(at => new VendorTokenCount(
            at.GetRequiredService<UpstreamClients>(), at.GetRequiredService<SimulatedVendors>().AddressOf, at.GetRequiredService<AttemptTimerPool>(), options.Time));
        services.AddSingleton<RuleAlerts>();
        services.AddSingleton<Decider>();
        services.AddSingleton<StreamContinuation>();
        services.AddSingleton<ChatPipeline>();
        services.AddSingleton<TokenCountEndpoint>();
        services.AddSingleton<ExplainEndpoint>();
        services.AddSingleton<RequestsEndpoint>();
        services.AddSingleton<IOutcomeStore>(ledger.Outcomes);
        services.AddSingleton<OutcomesEndpoint>();
        services.AddSingleton<IAdminPart, OutcomesReports>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<IRevisionStore>(ledger.Revisions);
        services.AddSingleton<RevisionReview>();
        services.AddSingleton<RevisionRecorder>();
        services.AddSingleton<ConfigurationChange>();
        services.AddSingleton<IAdminPart, ConfigurationEndpoint>();
        services.AddSingleton<IAdminPart, RevisionsEndpoint>();
        services.AddSingleton<IAdminPart, AuditEndpoint>();
        services.AddSingleton<IAdminPart, KeysEndpoint>();
        services.AddSingleton<AdminApplication>();
        services.AddSingleton<GatewayApplication>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(GatewayMetrics.MeterName).AddPrometheusExporter());

        var application = builder.Build();
        var scrape = ((IApplicationBuilder)application).New();
        scrape.UseOpenTelemetryPrometheusScrapingEndpoint();
        application.Services.GetRequiredService<MetricsEndpoint>().Use(scrape.Build());
        application.Services.GetRequiredService<HealthMetrics>();
        application.Services.GetRequiredService<HealthWatch>();
        application.Services.GetRequiredService<HealthAlerts>();
        application.Services.GetRequiredService<BudgetAlerts>();
        application.Services.GetRequiredService<AlertTelemetry>();
        application.Services.GetRequiredService<AlertWatch>();
        application.Services.GetRequiredService<OverloadWatch>();
        application.Services.GetRequiredService<KeyMetrics>();
        application.Run(application.Services.GetRequiredService<GatewayApplication>().HandleAsync);
        return application;
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, Action<ListenOptions> configure)
    {
        if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)) kestrel.ListenLocalhost(address.Port, configure);
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip)) kestrel.Listen(ip, address.Port, configure);
        else kestrel.ListenAnyIP(address.Port, configure);
    }

    private static void MarkAsAdmin(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(AdminListener.Mark.Instance);
        return next(connection);
    });

    private static void Announce(ILogger logger, GatewaySnapshot snapshot)
    {
        logger.ConfigurationApplied(snapshot.Revision, snapshot.Targets.Count, snapshot.Routes.Length);
        foreach (var warning in snapshot.Warnings) logger.ConfigurationWarning(warning);
    }
}
