namespace Fairlead.Core.Limits;

/// <summary>Which limit is reached.</summary>
public enum LimitKind
{
    /// <summary>Requests per minute.</summary>
    Requests = 0,

    /// <summary>Tokens per minute.</summary>
    Tokens,

    /// <summary>Requests at the same time.</summary>
    Concurrent,
}

/// <summary>Why a request, or an attempt, has to wait.</summary>
/// <param name="Kind">Which limit.</param>
/// <param name="Holder">Whose: <c>key app</c>, <c>tenant acme</c>, <c>route chat</c>, <c>target mini</c>.</param>
/// <param name="Most">What it is.</param>
/// <param name="Wait">How long until there is room; of requests that run nobody knows, and a second is said.</param>
public sealed record LimitRefusal(LimitKind Kind, string Holder, int Most, TimeSpan Wait);
