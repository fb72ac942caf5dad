namespace Fairlead.Server.Tests.Translation;

/// <summary>How much the vendor must be asked to think.</summary>
internal static class ExpectedReasoning
{
    private static readonly Dictionary<string, decimal> Budgets = new(StringComparer.Ordinal)
    {
        ["minimal"] = 1024,
        ["low"] = 2048,
        ["medium"] = 8192,
        ["high"] = 16384,
        ["xhigh"] = 32768,
        ["max"] = 32768,
    };

    private static readonly string[] Ranks = ["minimal", "low", "medium", "high", "xhigh", "max"];

    /// <summary>What is wrong with what the vendor was asked; null when nothing is.</summary>
    public static string? Defect(WireConversation conversation, WireReasoning got, decimal maxTokens, TargetProfile target)
    {
        var asked = IsInUnsignedLoop(conversation, target) ? WireReasoning.Unsaid : conversation.Reasoning;
        var expected = target.IsAnthropic ? TowardsAnthropic(asked, maxTokens, target) : TowardsOpenAi(asked, target);
        return expected.Contains(got) || (target.TakesBudget && IsLowered(asked, got, maxTokens)) ? null : $"reasoning: expected {string.Join(" or ", expected)}, got {got}";
    }

    /// <summary>Whether the vendor would refuse a budget, for its own thoughts are not in the history.</summary>
    public static bool IsInUnsignedLoop(WireConversation conversation, TargetProfile target) =>
        target.TakesBudget && conversation.Turns.LastOrDefault(turn => turn.Role == "assistant")?.IsUnsignedCall == true;

    private static WireReasoning[] TowardsAnthropic(WireReasoning asked, decimal maxTokens, TargetProfile target)
    {
        if (asked.IsUnsaidOrOff || !target.CanReason) return asked.IsOff ? [WireReasoning.Unsaid, new WireReasoning(null, null, false, true)] : [WireReasoning.Unsaid];
        if (!target.TakesBudget) return [new WireReasoning(Nearest(asked.Effort!, target.Efforts), null, true, false)];
        var budget = Budgets[asked.Effort!];
        return budget < maxTokens ? [new WireReasoning(null, budget, false, false)] : [];
    }

    /// <summary>A budget that would not fit is any that does; below the vendor's least it is none.</summary>
    private static bool IsLowered(WireReasoning asked, WireReasoning got, decimal maxTokens) =>
        asked.Effort is { } effort && Budgets[effort] >= maxTokens && (got == WireReasoning.Unsaid ? maxTokens <= Budgets["minimal"] : got.Budget >= Budgets["minimal"] && got.Budget < maxTokens);

    private static WireReasoning[] TowardsOpenAi(WireReasoning asked, TargetProfile target)
    {
        if (asked.IsUnsaidOrOff || !target.CanReason) return [WireReasoning.Unsaid];
        if (asked.Effort is { } effort) return [Effort(Nearest(effort, target.Efforts))];
        if (asked.Budget is { } budget) return [Effort(budget <= Budgets["low"] ? "low" : budget <= Budgets["medium"] ? "medium" : "high")];
        return [WireReasoning.Unsaid, Effort("medium"), Effort("high")];
    }

    private static WireReasoning Effort(string effort) => new(effort, null, false, false);

    private static string Nearest(string effort, IReadOnlyList<string> known) => known.MinBy(one => Math.Abs(Array.IndexOf(Ranks, one) - Array.IndexOf(Ranks, effort)))!;
}
