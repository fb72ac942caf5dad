using System.Collections.Immutable;
using Fairlead.Core.Classification;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>Makes constraints, workloads and labels of sensitive data.</summary>
internal sealed class PolicyCompiler(RuleCompiler rules, Findings findings)
{
    private const string Form = "must have 1 to 64 lower-case letters, digits or '_', the first a letter";

    public ImmutableArray<Constraint> Constraints(ConfigurationDocument document)
    {
        var constraints = ImmutableArray.CreateBuilder<Constraint>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var constraint in document.Constraints)
        {
            if (constraint.Name is { } name && !names.Add(name.Value)) findings.Error(name.At, $"the constraint name {Words.Quote(name.Value)} stands twice");
            var when = rules.Compile(constraint.When, RuleScope.Routing);
            RefuseBudget(when, constraint.When);
            var require = rules.Compile(constraint.Require, RuleScope.Target);
            RefuseBudget(require, constraint.Require);
            if (require is not null && constraint.Name is { } given) constraints.Add(new Constraint(given.Value, when is { Expression.Constant: true } ? null : when, require));
        }

        return constraints.DrainToImmutable();
    }

    public ImmutableArray<WorkloadRule> Workloads(ConfigurationDocument document)
    {
        var workloads = ImmutableArray.CreateBuilder<WorkloadRule>();
        foreach (var workload in document.Workloads)
        {
            if (workload.Name is not { } name) continue;
            if (!KnownNames.IsName(name.Value)) findings.Error(name.At, Form);
            workloads.Add(new WorkloadRule(
                name.Value, rules.Compile(workload.When, RuleScope.Request), [.. workload.Templates.Select(text => text.Value)], [.. workload.Features.Select(text => text.Value)]));
        }

        return workloads.DrainToImmutable();
    }

    public ImmutableArray<SensitivityRule> Sensitivity(ConfigurationDocument document)
    {
        var labels = ImmutableArray.CreateBuilder<SensitivityRule>();
        foreach (var rule in document.Sensitivity)
        {
            if (rule.Label is not { } label) continue;
            if (!KnownNames.IsName(label.Value)) findings.Error(label.At, Form);
            labels.Add(new SensitivityRule(label.Value, rules.Compile(rule.When, RuleScope.Request)));
        }

        return labels.DrainToImmutable();
    }

    /// <summary>A constraint holds whatever is spent: one that reads a hint would hold today and not tomorrow.</summary>
    private void RefuseBudget(Rule? rule, Located<string>? text)
    {
        if (rule is null || text is not { } written) return;
        foreach (var leaf in rule.Expression.Leaves)
        {
            if (PolicyVariables.All[leaf].Name.StartsWith("budget.", StringComparison.Ordinal)) findings.Error(written.At, "a constraint does not see 'budget': what it demands must not change with what is spent");
        }
    }
}
