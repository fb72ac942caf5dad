using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>Says in a few words why a rule does not hold: what it read, or what it says.</summary>
internal static class RuleReasons
{
    private const int MostRuleCharacters = 80;

    /// <summary>A rule that is false, or that errs, for these inputs.</summary>
    public static string Of(Rule rule, ICelInputs inputs)
    {
        var decided = rule.Expression.Decide(inputs);
        if (decided.Value.Kind == CelKind.Error) return $"{Short(decided.Part)} errs ({decided.Value.AsString})";
        return decided.Reads is [var (name, value)] ? $"{name} is {value}" : $"not {Short(decided.Part)}";
    }

    /// <summary>A rule as it is written, on one line and bounded.</summary>
    public static string Short(string rule)
    {
        var line = rule.ReplaceLineEndings(" ").Trim();
        return line.Length <= MostRuleCharacters ? line : line[..(MostRuleCharacters - 1)] + "…";
    }
}
