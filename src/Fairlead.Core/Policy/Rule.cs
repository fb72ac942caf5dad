using System.Collections.Immutable;
using Fairlead.Core.Expressions;

namespace Fairlead.Core.Policy;

/// <summary>A compiled <c>when</c> or <c>require</c>, and where it stands. Immutable; safe for any number of threads.</summary>
public sealed class Rule
{
    internal Rule(string place, CelExpression expression)
    {
        Place = place;
        Expression = expression;
        Input = InputOf(expression);
        IsForNow = expression.Leaves.Any(leaf => (PolicyVariables.All[leaf].Input & RuleInput.Health) != 0 || PolicyVariables.All[leaf].Name.StartsWith("budget.", StringComparison.Ordinal));
        Parts = expression.Conjuncts.Length == 1 ? [this] : [.. expression.Conjuncts.Select(part => new Rule(place, part))];
    }

    /// <summary>Where it stands in the configuration: <c>routes[2].when</c>. Names it in alerts.</summary>
    public string Place { get; }

    /// <summary>What it says.</summary>
    public CelExpression Expression { get; }

    /// <summary>As it is written, on one line.</summary>
    public string Text => Expression.Source;

    /// <summary>As it means: of two rules that differ in layout alone the same.</summary>
    public string Normal => Expression.Normal;

    /// <summary>What it depends on beside the configuration.</summary>
    public RuleInput Input { get; }

    /// <summary>Whether it reads what changes by itself: what is measured, what is left of a budget.</summary>
    public bool IsForNow { get; }

    /// <summary>What must hold together, each for itself: the operands of the outermost <c>&amp;&amp;</c>.</summary>
    public ImmutableArray<Rule> Parts { get; }

    private static RuleInput InputOf(CelExpression expression)
    {
        var input = expression.Signals.IsEmpty ? RuleInput.None : RuleInput.Request;
        foreach (var leaf in expression.Leaves) input |= PolicyVariables.All[leaf].Input;
        return input;
    }
}
