using System.Diagnostics;

namespace Fairlead.Core.Overload;

/// <summary>Which signal says that there is no room.</summary>
public enum OverloadReason
{
    /// <summary>None does.</summary>
    None = 0,

    /// <summary>Requests in flight.</summary>
    Concurrency,

    /// <summary>How late work is done that is due.</summary>
    Delay,

    /// <summary>The memory that the process uses.</summary>
    Memory,
}

/// <summary>The names of reasons, in metrics and the log.</summary>
public static class OverloadReasons
{
    /// <summary>The one name of a reason.</summary>
    public static string NameOf(OverloadReason reason) => reason switch
    {
        OverloadReason.None => "none",
        OverloadReason.Concurrency => "concurrency",
        OverloadReason.Delay => "delay",
        OverloadReason.Memory => "memory",
        _ => throw new UnreachableException(),
    };
}
