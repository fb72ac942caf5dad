using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Classification;

/// <summary>
/// The names of one kind that a caller may say. One that is not among them is refused, with the one that was probably meant: a
/// misspelt label must not slip past a rule about the right one. Immutable; safe for any number of threads.
/// </summary>
public sealed class KnownNames
{
    /// <summary>The longest name.</summary>
    public const int MostCharacters = 64;

    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private readonly string _kind;
    private readonly FrozenSet<string> _names;

    /// <summary>These names.</summary>
    /// <param name="kind">What they name, for messages, with its article: <c>a workload</c>.</param>
    /// <param name="names">Each well formed (<see cref="IsName"/>); repeated ones count once.</param>
    public KnownNames(string kind, IEnumerable<string> names)
    {
        _kind = kind;
        _names = names.ToFrozenSet(StringComparer.Ordinal);
        Names = [.. _names.Order(StringComparer.Ordinal)];
    }

    /// <summary>What they name, with its article.</summary>
    public string Kind => _kind;

    /// <summary>The names, in ordinal order.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Whether a text can be a name at all: a lower-case letter, then up to 63 of those, digits and underscores.</summary>
    public static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MostCharacters && char.IsAsciiLetterLower(text[0]) && !text.ContainsAnyExcept(Characters);

    /// <summary>Whether a name is one of these, exactly.</summary>
    public bool Known(string name) => _names.Contains(name);

    /// <summary>The same names and further ones.</summary>
    public KnownNames With(IEnumerable<string> names) => new(_kind, Names.Concat(names));

    /// <summary>What to tell whoever said a name that is not known: quoted, bounded, with the nearest known one or all of them.</summary>
    public string Unknown(string name) => Words.Nearest(name, Names) is { } nearest
        ? $"{Words.Quote(name)} is not {_kind} of this gateway; did you mean '{nearest}'?"
        : $"{Words.Quote(name)} is not {_kind} of this gateway; known are {string.Join(", ", Names.Take(MostListed))}{(Names.Length > MostListed ? ", …" : "")}.";

    private const int MostListed = 20;
}
