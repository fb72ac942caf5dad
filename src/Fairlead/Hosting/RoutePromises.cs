using System.Collections.Frozen;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;

namespace Fairlead.Hosting;

/// <summary>The promises of the configuration that holds, by route. Safe for any number of threads.</summary>
internal sealed class RoutePromises(SnapshotSource snapshots)
{
    private Known? _known;

    public Promise? Of(string route)
    {
        var snapshot = snapshots.Current;
        var known = _known;
        if (known is null || !ReferenceEquals(known.Snapshot, snapshot))
        {
            _known = known = new Known(
                snapshot,
                snapshot.Routes.Where(one => one.Promise is not null).ToFrozenDictionary(one => one.Name, one => one.Promise!, StringComparer.Ordinal));
        }

        return known.Promises.GetValueOrDefault(route);
    }

    private sealed record Known(GatewaySnapshot Snapshot, FrozenDictionary<string, Promise> Promises);
}
