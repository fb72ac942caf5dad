using System.Globalization;
using System.Net;
using System.Threading.Channels;
using Fairlead.Core.Alerting;
using Fairlead.Core.Configuration;
using Fairlead.Providers.Transport;
using Fairlead.Telemetry;

namespace Fairlead.Alerting;

/// <summary>
/// Tells one sink of alerts, one post at a time, on a task of its own: whoever raises an alert never waits for it. Safe for any number of threads.
/// </summary>
internal sealed class AlertChannel : IAsyncDisposable
{
    /// <summary>How long a post may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long the stop waits for what is left to tell.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    private readonly SnapshotSource _snapshots;
    private readonly WebhookClient _client;
    private readonly AlertTelemetry _telemetry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AlertQueue _queue;
    private readonly ITimer _timer;
    private readonly Channel<bool> _woken = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;
    private AlertSink _sink;
    private string? _failing;
    private long _failed;
    private long _givenUp;
    private volatile bool _isEnding;

    public AlertChannel(AlertSink sink, SnapshotSource snapshots, AlertBoard board, WebhookClient client, AlertTelemetry telemetry, Random random, TimeProvider time, ILogger logger)
    {
        (_sink, _snapshots, _client, _telemetry, _time, _logger) = (sink, snapshots, client, telemetry, time, logger);
        _queue = new AlertQueue(board, time, random) { Remind = sink.Remind, TellsResolved = sink.TellsResolved };
        _timer = time.CreateTimer(static state => ((AlertChannel)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Who is told, and of what.</summary>
    public AlertSink Sink => Volatile.Read(ref _sink);

    /// <summary>Messages that are to be sent.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>Posts that were not taken.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Messages that are not tried any more.</summary>
    public long GivenUp => Interlocked.Read(ref _givenUp);

    /// <summary>Why the last post was not taken; null when it was.</summary>
    public string? Failing => Volatile.Read(ref _failing);

    /// <summary>Takes what has changed; never waits.</summary>
    public void Tell(Alert alert)
    {
        if (Sink.Events.Contains(alert.Event) && _queue.Tell(alert)) Wake();
    }

    /// <summary>Takes what it is told of from now on.</summary>
    /// <param name="sink">The same place.</param>
    public void Change(AlertSink sink)
    {
        Volatile.Write(ref _sink, sink);
        _queue.Forget(alert => !sink.Events.Contains(alert.Event));
        (_queue.Remind, _queue.TellsResolved) = (sink.Remind, sink.TellsResolved);
        Wake();
    }

    /// <summary>Posts an alert now, whatever waits, and says how it was taken.</summary>
    public async Task<(AlertDelivery Delivery, TimeSpan? RetryAfter, string? Reason)> PostAsync(Alert alert, string what, CancellationToken cancellationToken)
    {
        var sink = Sink;
        var body = AlertPayload.Of(sink.Format, alert, what, _snapshots.Current);
        using var patience = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var answer = await _client.PostAsync(new Uri(sink.Webhook!.Reveal()), body, sink.Key, _time.GetUtcNow(), either.Token);
            if (answer.IsTaken) return (AlertDelivery.Taken, null, null);
            var isPassing = answer.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 or >= HttpStatusCode.InternalServerError;
            return (isPassing ? AlertDelivery.NotTaken : AlertDelivery.Refused, answer.RetryAfter, $"it answered {(int)answer.Status}");
        }
        catch (OperationCanceledException)
        {
            return (AlertDelivery.Unknown, null, patience.IsCancellationRequested ? string.Create(CultureInfo.InvariantCulture, $"no answer within {Patience.TotalSeconds} s") : "no answer until the end");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ArgumentException or NotSupportedException)
        {
            var neverArrived = exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError };
            return (neverArrived ? AlertDelivery.NotTaken : AlertDelivery.Unknown, null, ReasonOf(exception));
        }
    }

    /// <summary>In our words: those of the exception have the address, which may be the secret.</summary>
    private static string ReasonOf(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name cannot be resolved",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "no trusted connection can be made",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => exception.InnerException is AddressRefusedException ? "its address may not be connected to" : "no connection can be made",
        HttpRequestException or IOException => "the connection broke off",
        _ => "its address is none that can be posted to",
    };

    /// <summary>Tells what is left, as long as it is taken, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        _queue.Hurry();
        Wake();
        _ended.CancelAfter(LastPatience); // the machine's clock: whoever stops a process waits in that
        await _running;
        await _timer.DisposeAsync();
        _ended.Dispose();
    }

    private void Wake() => _woken.Writer.TryWrite(true);

    private async Task RunAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            if (_queue.Take(out var wait) is { } alert)
            {
                if (!await DeliverAsync(alert) && _isEnding) return;
                continue;
            }

            if (_isEnding) return;
            _timer.Change(wait ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            await _woken.Reader.ReadAsync();
        }
    }

    /// <summary>Whether it was taken.</summary>
    private async Task<bool> DeliverAsync(Alert alert)
    {
        var what = AlertEvents.NameOf(alert.Event);
        var (delivery, retryAfter, reason) = await PostAsync(alert, what, _ended.Token);
        var isGivenUp = _queue.Ended(delivery, retryAfter);
        var name = Sink.Name;
        if (reason is null)
        {
            if (_failing is not null) _logger.AlertsTaken(name);
            Volatile.Write(ref _failing, null);
            return true;
        }

        Interlocked.Increment(ref _failed);
        _telemetry.Failed(name);
        if (_failing != reason) _logger.AlertsNotTaken(name, reason); // each failure counts; the log hears of the first, and of one for another reason
        Volatile.Write(ref _failing, reason);
        if (!isGivenUp) return false;
        Interlocked.Increment(ref _givenUp);
        _telemetry.GivenUp(name);
        _logger.AlertGivenUp(what, alert.Subject, name, reason);
        return false;
    }
}
