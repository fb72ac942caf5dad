using Fairlead.Core.Configuration;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>/healthz</c>: the process is up. <c>/readyz</c>: it may take traffic, and whether the last changed configuration was
/// refused. Both without authentication and without content of requests or configuration.
/// </summary>
internal sealed class HealthEndpoints(SnapshotSource snapshots, IHostApplicationLifetime lifetime)
{
    public static Task LiveAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, static json =>
    {
        json.WriteStartObject();
        json.WriteString("status", "up");
        json.WriteEndObject();
    });

    public Task ReadyAsync(HttpContext context)
    {
        var isStopping = lifetime.ApplicationStopping.IsCancellationRequested;
        var errors = snapshots.LastErrors;
        return JsonAnswer.WriteAsync(context, isStopping ? 503 : 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", isStopping ? "stopping" : "ready");
            json.WriteString("revision", snapshots.Current.Revision);
            json.WriteString("configuration", errors.IsEmpty ? "applied" : "refused");
            if (!errors.IsEmpty) json.WriteNumber("configuration_errors", errors.Length);
            json.WriteEndObject();
        });
    }
}
