using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Fairlead.Bench.EndToEnd.Load;

/// <summary>Requests at a fixed rate, whether or not earlier ones have been answered.</summary>
internal static class OpenLoop
{
    private const int Connections = 16;

    /// <summary>Sends at a rate and returns every request's time from its send to the end of its answer, in microseconds.</summary>
    public static async Task<double[]> RunAsync(IPEndPoint endPoint, PreparedRequest request, int perSecond, TimeSpan duration, Func<Answer, bool> isExpected)
    {
        var idle = new ConcurrentQueue<ClientConnection>();
        var open = new List<ClientConnection>(Connections);
        try
        {
            for (var index = 0; index < Connections; index++)
            {
                open.Add(await ClientConnection.OpenAsync(endPoint));
                await open[index].SendAsync(request.Bytes); // the connection's first request also opens one upstream
                idle.Enqueue(open[index]);
            }

            // Its own thread: one that only sleeps and sends is not late because an answer is being read.
            return await Task.Factory.StartNew(
                () => Send(idle, request, perSecond, duration, isExpected), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        }
        finally
        {
            foreach (var connection in open) connection.Dispose();
        }
    }

    private static Task<double[]> Send(ConcurrentQueue<ClientConnection> idle, PreparedRequest request, int perSecond, TimeSpan duration, Func<Answer, bool> isExpected)
    {
        var count = (int)(perSecond * duration.TotalSeconds);
        var calls = new Task<double>[count];
        var start = Stopwatch.GetTimestamp();
        for (var index = 0; index < count; index++)
        {
            var due = start + (Stopwatch.Frequency * index / perSecond);
            while (Stopwatch.GetTimestamp() is var now && now < due) Thread.Sleep(TimeSpan.FromSeconds((double)(due - now) / Stopwatch.Frequency));

            ClientConnection? connection;
            while (!idle.TryDequeue(out connection))
            {
                if (Stopwatch.GetElapsedTime(due).TotalSeconds > 10) throw new TimeoutException("No answer for ten seconds.");
                Thread.Sleep(1);
            }

            // Waiting for a connection counts; being woken late by the timer does not.
            var isLate = Stopwatch.GetElapsedTime(due).TotalMilliseconds > 2;
            calls[index] = CallAsync(connection, isLate ? due : Stopwatch.GetTimestamp());
        }

        return Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(30));

        async Task<double> CallAsync(ClientConnection connection, long from)
        {
            var answer = await connection.SendAsync(request.Bytes);
            var elapsed = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
            if (!isExpected(answer)) throw new InvalidDataException($"An answer with status {answer.Status} and {answer.BodyBytes} bytes is not the expected one.");
            idle.Enqueue(connection);
            return elapsed;
        }
    }
}
