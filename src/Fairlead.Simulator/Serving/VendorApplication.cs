using Fairlead.Simulator.AnthropicMessages;
using Fairlead.Simulator.Books;
using Fairlead.Simulator.Faults;
using Fairlead.Simulator.OpenAiChat;
using Fairlead.Simulator.Outages;
using Fairlead.Simulator.Quotas;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Simulator.Serving;

/// <summary>What Kestrel calls for every request: the control endpoints, or one of the dialects that the vendor speaks.</summary>
internal sealed class VendorApplication(SimulatedVendorOptions options, TimeProvider time, RequestLog log, VendorBill bill, FaultScript faults, QuotaBook quotas, VendorOutages outages) : IHttpApplication<HttpContext>
{
    private readonly ControlEndpoint _control = new(log, bill, faults, outages.Schedule);
    private readonly ChatEndpoint _chat = new(faults, quotas, outages);
    private readonly MessagesEndpoint _messages = new(faults, quotas, outages);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        if (context.Request.Path.Value?.StartsWith(ControlEndpoint.Prefix, StringComparison.Ordinal) == true)
        {
            await _control.HandleAsync(context);
            return;
        }

        var exchange = new Exchange(context, options, log, bill, time);
        try
        {
            await (MessagesEndpoint.IsMeant(context.Request) ? _messages.HandleAsync(exchange) : _chat.HandleAsync(exchange));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The connection is gone: nobody is left to answer. A malformed HTTP body ends here too, and its connection with it.
            if (!exchange.Aborted.IsCancellationRequested) context.Abort();
        }
        finally
        {
            exchange.SettleAborted();
        }
    }
}
