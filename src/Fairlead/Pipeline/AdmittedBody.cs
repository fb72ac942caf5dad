using Fairlead.Core.Requests;
using Fairlead.Endpoints;

namespace Fairlead.Pipeline;

/// <summary>A request of an endpoint that sends nothing by itself, admitted and read. Dispose gives its buffer back.</summary>
internal sealed class AdmittedBody(Admitted admitted, RequestBody body) : IDisposable
{
    public Admitted Admitted => admitted;

    public RequestBody Body => body;

    /// <summary>Admits and reads a request; null when it was refused, and the client has heard why.</summary>
    public static async Task<AdmittedBody?> ReadAsync(HttpContext context, Admission admission, string operation, string requestId)
    {
        if ((admission.Admit(context, operation, out var admitted) ?? ContentTypes.Check(context.Request)) is { } refusal)
        {
            await GatewayApplication.WriteAsync(context, requestId, refusal);
            return null;
        }

        if (await RequestBody.ReadAsync(context.Request, context.RequestAborted) is { } body) return new AdmittedBody(admitted, body);
        await GatewayApplication.WriteAsync(context, requestId, new Refusal(RefusalTable.RequestTooLarge, $"The body is larger than {RequestBody.MostBytes / (1024 * 1024)} MiB."));
        return null;
    }

    public void Dispose() => body.Dispose();
}
