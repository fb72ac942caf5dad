using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fairlead.Core.Expressions;

/// <summary>
/// What expressions of one place may name. A leaf is a variable or a member of an object; it has a number, by which
/// <see cref="ICelInputs"/> is asked for it. Immutable; safe for any number of threads.
/// </summary>
public sealed class CelDeclarations
{
    private readonly ImmutableArray<(string Name, CelType Type)> _leaves;
    private readonly FrozenDictionary<string, int> _byName;
    private readonly FrozenDictionary<(string Receiver, string Method), CelType> _signals;
    private readonly FrozenDictionary<string, string> _later;
    private readonly FrozenDictionary<string, ImmutableArray<string>> _members;

    private CelDeclarations(Builder builder)
    {
        _leaves = [.. builder.Leaves];
        _byName = _leaves.Select((leaf, number) => (leaf.Name, number)).ToFrozenDictionary(one => one.Name, one => one.number, StringComparer.Ordinal);
        _signals = builder.Signals.ToFrozenDictionary();
        _later = builder.Laters.ToFrozenDictionary(StringComparer.Ordinal);
        _members = Objects(_leaves.Select(leaf => leaf.Name)).ToFrozenDictionary(one => one.Key, one => one.Value, StringComparer.Ordinal);
        Roots = [.. _leaves.Select(leaf => Root(leaf.Name)).Concat(_signals.Keys.Select(signal => signal.Receiver)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>How many leaves there are; they are numbered from 0 in the order of their declaration.</summary>
    public int Count => _leaves.Length;

    /// <summary>The first names of all leaves and signals, for suggestions.</summary>
    internal ImmutableArray<string> Roots { get; }

    /// <summary>The name of a leaf: <c>workload</c>, <c>target.name</c>.</summary>
    public string NameOf(int leaf) => _leaves[leaf].Name;

    /// <summary>The number of a leaf; -1 when nothing is declared by that name.</summary>
    public int LeafOf(string name) => _byName.TryGetValue(name, out var leaf) ? leaf : -1;

    public CelType TypeOf(int leaf) => _leaves[leaf].Type;

    /// <summary>The words by which a name is refused; null when it is not.</summary>
    internal string? LaterOf(string name) => _later.GetValueOrDefault(name);

    /// <summary>What stands behind the dot of an object; null when there is no such object.</summary>
    internal ImmutableArray<string>? MembersOf(string name) => _members.TryGetValue(name, out var members) ? members : null;

    internal CelType? SignalOf(string receiver, string method) => _signals.GetValueOrDefault((receiver, method));

    /// <summary>The methods of a receiver.</summary>
    internal IEnumerable<string> SignalsOf(string receiver) => _signals.Keys.Where(signal => signal.Receiver == receiver).Select(signal => signal.Method);

    private static Dictionary<string, ImmutableArray<string>> Objects(IEnumerable<string> names)
    {
        var members = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
            {
                var rest = name[(dot + 1)..];
                var end = rest.IndexOf('.', StringComparison.Ordinal);
                var member = end < 0 ? rest : rest[..end];
                var known = members.GetValueOrDefault(name[..dot], []);
                if (!known.Contains(member)) members[name[..dot]] = known.Add(member);
            }
        }

        return members;
    }

    private static string Root(string name) => name.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? name[..dot] : name;

    /// <summary>Collects declarations. Not safe for several threads.</summary>
    public sealed class Builder
    {
        internal List<(string Name, CelType Type)> Leaves { get; } = [];

        internal Dictionary<(string, string), CelType> Signals { get; } = [];

        internal Dictionary<string, string> Laters { get; } = new(StringComparer.Ordinal);

        /// <summary>A variable; gives the number of its leaf.</summary>
        /// <exception cref="ArgumentException">The name is declared already.</exception>
        public int Variable(string name, CelType type)
        {
            if (Leaves.Exists(leaf => leaf.Name == name)) throw new ArgumentException($"{name} is declared already.", nameof(name));
            Leaves.Add((name, type));
            return Leaves.Count - 1;
        }

        /// <summary>An object: a name before a dot, not a value of its own.</summary>
        public ObjectBuilder Object(string name) => new(this, name);

        /// <summary>A method of <paramref name="receiver"/> that takes one literal argument and gives a bool.</summary>
        public Builder Signal(string receiver, string method, CelType argument)
        {
            Signals.Add((receiver, method), argument);
            return this;
        }

        /// <summary>A name, or a name with members, that is refused: <paramref name="words"/> stand behind the name in the message.</summary>
        public Builder Later(string name, string words)
        {
            Laters.Add(name, words);
            return this;
        }

        public CelDeclarations Build() => new(this);
    }

    /// <summary>Collects the members of an object.</summary>
    public sealed class ObjectBuilder
    {
        private readonly Builder _builder;
        private readonly string _name;

        internal ObjectBuilder(Builder builder, string name)
        {
            _builder = builder;
            _name = name;
        }

        /// <summary>A member; gives the number of its leaf.</summary>
        public int Member(string name, CelType type) => _builder.Variable($"{_name}.{name}", type);
    }
}
