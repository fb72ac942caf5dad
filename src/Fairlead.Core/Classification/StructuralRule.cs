using Fairlead.Core.Requests;

namespace Fairlead.Core.Classification;

/// <summary>One sign of a workload in what a request looks like.</summary>
/// <param name="Name">What it looks at, in reports of its precision.</param>
/// <param name="Workload">What it speaks for.</param>
/// <param name="Confidence">Its precision on labelled prompts, rounded down, 0.99 at most.</param>
internal sealed record StructuralRule(string Name, Workload Workload, double Confidence)
{
    /// <summary>Needs tools to be offered.</summary>
    public bool NeedsTools { get; init; }

    /// <summary>Needs an output schema.</summary>
    public bool NeedsSchema { get; init; }

    /// <summary>Needs a fenced block of code.</summary>
    public bool NeedsCodeFence { get; init; }

    /// <summary>Needs one of these phrases; null needs none.</summary>
    public PhraseSet? Mentions { get; init; }

    /// <summary>Needs none of these phrases; null forbids none.</summary>
    public PhraseSet? DoesNotMention { get; init; }

    /// <summary>The longest text, in code points, that it says something of.</summary>
    public long MostCharacters { get; init; } = long.MaxValue;

    /// <summary>Whether a request has the sign. Looks at the text last, for it costs most.</summary>
    public bool IsMet(bool hasSchema, bool hasTools, IRequestContent content) =>
        (!NeedsTools || hasTools)
        && (!NeedsSchema || hasSchema)
        && (MostCharacters == long.MaxValue || content.TextLength <= MostCharacters)
        && (!NeedsCodeFence || content.HasCodeFence)
        && (Mentions is null || content.Mentions(Mentions))
        && (DoesNotMention is null || !content.Mentions(DoesNotMention));
}
