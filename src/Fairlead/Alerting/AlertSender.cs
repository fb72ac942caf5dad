using System.Collections.Immutable;
using System.Security.Cryptography;
using Fairlead.Core.Alerting;
using Fairlead.Core.Configuration;
using Fairlead.Providers.Transport;

namespace Fairlead.Alerting;

/// <summary>
/// Tells of alerts those whom the configuration in force names. One whose place has changed is a new one, who is told of everything that is open. Safe for
/// any number of threads.
/// </summary>
internal sealed class AlertSender(
    SnapshotSource snapshots, AlertBoard board, WebhookClient client, AlertTelemetry telemetry, Random random, TimeProvider time, ILogger<AlertSender> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private ImmutableArray<AlertChannel> _channels = [];
    private bool _isEnded;

    /// <summary>Those who are told now.</summary>
    public ImmutableArray<AlertChannel> Channels => _channels;

    /// <summary>Begins to tell.</summary>
    public void Start()
    {
        board.Changed += Tell;
        snapshots.Applied += Apply;
        Apply(snapshots.Current);
    }

    /// <summary>Tells everybody of an alert that is none, and how each took it; no one else's messages wait for it.</summary>
    public async Task<IReadOnlyList<(AlertSink Sink, string? Reason)>> TestAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var alert = new Alert
        {
            Id = "alert-test-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            Event = AlertEvent.Breaker,
            Subject = "test",
            Severity = AlertSeverity.Info,
            Text = "A test: nothing is wrong.",
            Count = 1,
            Since = now,
            At = now,
        };
        var channels = Channels;
        return await Task.WhenAll(snapshots.Current.Alerts.Select(async sink =>
        {
            if (channels.FirstOrDefault(channel => channel.Sink.Name == sink.Name) is not { } channel) return (sink, AlertSink.WhyNot(sink));
            var (_, _, reason) = await channel.PostAsync(alert, "test", cancellationToken);
            return (sink, reason);
        }));
    }

    /// <summary>Tells what is left, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        board.Changed -= Tell;
        snapshots.Applied -= Apply;
        ImmutableArray<AlertChannel> channels;
        lock (_gate)
        {
            if (_isEnded) return;
            _isEnded = true;
            (channels, _channels) = (_channels, []);
        }

        await Task.WhenAll(channels.Select(channel => channel.DisposeAsync().AsTask()));
    }

    private void Tell(Alert alert)
    {
        foreach (var channel in _channels) channel.Tell(alert);
    }

    private void Apply(GatewaySnapshot snapshot)
    {
        lock (_gate)
        {
            if (_isEnded) return;
            var left = _channels.ToList();
            var channels = ImmutableArray.CreateBuilder<AlertChannel>(snapshot.Alerts.Length);
            foreach (var sink in snapshot.Alerts)
            {
                if (sink.Webhook is null) continue;
                if (left.Find(channel => channel.Sink.IsSamePlaceAs(sink)) is { } known)
                {
                    left.Remove(known);
                    known.Change(sink);
                    channels.Add(known);
                }
                else
                {
                    channels.Add(new AlertChannel(sink, snapshots, board, client, telemetry, random, time, logger));
                }
            }

            _channels = channels.ToImmutable();
            board.TellOpen(Tell); // those who are new know of nothing, and those who know are told nothing twice
            foreach (var gone in left) _ = gone.DisposeAsync().AsTask();
        }
    }
}
