using System.Diagnostics;
using System.Net;

namespace Fairlead.Bench.EndToEnd.Load;

/// <summary>A fixed number of connections, each with one request at a time: as much as the candidate can bear.</summary>
internal static class ClosedLoop
{
    /// <summary>Sends for a while, lets what is under way end, and returns how many requests were answered.</summary>
    /// <param name="endPoint">Where to.</param>
    /// <param name="request">What.</param>
    /// <param name="connections">How many connections.</param>
    /// <param name="duration">How long requests are begun.</param>
    /// <param name="isExpected">Whether an answer is right; one that is not ends the run with an exception.</param>
    /// <param name="begin">Called when the connections are there, before the first request.</param>
    public static async Task<int> RunAsync(
        IPEndPoint endPoint, PreparedRequest request, int connections, TimeSpan duration, Func<Answer, bool> isExpected, Action? begin = null)
    {
        var open = new List<ClientConnection>(connections);
        try
        {
            for (var index = 0; index < connections; index++) open.Add(await ClientConnection.OpenAsync(endPoint));
            begin?.Invoke();
            var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            var counts = await Task.WhenAll(open.Select(connection => SendAsync(connection, request, until, isExpected))).WaitAsync(duration + TimeSpan.FromSeconds(60));
            return counts.Sum();
        }
        finally
        {
            foreach (var connection in open) connection.Dispose();
        }
    }

    private static async Task<int> SendAsync(ClientConnection connection, PreparedRequest request, long until, Func<Answer, bool> isExpected)
    {
        var count = 0;
        do
        {
            var answer = await connection.SendAsync(request.Bytes);
            if (!isExpected(answer)) throw new InvalidDataException($"An answer with status {answer.Status} and {answer.BodyBytes} bytes is not the expected one.");
            count++;
        }
        while (Stopwatch.GetTimestamp() < until);

        return count;
    }
}
