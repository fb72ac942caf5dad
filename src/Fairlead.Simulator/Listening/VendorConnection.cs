using Microsoft.AspNetCore.Connections;

namespace Fairlead.Simulator.Listening;

/// <summary>One accepted connection; a request finds it among its features.</summary>
internal sealed class VendorConnection
{
    private volatile bool _isBroken;

    public VendorConnection(ConnectionContext context)
    {
        Context = context;
        context.Features.Set(this);
    }

    public ConnectionContext Context { get; }

    /// <summary>Whether the vendor ended it, not the client.</summary>
    public bool IsBroken => _isBroken;

    /// <summary>Resets it because the vendor went down.</summary>
    public void Break()
    {
        _isBroken = true;
        Context.Abort(new ConnectionAbortedException("The simulated vendor is down."));
    }

    /// <summary>Ends it with FIN once everything written so far is with the kernel, even in the middle of an HTTP message.</summary>
    public void Finish() => Context.Transport.Output.Complete();
}
