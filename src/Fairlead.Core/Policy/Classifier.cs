using System.Collections.Immutable;
using Fairlead.Core.Classification;
using Fairlead.Core.Expressions;

namespace Fairlead.Core.Policy;

/// <summary>
/// Finds the workload of a request and adds the labels of sensitive data that rules know. The caller's own word for the workload wins
/// over rules, rules over structure; labels are only ever added. Pure.
/// </summary>
public static class Classifier
{
    /// <summary>Classifies the request of <paramref name="inputs"/>, whose facts then have the workload and all labels.</summary>
    /// <param name="inputs">The request; its facts hold what the caller claims.</param>
    /// <param name="workloads">Workloads of the configuration, in order.</param>
    /// <param name="labels">Labels that rules add.</param>
    /// <param name="errors">Takes the rules that could not be evaluated.</param>
    /// <param name="guess">Whether structure may tell, where nothing else does.</param>
    public static void Classify(RequestInputs inputs, ImmutableArray<WorkloadRule> workloads, ImmutableArray<SensitivityRule> labels, RuleErrors errors, bool guess)
    {
        var facts = inputs.Facts;
        var workload = facts.Workload.Source == WorkloadSource.None ? Find(inputs, workloads, errors) : facts.Workload;
        if (workload.Source == WorkloadSource.None && guess) workload = StructuralWorkload.Guess(facts.HasSchema, facts.HasTools, facts.Content) ?? workload;
        var sensitivity = Label(inputs, labels, errors);
        if (!ReferenceEquals(workload, facts.Workload) || sensitivity != facts.Sensitivity) inputs.Facts = facts with { Workload = workload, Sensitivity = sensitivity };
    }

    private static WorkloadGuess Find(RequestInputs inputs, ImmutableArray<WorkloadRule> workloads, RuleErrors errors)
    {
        var facts = inputs.Facts;
        foreach (var workload in workloads)
        {
            if (facts.Template is { } template && workload.Templates.Contains(template)) return new WorkloadGuess(workload.Name, 1, WorkloadSource.Template);
            if (facts.Caller.Feature is { } feature && workload.Features.Contains(feature)) return new WorkloadGuess(workload.Name, 1, WorkloadSource.Feature);
            if (workload.When is not { } when) continue;
            var value = when.Expression.Evaluate(inputs);
            if (value.IsTrue) return new WorkloadGuess(workload.Name, 1, WorkloadSource.Rule);
            if (value.Kind == CelKind.Error) errors.Add(when, value);
        }

        return WorkloadGuess.None;
    }

    /// <summary>The caller's labels and those of rules. One whose rule errs is added: what may be sensitive is treated as such.</summary>
    private static ImmutableArray<string> Label(RequestInputs inputs, ImmutableArray<SensitivityRule> rules, RuleErrors errors)
    {
        var labels = inputs.Facts.Sensitivity;
        foreach (var rule in rules)
        {
            if (rule.When is not { } when || labels.Contains(rule.Label)) continue;
            var value = when.Expression.Evaluate(inputs);
            if (value.Kind == CelKind.Error) errors.Add(when, value);
            if (value.IsTrue || value.Kind is CelKind.Error or CelKind.Unknown) labels = labels.Add(rule.Label);
        }

        return labels == inputs.Facts.Sensitivity ? labels : labels.Sort(StringComparer.Ordinal);
    }
}
