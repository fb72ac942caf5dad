using Fairlead.Core.Configuration;
using Fairlead.Storage.Sqlite;

namespace Fairlead.Endpoints;

/// <summary>
/// <c>/healthz</c>: the process is up. <c>/readyz</c>: it may take traffic, whether the last changed configuration was
/// refused, and whether the ledger can be written. Both without authentication and without content of requests or configuration.
/// </summary>
internal sealed class HealthEndpoints(SnapshotSource snapshots, SqliteLedger ledger, IHostApplicationLifetime lifetime)
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
            json.WriteString("ledger", ledger.LastError is null ? "written" : "waiting"); // traffic goes on; records wait in memory
            json.WriteEndObject();
        });
    }
}
