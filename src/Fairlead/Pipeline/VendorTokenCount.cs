using System.Net.Sockets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;
using Fairlead.Providers.Transport;

namespace Fairlead.Pipeline;

/// <summary>Asks a vendor of Anthropic's dialect to count a prompt: nothing is generated, nothing is billed, nothing is recorded.</summary>
internal sealed class VendorTokenCount(UpstreamClients clients, Func<Provider, Uri> addresses, AttemptTimerPool timers, TimeProvider time)
{
    private const int MostAnswerBytes = 64 * 1024;

    /// <summary>The vendor's answer, or why there is none.</summary>
    /// <param name="target">Whose prompt it is.</param>
    /// <param name="call">How the client speaks.</param>
    /// <param name="keyIndex">Which of the provider's keys; -1 when it has none.</param>
    /// <param name="body">Its body.</param>
    /// <param name="peek">What was found in it.</param>
    /// <param name="timeouts">The clocks of the route.</param>
    /// <param name="deadlineAt">Timestamp of the deadline, one for all vendors that are asked.</param>
    /// <param name="answer">Receives the answer's bytes.</param>
    /// <param name="clientGone">The client has left.</param>
    public async Task<UpstreamFailure?> AskAsync(
        Target target, ClientCall call, int keyIndex, RequestBody body, RequestPeek peek, Timeouts timeouts, long deadlineAt, PooledBytes answer, CancellationToken clientGone)
    {
        var provider = target.Provider;
        var timer = timers.Rent();
        timer.Start(timeouts, isStream: false, deadlineAt, clientGone);
        try
        {
            var client = clients.For(addresses(provider), provider.AddressIsConfigured ? NetworkPolicy.Configured : NetworkPolicy.PublicOnly);
            var segments = new SplicedBody(body.Bytes, call.Dialect.Splices(peek, target.WireModel, askForUsage: false)).Segments;
            using var response = await client.PostAsync(PathOf(call), body, segments, AttemptRunner.Headers(provider, keyIndex, isStream: false, call), timer);
            timer.HeadersReceived();
            var stream = await response.Content.ReadAsStreamAsync(timer.Token);
            while (true)
            {
                var read = await stream.ReadAsync(answer.GetMemory(4096), timer.Token);
                if (read == 0) break;
                answer.Advance(read);
                if (answer.Length > MostAnswerBytes) return new UpstreamFailure(FailureClass.HostileResponse) { Detail = "answer too large" };
            }

            if ((int)response.StatusCode != 200) return VendorErrors.Classify((int)response.StatusCode, answer.Span, name => AttemptRunner.Header(response, name), time.GetUtcNow());
            return IsCount(answer.Span) ? null : new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "not a count" };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException || (exception is OperationCanceledException && !clientGone.IsCancellationRequested))
        {
            return new UpstreamFailure(FailureClass.ConnectFailed);
        }
        finally
        {
            timer.Stop();
            timers.Return(timer);
        }
    }

    private static string PathOf(ClientCall call)
    {
        var query = call.Path.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? call.Path + "/count_tokens" : call.Path[..query] + "/count_tokens" + call.Path[query..];
    }

    private static bool IsCount(ReadOnlySpan<byte> answer)
    {
        var json = new Dialects.Json.JsonCursor(answer, 64);
        if (!json.TryEnterObject()) return false;
        var hasCount = false;
        while (json.TryNextMember(out var name))
        {
            hasCount |= name.SequenceEqual("input_tokens"u8);
            json.TrySkip();
        }

        return hasCount && json.IsAtEnd;
    }
}
