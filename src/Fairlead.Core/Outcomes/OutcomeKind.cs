namespace Fairlead.Core.Outcomes;

/// <summary>What came of an answer, in the eyes of the application that asked for it.</summary>
public enum OutcomeKind
{
    /// <summary>It did what it was for.</summary>
    Success,

    /// <summary>It did not.</summary>
    Failure,

    /// <summary>Neither: it was not used, or nobody can tell.</summary>
    Neutral,
}

/// <summary>Names of outcomes, as they are reported, kept and shown. Stable.</summary>
public static class OutcomeKinds
{
    private static readonly string[] Names = ["success", "failure", "neutral"];

    /// <summary>The name.</summary>
    public static string NameOf(OutcomeKind kind) => Names[(int)kind];

    /// <summary>The outcome of a name; false when there is none.</summary>
    public static bool TryParse(string name, out OutcomeKind kind)
    {
        var index = Array.IndexOf(Names, name);
        kind = (OutcomeKind)Math.Max(index, 0);
        return index >= 0;
    }
}
