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
        if (decided.Reads is not [var (name, value)] || !MayBeTold(name)) return $"not {Short(decided.Part)}";
        var sought = " in " + name;
        return value.Kind == CelKind.List && decided.Part.EndsWith(sought, StringComparison.Ordinal) ? $"{name} has no {Short(decided.Part[..^sought.Length])}" : $"{name} is {value}";
    }

    /// <summary>Whether a value may stand in sentences and logs: not who the end user is, and no text of the request's own.</summary>
    private static bool MayBeTold(string name) =>
        name is not ("caller.user" or "request.metadata" or "request.model" or "request.template" or "request.journey" or "request.tools") && !name.StartsWith("prompt.", StringComparison.Ordinal);

    /// <summary>A rule as it is written, on one line and bounded.</summary>
    public static string Short(string rule)
    {
        var line = rule.ReplaceLineEndings(" ").Trim();
        return line.Length <= MostRuleCharacters ? line : line[..(MostRuleCharacters - 1)] + "…";
    }
}
