using System.Collections.Immutable;
using System.Diagnostics;

namespace Fairlead.Core.Overload;

/// <summary>How much it matters that requests are served while there is no room for all. What matters least is refused first.</summary>
public enum Criticality
{
    /// <summary>Refused first: work that can be done later.</summary>
    Sheddable = 0,

    /// <summary>What nothing is said of.</summary>
    Normal,

    /// <summary>Refused last: at the limit of requests in flight alone.</summary>
    Critical,
}

/// <summary>The names of criticalities, in configuration and metrics.</summary>
public static class Criticalities
{
    /// <summary>All names, the most critical first.</summary>
    public static ImmutableArray<string> Names { get; } = ["critical", "normal", "sheddable"];

    /// <summary>The one name of a criticality.</summary>
    public static string NameOf(Criticality criticality) => criticality switch
    {
        Criticality.Sheddable => "sheddable",
        Criticality.Normal => "normal",
        Criticality.Critical => "critical",
        _ => throw new UnreachableException(),
    };

    /// <summary>The criticality of a name; <see cref="Criticality.Normal"/> for null.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static Criticality Of(string? name) => name switch
    {
        "sheddable" => Criticality.Sheddable,
        null or "normal" => Criticality.Normal,
        "critical" => Criticality.Critical,
        _ => throw new ArgumentException("No criticality has this name.", nameof(name)),
    };
}
