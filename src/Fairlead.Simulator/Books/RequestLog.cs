using System.Collections.Immutable;

namespace Fairlead.Simulator.Books;

/// <summary>Every request the vendor got, the latest kept up to a bound. Safe for any number of threads.</summary>
public sealed class RequestLog
{
    private const long MaxBodyBytes = 64 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, LoggedRequest> _kept = [];
    private readonly List<Waiter> _waiters = [];
    private readonly int _maxRequests;
    private long _oldest = 1;
    private long _count;
    private long _open;
    private long _bodyBytes;
    private TaskCompletionSource? _idle;

    internal RequestLog(int maxRequests) => _maxRequests = maxRequests;

    /// <summary>How many requests came, dropped ones included: the latest number.</summary>
    public long Count
    {
        get
        {
            lock (_gate) return _count;
        }
    }

    /// <summary>How many requests have not ended.</summary>
    public long Open
    {
        get
        {
            lock (_gate) return _open;
        }
    }

    /// <summary>The requests kept, in order of arrival.</summary>
    public ImmutableArray<LoggedRequest> Requests => After(0, int.MaxValue);

    /// <summary>The request of that number; null when it has not come or is no longer kept.</summary>
    public LoggedRequest? Find(long number)
    {
        lock (_gate) return _kept.GetValueOrDefault(number);
    }

    /// <summary>The first request kept that matches, now or as soon as one does. Looks at every arrival and every change.</summary>
    /// <param name="match">Called under the log's lock: must be quick and must not call the log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<LoggedRequest> WhenAsync(Predicate<LoggedRequest> match, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        var waiter = new Waiter(match, new TaskCompletionSource<LoggedRequest>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            for (var number = _oldest; number <= _count; number++)
            {
                if (_kept.TryGetValue(number, out var request) && match(request)) return request;
            }

            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Source.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate) _waiters.Remove(waiter);
        }
    }

    /// <summary>Up to <paramref name="limit"/> requests with a higher number than <paramref name="number"/>, in order.</summary>
    internal ImmutableArray<LoggedRequest> After(long number, int limit)
    {
        lock (_gate)
        {
            var found = ImmutableArray.CreateBuilder<LoggedRequest>();
            for (var next = Math.Max(number + 1, _oldest); next <= _count && found.Count < limit; next++)
            {
                if (_kept.TryGetValue(next, out var request)) found.Add(request);
            }

            return found.ToImmutable();
        }
    }

    /// <summary>Enters a request; the function is given its number.</summary>
    internal LoggedRequest Begin(Func<long, LoggedRequest> create)
    {
        lock (_gate)
        {
            var request = create(++_count);
            _open++;
            Keep(request);
            return request;
        }
    }

    /// <summary>Puts a newer picture in place of the request's former one.</summary>
    internal void Update(LoggedRequest request)
    {
        lock (_gate)
        {
            if (_kept.ContainsKey(request.Number)) Keep(request);
        }
    }

    /// <summary>The last update of a request; once each.</summary>
    internal void End(LoggedRequest request)
    {
        lock (_gate)
        {
            if (_kept.ContainsKey(request.Number)) Keep(request);
            if (--_open > 0) return;
            _idle?.TrySetResult();
            _idle = null;
        }
    }

    /// <summary>Waits until no request is open.</summary>
    internal Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (_open == 0) return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private void Keep(LoggedRequest request)
    {
        if (_kept.TryGetValue(request.Number, out var former)) _bodyBytes -= former.Body.Length;
        _kept[request.Number] = request;
        _bodyBytes += request.Body.Length;
        while (_kept.Count > 1 && (_kept.Count > _maxRequests || _bodyBytes > MaxBodyBytes))
        {
            if (_kept.Remove(_oldest++, out var dropped)) _bodyBytes -= dropped.Body.Length;
        }

        foreach (var waiter in _waiters)
        {
            if (waiter.Match(request)) waiter.Source.TrySetResult(request);
        }
    }

    private sealed record Waiter(Predicate<LoggedRequest> Match, TaskCompletionSource<LoggedRequest> Source);
}
