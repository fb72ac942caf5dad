using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>
/// Which routes moved: the fewest that, taken out, leave the others in the order in which they were. What is added or removed moves
/// nothing.
/// </summary>
internal static class RoutesMoved
{
    public static HashSet<string> Between(ImmutableArray<Route> before, ImmutableArray<Route> after)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var route in after) places[route.Name] = places.Count;
        var kept = before.Where(route => places.ContainsKey(route.Name)).Select(route => route.Name).ToArray();

        // The longest run of growing places, by length of the best run that ends at each; at most a thousand routes.
        var lengths = new int[kept.Length];
        var previous = new int[kept.Length];
        var last = -1;
        for (var i = 0; i < kept.Length; i++)
        {
            (lengths[i], previous[i]) = (1, -1);
            for (var j = 0; j < i; j++)
            {
                if (places[kept[j]] < places[kept[i]] && lengths[j] >= lengths[i]) (lengths[i], previous[i]) = (lengths[j] + 1, j);
            }

            if (last < 0 || lengths[i] > lengths[last]) last = i;
        }

        var moved = kept.ToHashSet(StringComparer.Ordinal);
        for (; last >= 0; last = previous[last]) moved.Remove(kept[last]);
        return moved;
    }
}
