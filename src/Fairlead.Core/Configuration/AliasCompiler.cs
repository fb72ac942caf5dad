using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>
/// Checks what a client may send as <c>model</c>: each name means one thing, and each alias ends at something. Names are compared as
/// they are written, also where the thing itself has other errors.
/// </summary>
internal sealed class AliasCompiler(Findings findings)
{
    /// <summary>What the routes decide; nothing else may have this name.</summary>
    private const string Auto = "auto";

    /// <summary>As many as a request follows.</summary>
    private const int MostHops = 8;

    public (FrozenDictionary<string, string> Exact, ImmutableArray<PrefixAlias> Prefixes) Compile(ConfigurationDocument document)
    {
        var providers = document.Providers.Select(provider => provider.Name.Value).ToHashSet(StringComparer.Ordinal);
        var names = NamesOf(document);
        var exact = new Dictionary<string, AliasDocument>(StringComparer.Ordinal);
        var prefixes = new List<(string Prefix, AliasDocument Alias)>();
        foreach (var alias in document.Aliases)
        {
            if (alias.Name.Value.EndsWith('*')) prefixes.Add((alias.Name.Value[..^1], alias));
            else exact[alias.Name.Value] = alias;
        }

        prefixes.Sort(static (left, right) => right.Prefix.Length.CompareTo(left.Prefix.Length));

        AliasDocument? Find(string name)
        {
            if (exact.TryGetValue(name, out var alias)) return alias;
            foreach (var (prefix, starred) in prefixes)
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal)) return starred;
            }

            return null;
        }

        RefuseHidden(names, prefixes);
        foreach (var alias in document.Aliases) Follow(alias, Find, names, providers);
        return (
            exact.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.StandsFor.Value, StringComparer.Ordinal),
            [.. prefixes.Select(pair => new PrefixAlias(pair.Alias.Name.Value, pair.Alias.StandsFor.Value))]);
    }

    /// <summary>The names of routes and targets, each once.</summary>
    private Dictionary<string, string> NamesOf(ConfigurationDocument document)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [Auto] = "what the routes decide" };
        void Add(Located<string> name, string what)
        {
            if (!names.TryAdd(name.Value, what)) findings.Error(name.At, $"the name {Words.Quote(name.Value)} is taken: it is also {names[name.Value]}");
        }

        foreach (var route in document.Routes)
        {
            if (route.Name is { } name) Add(name, "a route");
        }

        foreach (var target in document.Targets) Add(target.Name, "a target");
        foreach (var alias in document.Aliases) Check(alias.Name);
        return names;

        void Check(Located<string> alias)
        {
            if (names.TryGetValue(alias.Value, out var what)) findings.Error(alias.At, $"the name {Words.Quote(alias.Value)} is taken: it is also {what}");
        }
    }

    /// <summary>An alias comes before routes and targets: one that covers their names would make them unreachable.</summary>
    private void RefuseHidden(Dictionary<string, string> names, List<(string Prefix, AliasDocument Alias)> prefixes)
    {
        foreach (var (prefix, alias) in prefixes)
        {
            foreach (var (name, what) in names)
            {
                if (!name.StartsWith(prefix, StringComparison.Ordinal) || name == alias.StandsFor.Value) continue;
                findings.Error(alias.Name.At, $"would hide {Words.Quote(name)}, which is {what}: aliases come first");
                break;
            }
        }
    }

    private void Follow(AliasDocument alias, Func<string, AliasDocument?> find, Dictionary<string, string> names, HashSet<string> providers)
    {
        var at = alias.StandsFor.At;
        if (alias.StandsFor.Value == alias.Name.Value && !names.ContainsKey(alias.Name.Value))
        {
            findings.Error(at, "the alias leads back to itself");
            return;
        }

        var current = alias;
        for (var hops = 1; hops <= MostHops; hops++)
        {
            var name = current.StandsFor.Value;
            var next = find(name);
            // 'gpt-*' may stand for gpt-mini although it covers it: the name leads back to itself.
            if (next is null || next.StandsFor.Value == name)
            {
                if (names.ContainsKey(name) || IsProviderAndModel(name, providers)) return;
                findings.Error(at, $"nothing is named {Words.Quote(name)}: no alias, route, target or provider/model", Words.Nearest(name, names.Keys));
                return;
            }

            if (ReferenceEquals(next, alias))
            {
                findings.Error(at, "the alias leads back to itself");
                return;
            }

            current = next;
        }

        findings.Error(at, $"leads through more than {MostHops} aliases");
    }

    private static bool IsProviderAndModel(string name, HashSet<string> providers)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && providers.Contains(name[..slash]);
    }
}
