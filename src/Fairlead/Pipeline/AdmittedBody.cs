using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Endpoints;

namespace Fairlead.Pipeline;

/// <summary>A request of an endpoint that sends nothing by itself, admitted and read. Dispose gives its buffer back.</summary>
internal sealed class AdmittedBody(GatewaySnapshot snapshot, Admitted admitted, RequestBody body, Entrance.Place place) : IDisposable
{
    /// <summary>The configuration that it was admitted with.</summary>
    public GatewaySnapshot Snapshot => snapshot;

    public Admitted Admitted => admitted;

    public RequestBody Body => body;

    /// <summary>Admits and reads a request; null when it was refused, and the client has heard why.</summary>
    public static async Task<AdmittedBody?> ReadAsync(HttpContext context, Admissions admissions, Entrance entrance, string operation, string requestId)
    {
        var admission = admissions.Current;
        if ((admission.Admit(context, operation, out var admitted) ?? ContentTypes.Check(context.Request)) is { } refusal)
        {
            await GatewayApplication.WriteAsync(context, requestId, refusal);
            return null;
        }

        var place = entrance.Enter(context, admitted.Caller, out var noRoom);
        if (noRoom is not null)
        {
            await GatewayApplication.WriteAsync(context, requestId, noRoom);
            return null;
        }

        AdmittedBody? read = null;
        try
        {
            return read = await ReadAsync(context, admissions, admission, admitted, place, operation, requestId);
        }
        finally
        {
            if (read is null) place.Dispose();
        }
    }

    private static async Task<AdmittedBody?> ReadAsync(
        HttpContext context, Admissions admissions, Admission admission, Admitted admitted, Entrance.Place place, string operation, string requestId)
    {

        if (await RequestBody.ReadAsync(context.Request, context.RequestAborted) is not { } body)
        {
            await GatewayApplication.WriteAsync(context, requestId, new Refusal(RefusalTable.RequestTooLarge, $"The body is larger than {RequestBody.MostBytes / (1024 * 1024)} MiB."));
            return null;
        }

        if (admissions.AdmitAgain(context, operation, ref admission, ref admitted) is not { } refusedNow) return new AdmittedBody(admission.Snapshot, admitted, body, place);
        body.Dispose();
        await GatewayApplication.WriteAsync(context, requestId, refusedNow);
        return null;
    }

    public void Dispose()
    {
        body.Dispose();
        place.Dispose();
    }
}
