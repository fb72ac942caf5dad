using System.Collections.Immutable;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Revisions;

/// <summary>One member of a thing as a diff sees it: its name in the configuration, and its value as text.</summary>
/// <param name="Member">The property that it reads.</param>
/// <param name="Word">What a line calls it.</param>
/// <param name="Values">Its values; one for a single value, none when it is not stated. Never a secret.</param>
internal sealed record Facet<T>(string Member, string Word, Func<T, ImmutableArray<string>> Values)
{
    /// <summary>What is compared in place of the values, where two texts may mean the same; null: the values.</summary>
    public Func<T, string?>? Meaning { get; init; }

    /// <summary>A facet that is a rule: white space and comments in it mean nothing.</summary>
    public static Facet<T> OfRule(string member, string word, Func<T, Rule?> rule) => Of(member, word, thing => rule(thing)?.Text) with { Meaning = thing => rule(thing)?.Normal };

    /// <summary>A facet of one value; null when it is not stated.</summary>
    public static Facet<T> Of(string member, string word, Func<T, string?> value) => new(member, word, thing => value(thing) is { } text ? [text] : []);
}

/// <summary>Finds the facets in which two things differ, and says each in words.</summary>
internal static class FacetComparison
{
    /// <summary>A line is for reading: of long lists the beginning.</summary>
    private const int MostShown = 8;

    /// <summary>A text for each facet that differs, such as <c>region now eu instead of us</c>.</summary>
    public static IEnumerable<string> Compare<T>(this ImmutableArray<Facet<T>> facets, T before, T after)
    {
        foreach (var facet in facets)
        {
            if (facet.Meaning is { } meaning && meaning(before) == meaning(after)) continue;
            if (Change(facet.Word, facet.Values(before), facet.Values(after)) is { } text) yield return text;
        }
    }

    /// <summary>How a list of values changed; null when it did not.</summary>
    public static string? Change(string word, ImmutableArray<string> before, ImmutableArray<string> after)
    {
        if (before.SequenceEqual(after, StringComparer.Ordinal)) return null;
        if (before.IsEmpty || after.IsEmpty) return $"{word} now {List(after)} instead of {List(before)}";
        var added = after.Except(before, StringComparer.Ordinal).ToImmutableArray();
        var removed = before.Except(after, StringComparer.Ordinal).ToImmutableArray();
        return (added.IsEmpty, removed.IsEmpty) switch
        {
            (false, false) => $"{word} now {List(added)} instead of {List(removed)}",
            (false, true) => $"{word} now also {List(added)}",
            (true, false) => $"{word} without {List(removed)}",
            _ => $"{word} in the order {List(after)} instead of {List(before)}",
        };
    }

    /// <summary>Names in a row; <c>none</c> for none.</summary>
    public static string List(IReadOnlyCollection<string> names) => names.Count switch
    {
        0 => "none",
        <= MostShown => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(MostShown))} and {names.Count - MostShown} more",
    };
}
