using System.Globalization;
using System.Text;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Providers.Transport;
using Fairlead.Storage;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Auditing;

/// <summary>
/// Sends what the end of the audit log is to where the configuration says, so that an end that is cut off, or an older copy, shows. When something new is
/// there: once per <see cref="AuditSettings.Every"/>, at once after a thousand records, and at the stop. What cannot be delivered is tried again with
/// growing pauses, then as it is by then; nothing waits for it.
/// </summary>
internal sealed class CheckpointSender : IAsyncDisposable
{
    private const string File = "file";
    private const string Webhook = "webhook";
    private const string Log = "log"; // whose end could not be read

    /// <summary>So many records are not left without a checkpoint.</summary>
    private const int MostRecords = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);

    private readonly SnapshotSource _snapshots;
    private readonly SqliteAuditLog _log;
    private readonly byte[] _key;
    private readonly WebhookClient _client;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<CheckpointSender> _logger;
    private readonly ITimer _timer;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, long> _sent = new(StringComparer.Ordinal);      // the number that a destination has
    private readonly Dictionary<string, string> _failing = new(StringComparer.Ordinal); // destinations that cannot be reached, and why
    private TimeSpan _pause;
    private bool _isFailing;
    private long _seen;
    private bool _isEnded;

    public CheckpointSender(SnapshotSource snapshots, SqliteAuditLog log, StoreKey key, WebhookClient client, GatewayMetrics metrics, TimeProvider time, ILogger<CheckpointSender> logger)
    {
        _snapshots = snapshots;
        _log = log;
        _key = key.Derive(AuditCheckpoint.KeyPurpose);
        _client = client;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(static state => _ = ((CheckpointSender)state!).TickAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Every => _snapshots.Current.Audit.Every;

    /// <summary>Begins to follow the log.</summary>
    public void Start()
    {
        _log.Appended += OnAppended;
        _pause = Every;
        _timer.Change(_pause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The log's end as a checkpoint, now; null while it has no record.</summary>
    /// <exception cref="LedgerException">The log cannot be read.</exception>
    public async Task<AuditCheckpoint?> TakeAsync(CancellationToken cancellationToken) =>
        await _log.LastAsync(cancellationToken) is { } last ? AuditCheckpoint.Of(_time.GetUtcNow(), last, _key) : null;

    /// <summary>Sends the last checkpoint, and ends. A destination that cannot be reached then has none.</summary>
    public async ValueTask DisposeAsync()
    {
        _log.Appended -= OnAppended;
        await _gate.WaitAsync();
        try
        {
            if (_isEnded) return;
            _isEnded = true;
            await _timer.DisposeAsync();
            await SendAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    private void OnAppended(AuditRecord record)
    {
        if (record.Number - Volatile.Read(ref _seen) >= MostRecords) _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task TickAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_isEnded) return;
            var isDone = await SendAsync();
            _pause = isDone ? Every : _isFailing ? TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, Every.Ticks)) : FirstBackOff;
            _isFailing = !isDone;
        }
        finally
        {
            if (!_isEnded) _timer.Change(_pause, Timeout.InfiniteTimeSpan);
            _gate.Release();
        }
    }

    /// <summary>Sends to every destination that has not what is there; whether all have it now.</summary>
    private async Task<bool> SendAsync()
    {
        var settings = _snapshots.Current.Audit;
        if (!settings.AreTaken) return true;
        AuditCheckpoint? checkpoint;
        try
        {
            checkpoint = await TakeAsync(CancellationToken.None);
        }
        catch (LedgerException exception)
        {
            return Failed(Log, exception.Message);
        }

        if (checkpoint is null) return true;
        if (checkpoint.Number < _seen) _logger.AuditLogShrank(checkpoint.Number, _seen);
        Volatile.Write(ref _seen, checkpoint.Number);
        var line = Encoding.UTF8.GetBytes(AuditJson.Line(json => AuditJson.Write(json, checkpoint)) + "\n");
        var isFileDone = settings.File is not { } path || await DeliverAsync(File, checkpoint.Number, () => Task.Run(() => CheckpointFile.Append(path, line)));
        var isWebhookDone = settings.Webhook is not { } address || await DeliverAsync(Webhook, checkpoint.Number, () => PostAsync(address, settings.WebhookKey, line));
        return isFileDone && isWebhookDone;
    }

    private async Task<bool> DeliverAsync(string destination, long number, Func<Task> deliverAsync)
    {
        if (_sent.GetValueOrDefault(destination) == number) return true;
        try
        {
            await deliverAsync();
        }
        catch (OperationCanceledException)
        {
            return Failed(destination, $"no answer within {Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HttpRequestException or ArgumentException or NotSupportedException)
        {
            return Failed(destination, exception.Message);
        }

        _sent[destination] = number;
        if (_failing.Remove(destination)) _logger.CheckpointDelivered(destination);
        return true;
    }

    /// <summary>Each failure counts; the log hears of the first, and of one for another reason.</summary>
    private bool Failed(string destination, string reason)
    {
        _metrics.CheckpointFailed(destination);
        if (_failing.GetValueOrDefault(destination) != reason) _logger.CheckpointFailed(destination, reason);
        _failing[destination] = reason;
        return false;
    }

    private async Task PostAsync(Secret address, Secret? key, byte[] body)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        var answer = await _client.PostAsync(new Uri(address.Reveal()), body, key, at: null, patience.Token); // a checkpoint has its own time
        if (!answer.IsTaken) throw new HttpRequestException($"it answered {(int)answer.Status}");
    }
}
