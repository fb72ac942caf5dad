using System.Diagnostics;
using System.Net.Sockets;

namespace Fairlead.Bench.EndToEnd.Mock;

/// <summary>Writes the chunks of slow streams when they are due: one thread that ticks once a millisecond for all of them.</summary>
internal sealed class StreamPacer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Stream> _streams = [];
    private readonly Thread _thread;
    private volatile bool _isStopping;

    public StreamPacer()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    /// <summary>Writes <paramref name="writes"/> one after the other, the first one an interval from now.</summary>
    public Task WriteAsync(Socket socket, IReadOnlyList<byte[]> writes, TimeSpan interval)
    {
        var ticks = (long)(interval.TotalSeconds * Stopwatch.Frequency);
        var stream = new Stream(socket, writes, ticks) { DueAt = Stopwatch.GetTimestamp() + ticks };
        lock (_gate) _streams.Add(stream);
        return stream.Whole.Task;
    }

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
    }

    private void Run()
    {
        var ended = new List<(Stream Stream, Exception? Failure)>();
        while (!_isStopping)
        {
            Thread.Sleep(1);
            lock (_gate)
            {
                var now = Stopwatch.GetTimestamp();
                for (var index = _streams.Count - 1; index >= 0; index--)
                {
                    var stream = _streams[index];
                    if (stream.DueAt > now) continue;
                    Exception? failure = null;
                    try
                    {
                        stream.Socket.Send(stream.Writes[stream.Next]);
                        stream.Next++;
                        stream.DueAt += stream.Interval;
                    }
                    catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                    {
                        failure = exception; // the other side has gone
                    }

                    if (failure is null && stream.Next < stream.Writes.Count) continue;
                    _streams[index] = _streams[^1];
                    _streams.RemoveAt(_streams.Count - 1);
                    ended.Add((stream, failure));
                }
            }

            foreach (var (stream, failure) in ended)
            {
                if (failure is null) stream.Whole.SetResult();
                else stream.Whole.SetException(failure);
            }

            ended.Clear();
        }
    }

    private sealed class Stream(Socket socket, IReadOnlyList<byte[]> writes, long interval)
    {
        public Socket Socket { get; } = socket;

        public IReadOnlyList<byte[]> Writes { get; } = writes;

        public long Interval { get; } = interval;

        public TaskCompletionSource Whole { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Next { get; set; }

        public long DueAt { get; set; }
    }
}
