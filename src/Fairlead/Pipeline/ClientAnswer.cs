using System.Buffers;
using System.Globalization;
using Fairlead.Core.Execution;
using Fairlead.Core.Policy;
using Fairlead.Core.Routing;
using Fairlead.Dialects;
using Fairlead.Dialects.Errors;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Pipeline;

/// <summary>
/// What reaches the client. <see cref="Commit"/> is the commit point: the only place that sends a status and headers; until it
/// is called, any failover is free, and after it no second attempt is made.
/// </summary>
internal static class ClientAnswer
{
    /// <summary>
    /// Sends nothing by itself, but from here on the answer is this one: status, headers, and whatever is written to the body
    /// next. May be called once per request.
    /// </summary>
    public static void Commit(HttpContext context, int status, string contentType, long? contentLength)
    {
        var response = context.Response;
        if (response.HasStarted) throw new InvalidOperationException("An answer is committed once.");
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = contentLength;
    }

    /// <summary>The headers that say what was decided, and the vendor's own that clients may see; none where the key hears little.</summary>
    public static void WriteDecisionHeaders(HttpContext context, GatewayRequest request, Attempt attempt, string sentence, HttpResponseMessage upstream)
    {
        if (request.IsMinimal) return;
        var headers = context.Response.Headers;
        if (request.Plan.Route is { } route) headers["x-fairlead-route"] = route.Name;
        var target = attempt.Choice.Target;
        headers["x-fairlead-target"] = HeaderText.Encode(target.Name);
        headers["x-fairlead-model"] = HeaderText.Encode(attempt.AnsweredModel ?? target.WireModel);
        headers["x-fairlead-tier"] = HeaderText.Encode(attempt.Choice.Tier.Name);
        headers["x-fairlead-attempts"] = Number(request.Attempts.Count);
        headers["x-fairlead-reason"] = HeaderText.Encode(sentence);
        headers["x-fairlead-revision"] = request.Snapshot.Revision;
        if (request.Plan is { Route.Mode: RouteMode.Advise, Advice: { } advice }) headers["x-fairlead-advice"] = HeaderText.Encode(DecisionSentence.ForAdvice(advice.Recorded));
        if (attempt.Losses.Count > 0) headers["x-fairlead-translation-loss"] = HeaderText.Encode(string.Join(", ", attempt.Losses));
        headers["x-fairlead-body-mode"] = attempt.BodyMode == attempt.AnswerBodyMode ? attempt.BodyMode : BodyModes.Spliced;
        if (attempt.AnswerBodyMode == BodyModes.Translated) VendorHeaders.Translate(upstream, headers, request.Call.Dialect.Name, attempt.HeadersAtTime);
        else VendorHeaders.Copy(upstream, headers);
        if (request.Lease is { } lease) LimitHeaders.Write(headers, request.Call.Dialect.Name, lease, request.Facts.AcceptedAt);
    }

    /// <summary>The headers that say what was decided for a request that nothing answers.</summary>
    public static void WriteFailureHeaders(GatewayRequest request, string sentence)
    {
        if (request.IsMinimal) return;
        var headers = request.Http.Response.Headers;
        if (request.Plan.Route is { } route) headers["x-fairlead-route"] = route.Name;
        headers["x-fairlead-attempts"] = Number(request.Attempts.Count);
        headers["x-fairlead-reason"] = HeaderText.Encode(sentence);
        headers["x-fairlead-revision"] = request.Snapshot.Revision;
    }

    /// <summary>
    /// An error in the client's dialect. The whole answer: nothing was sent before, nothing comes after. <paramref name="retryAfter"/>
    /// is sent on every 429 and 503, and where our own failover is at its end (<paramref name="isExhausted"/>), which the client's SDK
    /// need not multiply; it is at least one second.
    /// </summary>
    public static async Task WriteErrorAsync(HttpContext context, IDialect dialect, ClientError error, TimeSpan? retryAfter, bool isExhausted)
    {
        var body = new ArrayBufferWriter<byte>(256);
        dialect.WriteError(body, error);
        var headers = context.Response.Headers;
        if (error.Status is 429 or 503 || (isExhausted && error.Status >= 500))
        {
            var wait = retryAfter is { } hint && hint > TimeSpan.FromSeconds(1) ? hint : TimeSpan.FromSeconds(1);
            headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            headers["retry-after-ms"] = ((long)Math.Ceiling(wait.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (isExhausted) headers["x-should-retry"] = "false";
        if (error.Status == 401) headers.WWWAuthenticate = "Bearer";
        Commit(context, error.Status, "application/json", body.WrittenCount);
        await context.Response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Attempts are few: their numbers are made once.</summary>
    private static StringValues Number(int number) => number switch
    {
        1 => "1",
        2 => "2",
        3 => "3",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>
/// The answer broke after its commit point; thrown once the error event is flushed, so that the server closes the connection
/// without ending the body: clients that overlook error events see the break all the same.
/// </summary>
internal sealed class AnswerBrokenException(FailureClass failure) : Exception("The answer broke after it had begun: " + FailureTable.NameOf(failure) + ".")
{
    public FailureClass Failure { get; } = failure;
}
