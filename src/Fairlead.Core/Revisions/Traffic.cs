using System.Collections.Immutable;

namespace Fairlead.Core.Revisions;

/// <summary>Requests of a span of time, counted by what a change of the configuration may touch; of millions estimated from a part. Immutable.</summary>
/// <param name="Requests">All of them.</param>
/// <param name="Groups">The largest groups; together at most <paramref name="Requests"/>.</param>
public sealed record Traffic(long Requests, ImmutableArray<RequestGroup> Groups);

/// <summary>Requests that went one way.</summary>
/// <param name="Route">The route that decided; null when the request named its target.</param>
/// <param name="Target">The target that answered or was tried last, of requests without a route; null when nothing was sent, and with a route.</param>
/// <param name="Model">What the client sent as <c>model</c>.</param>
/// <param name="Requests">How many.</param>
public sealed record RequestGroup(string? Route, string? Target, string Model, long Requests);
