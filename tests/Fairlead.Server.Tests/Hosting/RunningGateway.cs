using System.Text;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Hosting;
using Fairlead.Providers.Registry;
using Fairlead.Server.Tests.Invariants;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>A gateway in this process, on a port of its own, from a configuration's text.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly SnapshotSource _snapshots;
    private bool _isJudged;
    private bool _isStopped;

    private RunningGateway(SnapshotSource snapshots, GatewayHost host, RecordedLog log)
    {
        _snapshots = snapshots;
        Host = host;
        Log = log;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public GatewayHost Host { get; }

    public RecordedLog Log { get; }

    /// <summary>A plain client of the gateway.</summary>
    public HttpClient Client { get; }

    public Uri Address => Host.Address;

    /// <summary>Starts a gateway. <c>listen</c> and <c>store</c> are added where the text has none: any port, in memory.</summary>
    public static async Task<RunningGateway> StartAsync(string yaml, TimeProvider? time = null, IReadOnlyDictionary<string, string>? environment = null, int mostWaitingRecords = 1000)
    {
        if (!yaml.Contains("listen:", StringComparison.Ordinal)) yaml = "listen: \"http://127.0.0.1:0\"\n" + yaml;
        if (!yaml.Contains("store:", StringComparison.Ordinal)) yaml += "\nstore: { ledger: \":memory:\" }\n";
        return await StartAsync(SnapshotSource.FromText(Compiler(environment), yaml, "test.yaml"), time, mostWaitingRecords);
    }

    /// <summary>Starts a gateway that <see cref="Oracle"/> judges at its end: what its own simulated vendors were sent and billed, its ledger, its metrics, what is still held.</summary>
    public static async Task<RunningGateway> StartJudgedAsync(string yaml, TimeProvider? time = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var gateway = await StartAsync(yaml, time, environment);
        gateway._isJudged = true;
        return gateway;
    }

    /// <summary>Starts a gateway that follows a file.</summary>
    public static Task<RunningGateway> FollowAsync(string path, IReadOnlyDictionary<string, string>? environment = null, TimeProvider? time = null) =>
        StartAsync(SnapshotSource.FromFile(Compiler(environment), path, time ?? TimeProvider.System), time, mostWaitingRecords: 1000);

    private static ConfigurationCompiler Compiler(IReadOnlyDictionary<string, string>? environment) => new(
        VendorRegistry.LoadBuiltIn(), BuiltInCatalog.Load(), new SecretReader(name => environment?.GetValueOrDefault(name), path => File.ReadAllText(path)), SimulatedVendors.Defect, Core.Routing.PolicyProof.Of);

    private static async Task<RunningGateway> StartAsync(SnapshotLoad load, TimeProvider? time, int mostWaitingRecords)
    {
        Assert.True(load.Source is not null, string.Join(Environment.NewLine, load.Errors));
        var log = new RecordedLog();
        var options = new GatewayHostOptions { Snapshots = load.Source, Time = time ?? TimeProvider.System, Logger = log, LogLevel = LogLevel.Trace, MostWaitingRecords = mostWaitingRecords, WatchesItself = false };
        var host = await GatewayHost.StartAsync(options, CancellationToken.None);
        return new RunningGateway(load.Source, host, log);
    }

    /// <summary>Posts a chat request.</summary>
    public Task<HttpResponseMessage> PostAsync(string body, params (string Name, string Value)[] headers) => PostAsync("v1/chat/completions", body, headers);

    public Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public global::Fairlead.Probing.ProbeSchedule Probes => Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<global::Fairlead.Probing.ProbeSchedule>(Host.Services);

    /// <summary>Holds nothing against any target or key: what is asked next is sent.</summary>
    public void Forgive()
    {
        var health = (Core.Health.HealthBoard)Host.Services.GetService(typeof(Core.Health.HealthBoard))!;
        var keys = (Core.Health.KeyBoard)Host.Services.GetService(typeof(Core.Health.KeyBoard))!;
        foreach (var target in _snapshots.Current.Targets.Values) health.Set(target, Core.Health.BreakerOverride.Closed);
        foreach (var provider in _snapshots.Current.Providers.Values) keys.Release(provider);
    }

    /// <summary>Sets a breaker by hand: <c>open</c>, <c>closed</c>, <c>auto</c>.</summary>
    public async Task SetBreakerAsync(string target, string state)
    {
        using var response = await Client.PutAsync($"admin/v1/targets/{target}/breaker", new StringContent($$"""{"state":"{{state}}"}""", Encoding.UTF8, "application/json"));
        Assert.True(response.IsSuccessStatusCode);
    }

    /// <summary>Stops it. A test that starts another one does so first: the meters of one process are counted together.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped) return;
        _isStopped = true;
        try
        {
            if (_isJudged) await Oracle.JudgeAsync(new Histories(this));
        }
        finally
        {
            Client.Dispose();
            await Host.DisposeAsync();
            await _snapshots.DisposeAsync();
        }
    }
}

/// <summary>Keeps what was logged, as text.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_gate) return _text.ToString();
        }
    }

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Writer(RecordedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (log._gate) log._text.Append(logLevel).Append(' ').Append(category).Append(' ').Append(formatter(state, exception)).Append(' ').AppendLine(exception?.ToString());
        }
    }
}
