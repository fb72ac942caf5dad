using Fairlead.Core.Configuration;
using Fairlead.Core.Overload;
using Fairlead.Providers.Transport;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>
/// How a gateway stops. Readiness is denied at once; for the notice requests are taken yet; then nothing new is, and what runs has the drain to end; what is
/// left of answers then ends with an error in its client's dialect, and is settled. Safe for any number of threads.
/// </summary>
internal sealed class GatewayStop(SnapshotSource snapshots, AttemptTimerPool timers, IHostApplicationLifetime lifetime, OverloadGuard guard, TimeProvider time, ILogger<GatewayStop> logger)
{
    /// <summary>The longest that a stop may take as configured, but for what is written at its end.</summary>
    public static readonly TimeSpan Longest = StopSettings.MostNotice + StopSettings.MostDrain;

    /// <summary>How long errors have to reach their clients after the drain, before their connections are aborted.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    /// <summary>How often it is looked whether everything has ended.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private bool _isClosed;

    /// <summary>Whether the gateway was asked to stop.</summary>
    public bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Whether nothing new is taken any more.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Stops. Never fails for what clients or vendors do.</summary>
    /// <param name="close">Closes the listeners and idle connections, and completes when the last connection is closed; aborts those that are left when it is cancelled.</param>
    /// <param name="inFlight">Requests that are being handled.</param>
    public async Task RunAsync(Func<CancellationToken, Task> close, Func<int> inFlight)
    {
        // 1. Whoever asks for readiness is told, and finds another one.
        lifetime.StopApplication();
        var settings = snapshots.Current.Stop;
        if (settings.Notice > TimeSpan.Zero)
        {
            var notice = Task.Delay(settings.Notice, time);
            logger.StopNoticed(settings.Notice.TotalSeconds);
            await notice;
        }

        // 2. Nothing new; what runs may end. It still listens, so that who comes now hears why and not silence.
        Volatile.Write(ref _isClosed, true);
        using var ended = new CancellationTokenSource();
        var drain = Task.Delay(settings.Drain, time, ended.Token);
        logger.Stopping(settings.Drain.TotalSeconds);
        while (guard.InFlight > 0 && !drain.IsCompleted) await Task.WhenAny(drain, Task.Delay(Look));

        // 3. What has not ended says so to its client, and is settled.
        using var abort = new CancellationTokenSource();
        if (guard.InFlight > 0)
        {
            logger.DrainEnded(guard.InFlight);
            timers.CutOff();
            abort.CancelAfter(LastWords);
        }

        // 4. Connections close once their last answer is written.
        var closing = close(abort.Token);
        if (await Task.WhenAny(closing, drain) != closing) abort.CancelAfter(LastWords);
        await closing;
        await ended.CancelAsync();
        for (var looks = 0; inFlight() > 0 && looks < LastWords / Look; looks++) await Task.Delay(Look);
    }
}
