using Fairlead.Core.Classification;
using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>Compiles the rules of a configuration; what is wrong with one is told at its own place in the file.</summary>
/// <param name="signals">Numbers what rules look for in prompts.</param>
/// <param name="names">The names that there are, of what rules compare with names: of a misspelt one a rule would never hold.</param>
/// <param name="findings">Takes what is wrong.</param>
internal sealed class RuleCompiler(RuleSignals signals, IReadOnlyDictionary<string, KnownNames> names, Findings findings)
{
    private const int MostShown = 40;

    /// <summary>The compiled rule; null when there is none, or when it is wrong.</summary>
    public Rule? Compile(Located<string>? text, RuleScope scope)
    {
        if (text is not { } rule) return null;
        if (CelExpression.TryCompile(rule.Value, PolicyVariables.DeclarationsOf(scope), signals, CelType.Bool, out var expression, out var errors))
        {
            foreach (var literal in expression.Literals)
            {
                if (!names.TryGetValue(PolicyVariables.All[literal.Leaf].Name, out var known) || known.Known(literal.Text) || literal.Text.Length == 0) continue;
                var error = new CelError(literal.Offset, literal.Length, $"{Words.Quote(literal.Text)} is not {known.Kind}", Words.Nearest(literal.Text, known.Names));
                findings.Error(PlaceOf(rule, error), error.Message + Near(rule.Value, error), error.Suggestion);
            }

            return new Rule(rule.At.Path, expression);
        }

        foreach (var error in errors) findings.Error(PlaceOf(rule, error), error.Message + Near(rule.Value, error), error.Suggestion);
        return null;
    }

    /// <summary>A rule on one line is told to the character, quotes not counted; one on several lines to the rule.</summary>
    private static Place PlaceOf(Located<string> rule, CelError error) =>
        rule.Value.Contains('\n', StringComparison.Ordinal) ? rule.At : rule.At with { Column = rule.At.Column + error.Offset };

    private static string Near(string rule, CelError error)
    {
        if (error.Offset >= rule.Length || error.Length == 0) return " (at its end)";
        var part = rule.AsSpan(error.Offset, Math.Min(error.Length, rule.Length - error.Offset)).ToString().ReplaceLineEndings(" ");
        return $" (at {Words.Quote(part.Length <= MostShown ? part : part[..MostShown])})";
    }
}
