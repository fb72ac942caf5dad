using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>Aliases that came, went or stand for something else. They touch the requests that send their name, and no other of the route.</summary>
internal static class AliasChanges
{
    public static void Find(Comparison comparison)
    {
        var (before, after) = (All(comparison.Before), All(comparison.After));
        foreach (var name in before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var text = (before.GetValueOrDefault(name), after.GetValueOrDefault(name)) switch
            {
                (null, { } now) => $"added: stands for {now}",
                ({ } old, null) => $"removed: stood for {old}",
                ({ } old, { } now) when old != now => $"now {now} instead of {old}",
                _ => null,
            };
            if (text is not null) comparison.Add(new SnapshotChange($"alias {name}", text, []) { Models = [.. LeadingTo(name, before, after)] });
        }
    }

    private static Dictionary<string, string> All(GatewaySnapshot snapshot)
    {
        var all = new Dictionary<string, string>(snapshot.Aliases, StringComparer.Ordinal);
        foreach (var alias in snapshot.PrefixAliases) all[alias.Name] = alias.StandsFor;
        return all;
    }

    /// <summary>The alias and, since an alias may stand for one, those that lead to it in either configuration.</summary>
    private static SortedSet<string> LeadingTo(string name, params ReadOnlySpan<Dictionary<string, string>> configurations)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal) { name };
        var open = new Queue<string>([name]);
        while (open.TryDequeue(out var next))
        {
            foreach (var aliases in configurations)
            {
                foreach (var (alias, standsFor) in aliases)
                {
                    if (Covers(next, standsFor) && found.Add(alias)) open.Enqueue(alias);
                }
            }
        }

        return found;
    }

    private static bool Covers(string alias, string name) =>
        alias.EndsWith('*') ? name.StartsWith(alias.AsSpan(0, alias.Length - 1), StringComparison.Ordinal) : alias == name;
}
