namespace Fairlead.Storage.Sqlite;

/// <summary>Requests of one route that ended within the same five minutes, as a promise counts them.</summary>
/// <param name="Route">The route's name.</param>
/// <param name="From">The beginning of the five minutes.</param>
/// <param name="Count">Requests that say something of the promise: the client's own doing is left out.</param>
/// <param name="BadLatency">Those of them whose answer came later than promised, or not at all.</param>
/// <param name="BadSuccess">Those of them that were not answered.</param>
public sealed record RouteSlice(string Route, DateTimeOffset From, long Count, long BadLatency, long BadSuccess);
