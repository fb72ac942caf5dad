namespace Fairlead.Hosting;

/// <summary>Where what follows a socket's event runs, for all sockets of the process.</summary>
internal static class SocketThreads
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Lets it run on the thread that saw the event, of which there is one per core. Saves a small request's way two wake-ups of
    /// another thread; for this, nothing on its way may block, and what takes long has to leave by itself. The runtime reads the
    /// switch once, with the first socket of the process: call it before that. A value that is already there stays.
    /// </summary>
    /// <returns>Whether the sockets do so.</returns>
    public static bool RunInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
        return Environment.GetEnvironmentVariable(Variable) == "1";
    }
}
