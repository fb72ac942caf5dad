using Fairlead.Core.Expressions;

namespace Fairlead.Core.Policy;

/// <summary>A rule that could not be evaluated for a request.</summary>
/// <param name="Place">Where it stands: <c>routes[2].when</c>.</param>
/// <param name="Message">Why.</param>
public readonly record struct RuleError(string Place, string Message);

/// <summary>The rules that could not be evaluated while one request was decided; each once. Costs nothing while there are none. Not safe for several threads.</summary>
public sealed class RuleErrors
{
    private List<RuleError>? _errors;

    /// <summary>The errors, in the order they came.</summary>
    public IReadOnlyList<RuleError> All => (IReadOnlyList<RuleError>?)_errors ?? [];

    internal void Add(Rule rule, in CelValue value) => Add(new RuleError(rule.Place, value.AsString));

    internal void Add(RuleError error)
    {
        _errors ??= [];
        if (!_errors.Exists(known => known.Place == error.Place)) _errors.Add(error);
    }
}
