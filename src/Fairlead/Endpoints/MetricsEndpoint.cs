using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>/metrics</c> in Prometheus' text form. With the admin key, unless the configuration opens it; without an admin key on
/// loopback only.
/// </summary>
internal sealed class MetricsEndpoint
{
    private RequestDelegate _scrape = static _ => Task.CompletedTask;

    /// <summary>Sets the exporter's own handler, built once the application is.</summary>
    public void Use(RequestDelegate scrape) => _scrape = scrape;

    public Task HandleAsync(HttpContext context, Admission admission, string requestId) =>
        admission.Snapshot.MetricsAreOpen || admission.IsAdmin(context)
            ? Task.Run(() => _scrape(context)) // collects for a while: not on a thread that serves sockets
            : GatewayApplication.WriteAsync(context, requestId, new Refusal(RefusalTable.AdminKeyRequired, "Metrics are for the admin key, sent as 'Authorization: Bearer KEY'."));
}
