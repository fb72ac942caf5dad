using Fairlead.Pipeline;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>/metrics</c> in Prometheus' text form. With the admin key, unless the configuration opens it; to this machine only where
/// there is no key of any kind.
/// </summary>
internal sealed class MetricsEndpoint
{
    private RequestDelegate _scrape = static _ => Task.CompletedTask;

    /// <summary>Sets the exporter's own handler, built once the application is.</summary>
    public void Use(RequestDelegate scrape) => _scrape = scrape;

    public Task HandleAsync(HttpContext context, Admission admission, string requestId)
    {
        if (!admission.Snapshot.MetricsAreOpen && admission.AdmitAdmin(context) is { } refusal) return GatewayApplication.WriteAsync(context, requestId, refusal);
        return Task.Run(() => _scrape(context)); // collects for a while: not on a thread that serves sockets
    }
}
