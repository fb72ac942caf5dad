namespace Fairlead.Core.Limits;

/// <summary>
/// What a request or an attempt has taken of the limits that apply to it. Disposed once it has ended, however it ends: what ran runs no more, and
/// tokens are counted as they were. Used by one request at a time.
/// </summary>
public sealed class LimitLease : IDisposable
{
    private readonly LimitBoard _board;
    private readonly (LimitState State, RateLimits Limits)[] _held;
    private long? _used;
    private bool _isOver;

    internal LimitLease(LimitBoard board, (LimitState State, RateLimits Limits)[] held, long tokens) => (_board, _held, Tokens) = (board, held, tokens);

    /// <summary>Tokens that were taken beforehand; of a limit that has fewer, all of them.</summary>
    public long Tokens { get; }

    /// <summary>Says how many tokens it was; several attempts add up. Never said: none.</summary>
    public void Used(long tokens) => _used = (_used ?? 0) + tokens;

    /// <inheritdoc />
    public void Dispose()
    {
        if (_isOver) return;
        _isOver = true;
        var now = _board.Now;
        foreach (var (state, limits) in _held)
        {
            if (limits.Concurrent is not null) state.End();
            if (limits.TokensPerMinute is { } perMinute) state.Tokens.Adjust((_used ?? 0) - Math.Min(Tokens, perMinute), perMinute, now);
        }
    }

    /// <summary>What is left of the tightest limits per minute; null where none applies.</summary>
    /// <param name="kind">Requests or tokens.</param>
    public LimitStanding? Standing(LimitKind kind)
    {
        LimitStanding? tightest = null;
        var now = _board.Now;
        foreach (var (state, limits) in _held)
        {
            if ((kind == LimitKind.Requests ? limits.RequestsPerMinute : limits.TokensPerMinute) is not { } most) continue;
            var (left, fullIn) = (kind == LimitKind.Requests ? state.Requests : state.Tokens).At(most, now);
            if (tightest is null || left < tightest.Value.Left) tightest = new LimitStanding(most, left, fullIn);
        }

        return tightest;
    }
}

/// <summary>How a limit per minute stands.</summary>
/// <param name="Most">What it is.</param>
/// <param name="Left">What could be taken now.</param>
/// <param name="FullIn">How long until all of it could be.</param>
public readonly record struct LimitStanding(int Most, long Left, TimeSpan FullIn);
