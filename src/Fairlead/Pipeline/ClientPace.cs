using System.IO.Pipelines;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Fairlead.Pipeline;

/// <summary>
/// How fast the client of one request takes its answer. One that takes nothing for the limit is cut off: its connection is aborted, and what waits for it ends as
/// with any client that goes away. Costs nothing while a client takes what is written at once. Used by one stage at a time.
/// </summary>
internal sealed class ClientPace
{
    /// <summary>
    /// What the server itself asks of a connection, here and once an answer is written and no request is there to wait for it. It has to be later than our own
    /// limit, which settles what is cut; a limit above the usual one takes it along.
    /// </summary>
    public static MinDataRate ServersOwn { get; } = RateFor(Timeouts.Default.Client);

    private readonly HttpContext _context;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private bool _wasSlow;

    /// <summary>Watches the client of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="limit">How long it may take nothing.</param>
    /// <param name="time">Where time comes from.</param>
    public ClientPace(HttpContext context, TimeSpan limit, TimeProvider time)
    {
        (_context, _limit, _time) = (context, limit, time);
        if (limit > Timeouts.Default.Client && context.Features.Get<IHttpMinResponseDataRateFeature>() is { } servers) servers.MinDataRate = RateFor(limit);
    }

    /// <summary>Whether it was cut off.</summary>
    public bool WasSlow => Volatile.Read(ref _wasSlow);

    /// <summary>Why there is nobody any more to answer.</summary>
    public FailureClass Failure => WasSlow ? FailureClass.ClientSlow : FailureClass.ClientGone;

    /// <summary>Ends an attempt whose client is gone, or was cut off.</summary>
    public void End(Settlement settlement, GatewayRequest request, Attempt attempt)
    {
        if (WasSlow) attempt.Clock = AttemptClock.Client;
        settlement.End(request, attempt, Failure, WasSlow ? ClockNames.Of(AttemptClock.Client) + " clock" : null);
    }

    /// <summary>Waits until the client has taken enough of what was written for more to be written.</summary>
    public ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flushing) => flushing.IsCompleted ? flushing : LimitedAsync(flushing);

    /// <summary>Ends the answer.</summary>
    public Task CompleteAsync()
    {
        var completing = _context.Response.CompleteAsync();
        return completing.IsCompleted ? completing : LimitedAsync(completing);
    }

    private static MinDataRate RateFor(TimeSpan limit) => new(bytesPerSecond: 240, gracePeriod: limit + TimeSpan.FromSeconds(5));

    private async ValueTask<FlushResult> LimitedAsync(ValueTask<FlushResult> flushing)
    {
        await using var clock = Start();
        return await flushing;
    }

    private async Task LimitedAsync(Task completing)
    {
        await using var clock = Start();
        await completing;
    }

    private ITimer Start() => _time.CreateTimer(static state => ((ClientPace)state!).Cut(), this, _limit, Timeout.InfiniteTimeSpan);

    private void Cut()
    {
        Volatile.Write(ref _wasSlow, true);
        _context.Abort(); // the request's token is cancelled with it, and all that waits for the client or the vendor ends
    }
}
