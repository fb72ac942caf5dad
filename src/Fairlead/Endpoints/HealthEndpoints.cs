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
        var isFull = ledger.IsFull; // no request is taken until it can be written again
        var errors = snapshots.LastErrors;
        return JsonAnswer.WriteAsync(context, isStopping || isFull ? 503 : 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", isStopping ? "stopping" : isFull ? "unready" : "ready");
            json.WriteString("revision", snapshots.Current.Revision);
            json.WriteString("configuration", errors.IsEmpty ? "applied" : "refused");
            if (!errors.IsEmpty) json.WriteNumber("configuration_errors", errors.Length);
            json.WriteString("ledger", isFull ? "full" : ledger.LastError is null ? "written" : "waiting"); // waiting: traffic goes on, records are held in memory
            json.WriteEndObject();
        });
    }
}
