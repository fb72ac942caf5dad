namespace Fairlead.Server.Tests.Translation;

/// <summary>A member that cannot be carried and must be listed, under one of these names: a whole path, or what stands behind its last dot.</summary>
internal sealed record DueLoss(params string[] AnyOf)
{
    public bool Names(string listed) => AnyOf.Contains(listed) || AnyOf.Contains(listed[(listed.LastIndexOf('.') + 1)..]);

    /// <summary>What a model without temperature is not sent; 1 is what it does unasked.</summary>
    public static void OfSampling(DueOutcome due, WireConversation asked)
    {
        if (asked.Temperature is not (null or 1)) due.Losses.Add(new DueLoss("temperature"));
        if (asked.TopP is not (null or 1)) due.Losses.Add(new DueLoss("top_p"));
    }

    public override string ToString() => string.Join(" or ", AnyOf);
}

/// <summary>What must become of a request: refused over one of the members, or sent with the losses listed, or sent equal.</summary>
internal sealed class DueOutcome
{
    /// <summary>Top-level members that change meaning; the answer names one of them, or something in it.</summary>
    public HashSet<string> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>True where the request itself is at fault, so that the code need not be the one of a member that no target carries.</summary>
    public bool IsClientsFault { get; set; }

    public List<DueLoss> Losses { get; } = [];

    /// <summary>Losses that may be listed or not.</summary>
    public List<DueLoss> Tolerated { get; } = [];

    public string Kind => Refusals.Count > 0 ? "refused with member" : Losses.Count > 0 ? "loss listed" : "equal";

    public bool IsRefusalOver(string? param) => param is not null && Refusals.Any(member => param == member || param.StartsWith(member + ".", StringComparison.Ordinal) || param.StartsWith(member + "[", StringComparison.Ordinal));

    /// <summary>What is wrong with the listed losses; null when nothing is.</summary>
    public string? LossDefect(IReadOnlyList<string> listed)
    {
        if (Losses.FirstOrDefault(due => !listed.Any(due.Names)) is { } missing) return $"translation loss: expected {missing}, got {Shown(listed)}";
        if (listed.FirstOrDefault(name => !Losses.Concat(Tolerated).Any(due => due.Names(name))) is { } surplus) return $"translation loss: expected {Shown(Losses)}, got {surplus} too";
        return listed.Distinct(StringComparer.Ordinal).Count() == listed.Count ? null : "translation loss: expected each name once, got " + Shown(listed);
    }

    private static string Shown<T>(IReadOnlyCollection<T> items) => items.Count == 0 ? "nothing" : string.Join(", ", items);
}
