using System.Collections.Immutable;

namespace Fairlead.Core.Execution;

/// <summary>
/// What lets a request enter a tier: classes of the failure before it, and that the tier before had no candidate
/// (<c>no_candidate</c>).
/// </summary>
public readonly record struct TierEntry
{
    private readonly ulong _bits;

    private TierEntry(ulong bits) => _bits = bits;

    /// <summary>Everything that may be tried elsewhere.</summary>
    public static TierEntry Any { get; } = new(ulong.MaxValue);

    /// <summary>Nothing.</summary>
    public static TierEntry None { get; }

    /// <summary>Every name that may be written.</summary>
    public static ImmutableArray<string> Names { get; } =
        [.. Enum.GetValues<FailureClass>().Where(MayLeadOn).Select(FailureTable.NameOf)];

    /// <summary>Whether it may be entered after a failure of this class; <see cref="FailureClass.NoCandidate"/>: because the tier before it had none.</summary>
    public bool Allows(FailureClass failure) => (_bits >> (int)failure & 1) != 0;

    /// <summary>Either.</summary>
    public TierEntry Or(TierEntry other) => new(_bits | other._bits);

    /// <summary>Reads one name.</summary>
    public static bool TryParse(string name, out TierEntry entry)
    {
        entry = default;
        foreach (var failure in Enum.GetValues<FailureClass>())
        {
            if (!MayLeadOn(failure) || FailureTable.NameOf(failure) != name) continue;
            entry = new TierEntry(1UL << (int)failure);
            return true;
        }

        return false;
    }

    private static bool MayLeadOn(FailureClass failure) =>
        failure == FailureClass.NoCandidate || (failure != FailureClass.None && (FailurePolicy.Default.LeadsOn(failure) || FailurePolicy.RefusalOf(failure, FailureAction.NextCandidate) is null));
}
