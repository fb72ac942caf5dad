using Fairlead.Core.Overload;
using Fairlead.Core.Requests;
using Fairlead.Hosting;
using Fairlead.Telemetry;

namespace Fairlead.Pipeline;

/// <summary>
/// Whether there is room and time for a request whose key is known, before its body is read or anything else is done for it. Health, metrics and the
/// administration do not come by here: they are what one needs to see when there is no room. Safe for any number of threads.
/// </summary>
internal sealed class Entrance(OverloadGuard guard, GatewayStop stop, OverloadMetrics metrics, Random jitter)
{
    /// <summary>Clients that come back are spread over the time from the shortest wait to the longest.</summary>
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Takes a request in, or refuses it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="refusal">Why there is no room; null when there is.</param>
    /// <returns>Its place, to be given back when it has ended; none when it is refused.</returns>
    public Place Enter(HttpContext context, Caller caller, out Refusal? refusal)
    {
        refusal = null;
        if (stop.IsStopping)
        {
            context.Response.Headers.Connection = "close"; // the next request is better made elsewhere
            if (stop.IsClosed)
            {
                refusal = new Refusal(RefusalTable.GatewayStopping, "The gateway stops. Send the request again: in a moment, or to another one.") { RetryAfter = Wait() };
                return default;
            }
        }

        var reason = guard.TryEnter(caller.Permissions.Criticality);
        if (reason == OverloadReason.None) return new Place(guard);
        metrics.Shed(caller.Permissions.Criticality, reason);
        refusal = new Refusal(RefusalTable.GatewayOverloaded, "The gateway has no room for this request at the moment.") { RetryAfter = Wait() };
        return default;
    }

    private TimeSpan Wait() => ShortestWait + ((LongestWait - ShortestWait) * jitter.NextDouble());

    /// <summary>The place of a request that was taken in. Dispose gives it back, once.</summary>
    internal readonly struct Place(OverloadGuard? guard) : IDisposable
    {
        public void Dispose() => guard?.Leave();
    }
}
