using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Auditing;
using Fairlead.Core.Configuration;
using Fairlead.Storage.Sqlite;
using Fairlead.Telemetry;

namespace Fairlead.Hosting;

/// <summary>Writes down when a gateway begins and ends, and in between has every change of its configuration written down.</summary>
/// <param name="audit">The audit log.</param>
/// <param name="snapshots">The configuration.</param>
internal sealed class GatewayLife(IAuditLog audit, SnapshotSource snapshots)
{
    /// <summary>Before it listens.</summary>
    /// <exception cref="LedgerException">It could not be written down: the gateway must not start.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        snapshots.Audit = audit;
        try
        {
            await audit.AppendAsync(Entry(AuditActions.GatewayStart), cancellationToken);
        }
        catch (AuditException exception)
        {
            snapshots.Audit = null;
            throw new LedgerException("The gateway does not start, for its start cannot be written down. " + exception.Message, exception);
        }
    }

    /// <summary>It began and could not listen. The failure itself is what the operator hears.</summary>
    public async Task FailAsync()
    {
        snapshots.Audit = null;
        try
        {
            await audit.AppendAsync(Entry(AuditActions.GatewayStart + AuditActions.Failed), CancellationToken.None);
        }
        catch (AuditException)
        {
            // What has failed already is told as that.
        }
    }

    /// <summary>After the last answer.</summary>
    public async Task EndAsync(ILogger logger)
    {
        snapshots.Audit = null;
        try
        {
            await audit.AppendAsync(Entry(AuditActions.GatewayStop), CancellationToken.None);
        }
        catch (AuditException exception)
        {
            logger.StopNotAudited(exception.Message);
        }
    }

    private AuditEntry Entry(string action)
    {
        var snapshot = snapshots.Current;
        var detail = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(detail))
        {
            json.WriteStartObject();
            json.WriteString("version", typeof(GatewayLife).Assembly.GetName().Version?.ToString(3));
            json.WriteString("listen", snapshot.Listen.OriginalString);
            json.WriteEndObject();
        }

        return new AuditEntry(action, AppliedConfiguration.ByStart, snapshot.Revision) { Detail = Encoding.UTF8.GetString(detail.WrittenSpan) };
    }
}
