using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Messages;
using Fairlead.Core.Validation;
using Fairlead.Dialects;
using Fairlead.Dialects.Errors;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Splicing;
using Fairlead.Dialects.Streaming;
using Fairlead.Dialects.Translation;
using Fairlead.Providers.Transport;

namespace Fairlead.Pipeline;

/// <summary>
/// Makes one upstream send and follows it to the commit point: a whole JSON answer, or a stream's first meaningful content.
/// Nothing reaches the client from here.
/// </summary>
internal sealed class AttemptRunner(UpstreamClients clients, Func<Provider, Uri> addresses, HealthBoard health, TimeProvider time)
{
    /// <summary>The largest JSON answer that is taken.</summary>
    private const int MostAnswerBytes = 32 * 1024 * 1024;

    /// <summary>The largest error body that is looked at.</summary>
    private const int MostErrorBytes = 64 * 1024;

    /// <summary>What is kept of a vendor's id of an error, which have some forty characters.</summary>
    private const int MostIdCharacters = 128;

    /// <summary>What a stream may send before its first meaningful content, and the largest event.</summary>
    public const int MostEventBytes = 16 * 1024 * 1024;

    private const int ReadSize = 8 * 1024;

    /// <summary>How long the body of an error is waited for: it is short, and comes with its headers.</summary>
    private static readonly TimeSpan ErrorBodyWait = TimeSpan.FromSeconds(2);

    public async Task<AttemptOutcome> RunAsync(
        Attempt attempt, GatewayRequest request, RequestBody body, RequestPeek peek, TranslatedRequest? translated, AttemptTimer timer, CancellationToken clientGone)
    {
        HttpResponseMessage? response = null;
        timer.Start(attempt.Timeouts, peek.Stream, request.DeadlineAt, clientGone);
        try
        {
            var target = attempt.Choice.Target;
            var provider = target.Provider;
            var call = translated?.Call ?? request.Call;
            var dialect = call.Dialect;
            var asked = body;
            var askForUsage = translated is null && provider.AcceptsStreamOptions && dialect.MustAskForUsage(peek);
            IReadOnlyList<ReadOnlyMemory<byte>> segments;
            if (translated is null)
            {
                var splices = dialect.Splices(peek, target.WireModel, askForUsage, attempt.OutputCap is { } cap ? new OutputCap(provider.MaxTokensMember, cap) : null);
                segments = new SplicedBody(body.Bytes, splices).Segments;
                attempt.Losses = peek.Lost;
                attempt.BodyMode = splices.Count == 0 ? BodyModes.Untouched : BodyModes.Spliced;
                attempt.AnswerBodyMode = askForUsage ? BodyModes.Spliced : BodyModes.Untouched;
            }
            else
            {
                body = translated.Body!;
                segments = [body.Bytes];
                attempt.Losses = translated.Losses!.Listed;
                attempt.BodyMode = attempt.AnswerBodyMode = BodyModes.Translated;
            }

            var client = clients.For(addresses(provider), provider.AddressIsConfigured ? NetworkPolicy.Configured : NetworkPolicy.PublicOnly);
            response = await client.PostAsync(
                call.Path, body, segments, Headers(provider, attempt.Choice.KeyIndex, peek.Stream, call), timer);
            attempt.WasSent = true;
            attempt.HeadersAt = time.GetTimestamp();
            if (translated is not null) attempt.HeadersAtTime = time.GetUtcNow();
            attempt.UpstreamStatus = (int)response.StatusCode;
            timer.HeadersReceived();
            if (health.ReadsQuota) attempt.QuotaLeft = Quota(response);
            var mediaType = MediaType(response);

            AttemptOutcome outcome;
            if ((int)response.StatusCode != 200) outcome = await FailedAsync(attempt, response, timer.Token);
            else if (mediaType.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase)) outcome = await BeginStreamAsync(attempt, response, request, asked, translated, dialect, peek, askForUsage, timer);
            else outcome = await AnsweredAsync(attempt, response, request, dialect, peek, translated, timer);

            if (outcome is not AttemptOutcome.Failed) response = null; // the outcome owns it now
            return outcome;
        }
        catch (OperationCanceledException) when (clientGone.IsCancellationRequested)
        {
            attempt.WasSent |= timer.HasConnected;
            return AttemptOutcome.Abandoned.Instance;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or SocketException)
        {
            return new AttemptOutcome.Failed(Classify(attempt, exception, timer));
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>Why a send without an answer failed.</summary>
    private static UpstreamFailure Classify(Attempt attempt, Exception exception, AttemptTimer timer)
    {
        attempt.WasSent |= timer.HasConnected;
        if (timer.Fired != AttemptClock.None)
        {
            attempt.Clock = timer.Fired;
            if (timer.Fired == AttemptClock.Stop) return new UpstreamFailure(FailureClass.GatewayStopping) { Detail = ClockNames.Of(timer.Fired) + " clock" };
            return timer.Fired == AttemptClock.Connect
                ? new UpstreamFailure(FailureClass.ConnectFailed) { Detail = "connect clock" }
                : new UpstreamFailure(timer.Fired == AttemptClock.Floor ? FailureClass.TooSlow : FailureClass.Timeout) { Detail = ClockNames.Of(timer.Fired) + " clock" };
        }

        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressRefusedException:
                    return new UpstreamFailure(FailureClass.ConnectFailed) { Detail = "address not permitted" };
                case AuthenticationException:
                    return new UpstreamFailure(FailureClass.TlsFailed);
                case HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } when !IsMistrusted(cause):
                    return new UpstreamFailure(FailureClass.ConnectFailed) { Detail = "broke off before it was secure" };
                case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                    return new UpstreamFailure(FailureClass.ConnectFailed) { Detail = "name not resolved" };
                case HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }:
                    return new UpstreamFailure(FailureClass.ConnectFailed) { Detail = SocketDetail(cause) };
                case HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.InvalidResponse }:
                    return new UpstreamFailure(FailureClass.HostileResponse) { Detail = "not an HTTP answer within limits" };
            }
        }

        return attempt.HeadersAt == 0
            ? new UpstreamFailure(FailureClass.ConnectionReset)
            : new UpstreamFailure(FailureClass.Truncated) { Detail = "connection lost" };
    }

    /// <summary>Whether the other side is not who it should be, or speaks something else: not whether it went away meanwhile.</summary>
    private static bool IsMistrusted(Exception? exception)
    {
        while (exception is not (null or AuthenticationException)) exception = exception.InnerException;
        return exception is not null;
    }

    private static string? SocketDetail(Exception exception) => exception.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection refused",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "name not resolved",
        SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.NetworkUnreachable } => "unreachable",
        _ => null,
    };

    /// <summary>An error: its status says what it is, whatever becomes of its body, which is read as far as it comes soon.</summary>
    private async Task<AttemptOutcome> FailedAsync(Attempt attempt, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var body = new PooledBytes();
        using var soon = new CancellationTokenSource(ErrorBodyWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, soon.Token);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(either.Token);
            while (body.Length < MostErrorBytes)
            {
                var read = await stream.ReadAsync(body.GetMemory(4096), either.Token);
                if (read == 0) break;
                body.Advance(read);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It broke off, or does not end.
        }

        attempt.UpstreamId = Header(response, "x-request-id") ?? Header(response, "request-id");
        if (attempt.UpstreamId is { Length: > MostIdCharacters } id) attempt.UpstreamId = id[..MostIdCharacters];
        var failure = VendorErrors.Classify((int)response.StatusCode, body.Span, name => Header(response, name), time.GetUtcNow());
        // A model that is gone is the target's own, where it is named so.
        if (failure is { Class: FailureClass.ModelGone, IsAboutRequest: true } && failure.Message?.StartsWith(attempt.Choice.Target.WireModel + " ", StringComparison.OrdinalIgnoreCase) == true) failure = failure with { IsAboutRequest = false };
        return new AttemptOutcome.Failed(failure);
    }

    private static async Task<AttemptOutcome> AnsweredAsync(
        Attempt attempt, HttpResponseMessage response, GatewayRequest request, IDialect dialect, RequestPeek peek, TranslatedRequest? translated, AttemptTimer timer)
    {
        var length = ContentLength(response);
        if (length > MostAnswerBytes) return TooLarge(request);
        var body = new PooledBytes();
        var isKept = false;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(timer.Token);
            var size = (int)Math.Clamp((length ?? ReadSize) + 1, 512, 1024 * 1024);
            var hasBegun = false;
            while (true)
            {
                var read = await stream.ReadAsync(body.GetMemory(Math.Max(512, size - body.Length)), timer.Token);
                if (read == 0) break;
                body.Advance(read);
                if (body.Length != length && (hasBegun |= !IsBlank(body.Span))) timer.AnswerReceived(body.Length);
                if (body.Length > MostAnswerBytes) return TooLarge(request);
            }

            // A stream was asked for, so a JSON answer is not one; a JSON answer was asked for, so anything else is not one.
            if (!dialect.TryReadAnswer(body.Span, out var answer) || (peek.Stream && answer.Error is null))
            {
                return new AttemptOutcome.Failed(new UpstreamFailure(FailureClass.MalformedResponse)
                {
                    Detail = peek.Stream ? "not an event stream" : "not an answer of " + dialect.Name,
                });
            }

            attempt.UpstreamId = answer.Id;
            attempt.AnsweredModel = answer.Model;
            attempt.ReportedUsage = answer.Usage;
            attempt.ContentBytes = answer.Usage is null ? body.Length : 0;
            if (answer.Error is { } error) return new AttemptOutcome.Failed(error);
            attempt.Note(answer.Notes, answer.UsageIsAbsurd);
            if (attempt.Notes.Refused(request.Plan.Failures) is var refused and not FailureClass.None) return new AttemptOutcome.Failed(new UpstreamFailure(refused));
            var canonical = translated is null ? null : dialect.Codec.ReadAnswer(body.Memory, answer, translated.Losses!);
            if (translated?.Conversation is { UsesFunctions: true } && canonical?.Parts.Count(part => part is ToolCallPart) > 1) translated.Losses!.Lose("function_call"); // that form has room for one
            if (translated is not null && canonical is null)
            {
                return new AttemptOutcome.Failed(new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "an answer that cannot be translated" });
            }

            isKept = true;
            return new AttemptOutcome.Answered(body, canonical, response);
        }
        finally
        {
            if (!isKept) body.Dispose();
        }
    }

    /// <summary>Reads a stream up to its first meaningful content. Until then any failure is free.</summary>
    private async Task<AttemptOutcome> BeginStreamAsync(
        Attempt attempt, HttpResponseMessage response, GatewayRequest request, RequestBody asked, TranslatedRequest? translated, IDialect dialect, RequestPeek peek, bool askForUsage, AttemptTimer timer)
    {
        if (!peek.Stream) return new AttemptOutcome.Failed(new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "a stream that was not asked for" });
        var continues = translated?.Continues;
        var writer = continues?.Writer ?? (translated is null ? null : request.Call.Dialect.Codec.OpenStream(AnswerSettings.Of(request, attempt, translated, time.GetUtcNow())));
        var heard = request.IsJudged && continues is null ? new HeardAnswer() : null; // what two targets said says nothing of either
        var resumable = Resumable.Of(request, asked, peek, translated);
        var listener = Resumable.Listener(heard, resumable);
        var told = continues ?? (IAnswerEvents?)writer;
        var observer = told is null ? dialect.Observe(peek, withholdUsage: askForUsage, listener) : dialect.Codec.Observe(listener is null ? told : new SharedAnswerEvents(told, listener));
        PooledBytes ready = new(), held = new(), tail = new();
        var isKept = false;
        try
        {
            var upstream = await response.Content.ReadAsStreamAsync(timer.Token);
            while (true)
            {
                var read = await upstream.ReadAsync(tail.GetMemory(ReadSize), timer.Token);
                tail.Advance(read);
                writer?.Output = ready;
                var observed = observer.Observe(tail.Span, isFinal: read == 0);
                if (writer is null) StreamSplices.Take(tail.Span, observed, ready, held);
                tail.Consume(observed.Consumed);
                StreamFacts(attempt, observer);

                var hasEnded = read == 0 || observer.SawEnd;
                if (observer.Error is { } error) return new AttemptOutcome.Failed(error);
                if (writer is { IsMalformed: true }) return new AttemptOutcome.Failed(new UpstreamFailure(FailureClass.MalformedResponse) { Detail = "pieces that fit nowhere" });
                if (observer.HasContent || (hasEnded && observer.IsComplete))
                {
                    if (attempt.Notes.Refused(request.Plan.Failures) is var refused and not FailureClass.None) return new AttemptOutcome.Failed(new UpstreamFailure(refused));
                    if (observer.HasContent)
                    {
                        timer.ContentReceived(observer.ContentBytes);
                        attempt.FirstTokenAt = time.GetTimestamp();
                    }

                    isKept = true;
                    return new AttemptOutcome.Streaming(new OpenStream
                    {
                        Response = response,
                        Upstream = upstream,
                        Observer = observer,
                        Translated = writer,
                        Heard = heard,
                        Resumable = resumable,
                        Timer = timer,
                        Ready = ready,
                        Held = held,
                        Tail = tail,
                        HasEnded = hasEnded,
                    });
                }

                if (hasEnded) return new AttemptOutcome.Failed(new UpstreamFailure(FailureClass.Truncated) { Detail = "before any content" });
                if (ready.Length + held.Length + tail.Length > MostEventBytes)
                {
                    return new AttemptOutcome.Failed(new UpstreamFailure(FailureClass.HostileResponse) { Detail = "too much before any content" });
                }
            }
        }
        finally
        {
            if (!isKept)
            {
                resumable?.Dispose();
                ready.Dispose();
                held.Dispose();
                tail.Dispose();
            }
        }
    }

    /// <summary>What the stream has told so far, for the record.</summary>
    public static void StreamFacts(Attempt attempt, StreamObserver observer)
    {
        attempt.UpstreamId ??= observer.Id;
        attempt.AnsweredModel ??= observer.Model;
        attempt.ReportedUsage = observer.UsageIsAbsurd ? null : observer.Usage;
        attempt.ContentBytes = observer.ContentBytes;
        attempt.Note(observer.Notes, observer.UsageIsAbsurd);
    }

    /// <summary>Vendors send white space while they work on an answer, so that nothing on the way gives the connection up.</summary>
    private static bool IsBlank(ReadOnlySpan<byte> body) => body.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    private static double? Quota(HttpResponseMessage response) => QuotaHeaders.Left(name => Header(response, name));

    /// <summary>A request for many choices may ask for so much: then it says nothing of the target.</summary>
    private static AttemptOutcome.Failed TooLarge(GatewayRequest request) =>
        new(new UpstreamFailure(FailureClass.HostileResponse) { Detail = "answer too large", IsAboutRequest = request.Facts.Choices > 1 });

    private static string MediaType(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : "";

    /// <summary>As the vendor says it; what it really sends is counted.</summary>
    private static long? ContentLength(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var values)
        && long.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null;

    internal static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    internal static UpstreamHeaders Headers(Provider provider, int keyIndex, bool isStream, ClientCall call)
    {
        var key = keyIndex < 0 ? null : provider.Keys[keyIndex].Reveal();
        return new UpstreamHeaders
        {
            Accept = isStream ? "text/event-stream" : "application/json",
            CredentialName = provider.Credentials == CredentialScheme.ApiKey ? "x-api-key" : "Authorization",
            Credential = key is null || provider.Credentials == CredentialScheme.ApiKey ? key : "Bearer " + key,
            Others = call.Headers,
        };
    }
}
