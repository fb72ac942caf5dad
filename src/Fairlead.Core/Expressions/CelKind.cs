namespace Fairlead.Core.Expressions;

/// <summary>What a value of the policy language is. <see cref="Unknown"/> and <see cref="Error"/> are results, not types.</summary>
public enum CelKind : byte
{
    /// <summary>Not known (yet): an input said so. The default of a value.</summary>
    Unknown,

    /// <summary>The evaluation failed; the message says why.</summary>
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List,
    Map,
    Type,
}
