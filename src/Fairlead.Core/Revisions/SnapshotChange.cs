using System.Collections.Immutable;

namespace Fairlead.Core.Revisions;

/// <summary>
/// One difference between two configurations in plain words, with whose requests it touches. Immutable. Prints as
/// <c>route support: tier 2 now mistral instead of haiku</c>.
/// </summary>
/// <param name="Subject">What changed: <c>route support</c>, <c>provider openai</c>, <c>defaults</c>.</param>
/// <param name="Text">How.</param>
/// <param name="Routes">The routes whose requests it touches, by name; of either configuration.</param>
public sealed record SnapshotChange(string Subject, string Text, ImmutableArray<string> Routes)
{
    /// <summary>Targets whose pinned requests it touches, by name: those that no route decided.</summary>
    public ImmutableArray<string> Targets { get; init; } = [];

    /// <summary>Names whose requests it touches, as clients send them in <c>model</c>; with a trailing <c>*</c> every name of that beginning.</summary>
    public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>Whether it touches every request.</summary>
    public bool IsGlobal { get; init; }

    /// <inheritdoc />
    public override string ToString() => $"{Subject}: {Text}";
}
