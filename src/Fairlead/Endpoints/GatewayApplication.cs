using Fairlead.Access;
using Fairlead.Admin;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.OpenAiChat;
using Fairlead.Pipeline;
using Fairlead.Telemetry;

namespace Fairlead.Endpoints;

/// <summary>
/// The one terminal handler: a path switch before any routing middleware, since every request pays for what stands before it.
/// </summary>
internal sealed class GatewayApplication(
    SnapshotSource snapshots,
    Admissions admissions,
    AdminListener adminListener,
    ChatPipeline chat,
    TokenCountEndpoint tokenCount,
    ExplainEndpoint explain,
    RequestsEndpoint requests,
    OutcomesEndpoint outcomes,
    HealthEndpoints health,
    MetricsEndpoint metrics,
    AdminApplication admin,
    TimeProvider time,
    ILogger<GatewayApplication> logger)
{
    private int _inFlight;

    /// <summary>Requests that are being handled.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _inFlight);
        var requestId = RequestId.Create(time.GetUtcNow());
        var headers = context.Response.Headers;
        headers["x-fairlead-request-id"] = requestId;
        headers["x-request-id"] = requestId; // what OpenAI's SDKs show
        headers["request-id"] = requestId;   // what Anthropic's SDKs show
        try
        {
            await DispatchAsync(context, requestId);
        }
        catch (AnswerBrokenException)
        {
            throw; // the server closes the connection without ending the body
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away before its request was accepted.
        }
        catch (BadHttpRequestException exception)
        {
            await WriteAsync(context, requestId, new Refusal(RefusalTable.InvalidHttp, "The request is not valid HTTP or its body is too large or too slow.") { OtherStatus = exception.StatusCode });
        }
        catch (Exception exception)
        {
            logger.Unexpected(requestId, exception);
            if (context.Response.HasStarted) throw;
            context.Response.Headers.Remove("content-length");
            await WriteAsync(context, requestId, new Refusal(RefusalTable.InternalError, "Fairlead failed on this request; its log has the details under the request id."));
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private Task DispatchAsync(HttpContext context, string requestId)
    {
        var path = context.Request.Path.Value ?? "/";
        var method = context.Request.Method;
        if (adminListener.IsOwn && IsElsewhere(path, AdminListener.Took(context))) return UnknownAsync(context, requestId);
        switch (path)
        {
            case "/v1/chat/completions":
            case "/chat/completions": // an SDK whose base address was given without /v1
                return HttpMethods.IsPost(method) ? chat.HandleAsync(context, ChatDialect.Instance, admissions.Current, requestId) : WrongMethodAsync(context, requestId, "POST");
            case "/v1/messages":
            case "/messages": // an SDK that takes its base address with /v1, given without
                return HttpMethods.IsPost(method) ? chat.HandleAsync(context, MessagesDialect.Instance, admissions.Current, requestId) : WrongMethodAsync(context, requestId, "POST");
            case "/v1/messages/count_tokens":
            case "/messages/count_tokens":
                return HttpMethods.IsPost(method) ? tokenCount.HandleAsync(context, requestId) : WrongMethodAsync(context, requestId, "POST");
            case "/v1/models":
            case "/models":
                return HttpMethods.IsGet(method) ? ModelsEndpoint.ListAsync(context, admissions.Current, requestId) : WrongMethodAsync(context, requestId, "GET");
            case "/v1/explain":
                return HttpMethods.IsPost(method) ? explain.HandleAsync(context, requestId) : WrongMethodAsync(context, requestId, "POST");
            case "/v1/outcomes":
                return HttpMethods.IsPost(method) ? outcomes.HandleAsync(context, requestId) : WrongMethodAsync(context, requestId, "POST");
            case "/healthz":
                return HealthEndpoints.LiveAsync(context);
            case "/readyz":
                return health.ReadyAsync(context);
            case "/metrics":
                return metrics.HandleAsync(context, admissions.Current, requestId);
            case "/":
                return RootAsync(context);
        }

        if (path.StartsWith("/v1/requests/", StringComparison.Ordinal))
        {
            return HttpMethods.IsGet(method) ? requests.HandleAsync(context, admissions.Current, requestId, path["/v1/requests/".Length..]) : WrongMethodAsync(context, requestId, "GET");
        }

        if (path.StartsWith(AdminApplication.Prefix, StringComparison.Ordinal)) return admin.HandleAsync(context, admissions.Current, requestId, path[AdminApplication.Prefix.Length..]);

        if (path.StartsWith("/v1/models/", StringComparison.Ordinal) || path.StartsWith("/models/", StringComparison.Ordinal))
        {
            var name = path[(path.IndexOf("/models/", StringComparison.Ordinal) + "/models/".Length)..];
            return HttpMethods.IsGet(method) ? ModelsEndpoint.GetAsync(context, admissions.Current, requestId, name) : WrongMethodAsync(context, requestId, "GET");
        }

        return UnknownAsync(context, requestId);
    }

    /// <summary>Whether a path is served at the other one of two addresses: administration and traffic share health alone.</summary>
    private bool IsElsewhere(string path, bool isAdmin)
    {
        if (path is "/healthz" or "/readyz") return false;
        if (path == "/metrics") return !isAdmin && !snapshots.Current.MetricsAreOpen;
        return path.StartsWith(AdminApplication.Prefix, StringComparison.Ordinal) != isAdmin;
    }

    private static Task UnknownAsync(HttpContext context, string requestId) =>
        WriteAsync(context, requestId, new Refusal(RefusalTable.UnknownEndpoint, "Fairlead serves no such path in this version."));

    private static Task RootAsync(HttpContext context)
    {
        // Coding agents probe HEAD / before their first call.
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync("Fairlead. POST /v1/chat/completions, POST /v1/messages, GET /v1/models, GET /healthz, GET /readyz.\n"u8.ToArray()).AsTask();
    }

    private static Task WrongMethodAsync(HttpContext context, string requestId, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return WriteAsync(context, requestId, new Refusal(RefusalTable.MethodNotAllowed, $"This path takes {allowed}."));
    }

    internal static Task WriteAsync(HttpContext context, string requestId, Refusal refusal) => context.Request.Path.StartsWithSegments("/admin", StringComparison.Ordinal)
        ? AdminAnswer.RefuseAsync(context, requestId, refusal)
        : ClientAnswer.WriteErrorAsync(context, ClientCall.DialectOf(context), Errors.Of(refusal, requestId), null, isExhausted: false);
}
