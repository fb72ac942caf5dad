using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Fairlead.Bench.EndToEnd.Gateways;
using Fairlead.Bench.EndToEnd.Load;
using Fairlead.Bench.EndToEnd.Mock;

namespace Fairlead.Bench.EndToEnd.Measurements;

/// <summary>
/// Before anything is timed: the client gets the mock's bytes, the mock gets the client's. Only what Fairlead promises may differ:
/// the spliced name and usage of a renamed request, and comments behind a stream's end; of a translated answer the text must be the same.
/// </summary>
internal static class AnswerCheck
{
    private const int MostCommentBytes = 2048;

    /// <summary>How long the checked answer of a translated scenario was: ids and times are as long in every one.</summary>
    private static readonly ConcurrentDictionary<string, long> TranslatedBytes = new(StringComparer.Ordinal);

    /// <summary>Throws unless a gateway handles a scenario rightly.</summary>
    public static async Task CheckAsync(GatewayProcess gateway, Scenario scenario, MockUpstream mock)
    {
        mock.Pacing = new Pacing.AtOnce();
        mock.Copy = new ArrayBufferWriter<byte>();
        var received = new ArrayBufferWriter<byte>();
        using var connection = await ClientConnection.OpenAsync(gateway.EndPoint);
        var answer = await connection.SendAsync(scenario.Request.Bytes, received).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        var sent = mock.Copy.WrittenSpan.ToArray();
        mock.Copy = null;

        if (answer.Status != 200) throw Wrong(gateway, scenario, $"answered {answer.Status}");
        if (scenario.Own is not null)
        {
            var text = AnswerText.Of(received.WrittenSpan, scenario.Request);
            if (text != AnswerText.Expected(scenario.Request)) throw Wrong(gateway, scenario, "changed the answer's text");
            TranslatedBytes[scenario.Name] = received.WrittenCount;
            return;
        }

        var length = scenario.RightBodies.Select(body => received.WrittenSpan.StartsWith(body) ? body.Length : 0).Max();
        if (length == 0 || (!scenario.Request.IsStream && received.WrittenCount != length)) throw Wrong(gateway, scenario, "changed the answer's bytes");
        foreach (var line in Encoding.UTF8.GetString(received.WrittenSpan[length..]).Split('\n'))
        {
            if (line.Length > 0 && line[0] != ':') throw Wrong(gateway, scenario, "sent more than comments behind the stream's end");
        }

        var body = scenario.Request.Body;
        if (!sent.AsSpan().SequenceEqual(body) && !sent.AsSpan().SequenceEqual(Renamed(body, scenario.Request.IsStream))) throw Wrong(gateway, scenario, "changed the request's bytes");
    }

    /// <summary>What an answer in a timed round must look like.</summary>
    public static Func<Answer, bool> Of(Scenario scenario)
    {
        if (scenario.Own is not null)
        {
            var usual = TranslatedBytes[scenario.Name];
            return answer => answer.Status == 200 && Math.Abs(answer.BodyBytes - usual) < 64; // the closing comment tells a cost
        }

        long least = scenario.RightBodies.Min(body => body.Length);
        var most = scenario.RightBodies.Max(body => body.Length) + (scenario.Request.IsStream ? MostCommentBytes : 0);
        return answer => answer.Status == 200 && answer.BodyBytes >= least && answer.BodyBytes <= most;
    }

    /// <summary>The body as Fairlead is to send it for an alias.</summary>
    private static byte[] Renamed(byte[] body, bool isStream)
    {
        var text = Encoding.UTF8.GetString(body).Replace($"\"model\":\"{Payloads.Alias}\"", $"\"model\":\"{Payloads.Model}\"", StringComparison.Ordinal);
        if (isStream && !text.Contains("stream_options", StringComparison.Ordinal))
        {
            text = text.Replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}", StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static InvalidDataException Wrong(GatewayProcess gateway, Scenario scenario, string what) =>
        new($"{gateway.Candidate.Name} {what} ({scenario.Name}); nothing was timed.");
}
