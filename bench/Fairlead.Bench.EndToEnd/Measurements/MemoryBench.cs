using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>Resident memory of fresh processes: idle, and what each of many slow open streams adds.</summary>
internal static class MemoryBench
{
    public const int Streams = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(4);

    private readonly record struct Sample(double IdleBytes, double BytesPerStream);

    public static async Task<IReadOnlyList<Row>> RunAsync(Candidate yardstick, Candidate subject, MockUpstream mock, BenchOptions options, Action<string> progress)
    {
        List<Sample> first = [], second = [];
        for (var round = 0; round < Math.Min(options.Rounds, 5); round++)
        {
            first.Add(await MeasureAsync(yardstick, mock, progress));
            second.Add(await MeasureAsync(subject, mock, progress));
            progress($"memory per stream: {first[^1].BytesPerStream / 1024:F0} KiB, {second[^1].BytesPerStream / 1024:F0} KiB");
        }

        return
        [
            new("Memory", "idle", "MB")
            {
                Values = new Paired([.. first.Select(sample => sample.IdleBytes / 1e6)], [.. second.Select(sample => sample.IdleBytes / 1e6)]),
            },
            new("Memory", $"per slow stream, {Streams} open", "KiB")
            {
                Values = new Paired([.. first.Select(sample => sample.BytesPerStream / 1024)], [.. second.Select(sample => sample.BytesPerStream / 1024)]),
                ValueBar = 55,
                ValueGoal = 35,
            },
        ];
    }

    private static async Task<Sample> MeasureAsync(Candidate candidate, MockUpstream mock, Action<string> progress)
    {
        var scenario = Scenario.All.First(scenario => scenario.Request.IsStream);
        mock.Pacing = scenario.Pacing;
        using var gateway = await GatewayProcess.StartAsync(candidate, mock.EndPoint, Scenario.Small);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var idle = gateway.ResidentBytes;

        // A few slow streams, until nothing is left to be loaded or compiled that would be counted as theirs; not many, or the buffers
        // that they leave behind would hide some of those that are measured.
        mock.Pacing = new Pacing.Every(TimeSpan.FromMilliseconds(5));
        await Warmup.RunAsync(gateway, scenario with { Connections = 10 }, TimeSpan.Zero, progress);
        mock.Pacing = new Pacing.Every(Interval);
        var before = gateway.ResidentBytes;

        List<ClientConnection> open = [];
        try
        {
            for (var index = 0; index < Streams; index++)
            {
                open.Add(await ClientConnection.OpenAsync(gateway.EndPoint));
                _ = ReadAsync(open[index], scenario.Request);
            }

            await Task.Delay(Held);
            var silent = open.Count(connection => connection.Received == 0);
            if (silent > 0) throw new InvalidDataException($"{candidate.Name}: {silent} of {Streams} streams had no content after {Held.TotalSeconds} s.");
            return new Sample(idle, (double)(gateway.ResidentBytes - before) / Streams);
        }
        finally
        {
            foreach (var connection in open) connection.Dispose();
        }
    }

    /// <summary>Reads a stream until it is hung up on.</summary>
    private static async Task ReadAsync(ClientConnection connection, PreparedRequest request)
    {
        try
        {
            await connection.SendAsync(request.Bytes);
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // hung up
        }
    }
}
