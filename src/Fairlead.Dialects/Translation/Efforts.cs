using Fairlead.Core.Catalog;

namespace Fairlead.Dialects.Translation;

/// <summary>Efforts of reasoning, and what they are as a budget of tokens (SEMANTICS 49). The figures are ours; no vendor publishes any.</summary>
internal static class Efforts
{
    private static readonly string[] Names = ["minimal", "low", "medium", "high", "xhigh", "max"];
    private static readonly long[] Budgets = [1024, 2048, 8192, 16384, 32768, 32768];

    /// <summary>All that are known, for a message.</summary>
    public static string Known => "none, " + string.Join(", ", Names);

    /// <summary>Whether a word is an effort.</summary>
    public static bool IsKnown(string effort) => Names.AsSpan().Contains(effort);

    /// <summary>The budget that stands for an effort.</summary>
    public static long BudgetOf(string effort) => Budgets[Array.IndexOf(Names, effort)];

    /// <summary>The effort that stands for a budget.</summary>
    public static string OfBudget(long tokens) => tokens <= Budgets[1] ? "low" : tokens <= Budgets[2] ? "medium" : "high";

    /// <summary>The nearest effort that a model has, the lesser of two as near; the asked one where it has none of the known.</summary>
    public static string Nearest(string effort, ModelFacts facts)
    {
        if (facts.Efforts.Contains(effort)) return effort;
        var asked = Array.IndexOf(Names, effort);
        string? nearest = null;
        var least = int.MaxValue;
        foreach (var name in facts.Efforts)
        {
            var at = Array.IndexOf(Names, name);
            if (at < 0 || Math.Abs(at - asked) >= least) continue;
            least = Math.Abs(at - asked);
            nearest = name;
        }

        return nearest ?? effort;
    }
}
