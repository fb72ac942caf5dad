using Fairlead.Core.Keys;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Access;

/// <summary>
/// The stored keys as this process knows them. It asks the store five times a second whether they have changed, so that what another process does, such
/// as revoking a key, holds within a second; what this process does holds at once. While the store cannot be read the last known keys stay. Safe for any
/// number of threads.
/// </summary>
internal sealed class LiveKeys : IAsyncDisposable
{
    /// <summary>How often the store is asked.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <summary>How often last uses are written down.</summary>
    public static readonly TimeSpan UsePeriod = TimeSpan.FromMinutes(1);

    private readonly IKeyStore _store;
    private readonly KeyDigester _digester;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveKeys> _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ITimer _timer;
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal); // ids that were told of

    private KeySet _current;
    private string? _failure;
    private DateTimeOffset _notedAt;
    private bool _isNotingFailed;
    private bool _isDisposed;

    public LiveKeys(IKeyStore store, KeyDigester digester, TimeProvider time, ILogger<LiveKeys> logger)
    {
        _store = store;
        _digester = digester;
        _time = time;
        _logger = logger;
        _current = new KeySet(new StoredKeys(-1, []), digester, null);
        _notedAt = time.GetUtcNow();
        _timer = time.CreateTimer(static state => _ = ((LiveKeys)state!).PollAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The keys have changed. Raised after <see cref="Current"/> has them; a handler must not throw.</summary>
    public event Action<KeySet>? Changed;

    /// <summary>The keys as they are known.</summary>
    public KeySet Current => Volatile.Read(ref _current);

    /// <summary>Why the store could not be asked last; null when it could.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>Reads the keys for the first time, and follows them from then on.</summary>
    /// <exception cref="LedgerException">They cannot be read: nothing may be served then.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var first = new KeySet(await _store.ReadAsync(cancellationToken), _digester, null);
        TellUnreadable(first);
        Volatile.Write(ref _current, first);
        _timer.Change(Period, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Reads the keys anew: what was changed before the call holds when it completes.</summary>
    /// <exception cref="LedgerException">They cannot be read; the last known ones stay.</exception>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Asks the store once whether something has changed, and writes down last uses when it is time.</summary>
    public async Task PollAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_isDisposed) return;
            if (await _store.VersionAsync(CancellationToken.None) != Current.Version) await ReadAsync(CancellationToken.None);
            if (_time.GetUtcNow() - _notedAt >= UsePeriod) await NoteUsesAsync();
            if (_failure is null) return;
            Volatile.Write(ref _failure, null);
            _logger.KeysReadAgain();
        }
        catch (Exception exception)
        {
            // Whatever it is: a gateway that no longer hears of revocations must say so, and go on asking.
            if (_failure is null) _logger.KeysNotRead(exception.Message);
            Volatile.Write(ref _failure, exception.Message);
        }
        finally
        {
            if (!_isDisposed) _timer.Change(Period, Timeout.InfiniteTimeSpan);
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            _isDisposed = true;
            await NoteUsesAsync();
        }
        finally
        {
            _gate.Release();
        }

        await _timer.DisposeAsync();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var next = new KeySet(await _store.ReadAsync(cancellationToken), _digester, Current);
        var isChange = next.Version != Current.Version;
        TellUnreadable(next);
        Volatile.Write(ref _current, next);
        if (isChange) Changed?.Invoke(next);
    }

    /// <summary>Tells once of each key that cannot be read.</summary>
    private void TellUnreadable(KeySet next)
    {
        foreach (var key in next.Keys)
        {
            if (key.Stored.Defect is { } defect && _unreadable.Add(key.Stored.Id)) _logger.KeyUnreadable(key.Stored.Name, key.Stored.Id, defect);
        }
    }

    /// <summary>Writes down each use once. Where it cannot be written it is tried again with the next: no key holds more or less for it.</summary>
    private async Task NoteUsesAsync()
    {
        _notedAt = _time.GetUtcNow();
        var uses = new List<(string Id, DateTimeOffset At)>();
        var written = new List<KeyUse>();
        foreach (var key in Current.Keys)
        {
            if (key.LastUse.Unwritten is not { } at) continue;
            uses.Add((key.Stored.Id, at));
            written.Add(key.LastUse);
        }

        if (uses.Count == 0) return;
        try
        {
            await _store.NoteUseAsync(uses, CancellationToken.None);
            _isNotingFailed = false;
        }
        catch (LedgerException exception)
        {
            if (!_isNotingFailed) _logger.KeyUsesNotWritten(exception.Message);
            _isNotingFailed = true;
            return;
        }

        for (var i = 0; i < uses.Count; i++) written[i].Write(uses[i].At);
    }
}
