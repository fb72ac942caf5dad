namespace Fairlead.Hosting;

/// <summary>The configuration is right in itself, and must not be served as things are. The message says why.</summary>
internal sealed class StartRefusedException(string message) : Exception(message);
