using System.Collections.Immutable;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Configuration;

/// <summary>What is written of one failure class.</summary>
/// <param name="Class">The class.</param>
/// <param name="Action">What follows.</param>
/// <param name="IsOfFilter">Of the class only what a vendor's filter found.</param>
internal sealed record FailureDocument(FailureClass Class, FailureAction Action, bool IsOfFilter);

/// <summary>Reads <c>failures</c>: failure class → what follows.</summary>
internal static class FailurePolicyReader
{
    private const int MostClasses = 64;

    public static ImmutableArray<FailureDocument> Bind(YamlNode? node, Findings findings)
    {
        var failures = ImmutableArray.CreateBuilder<FailureDocument>();
        foreach (var entry in findings.Names(node, MostClasses))
        {
            var isOfFilter = entry.Key == FailurePolicy.FilterName;
            var row = isOfFilter ? FailureTable.Of(FailureClass.PolicyRejected) : FailureTable.Find(entry.Key);
            if (row is null) findings.Error(entry.At, $"no failure class is named {Words.Quote(entry.Key)}", Words.Nearest(entry.Key, FailurePolicy.Names.Add(FailurePolicy.FilterName)));
            if (findings.Word(entry.Value, FailurePolicy.Words) is not { } word || row is null) continue;
            var action = FailurePolicy.Find(word.Value)!.Value;
            if (FailurePolicy.RefusalOf(row.Class, action) is { } reason) findings.Error(word.At, $"{entry.Key} cannot be {word.Value}: {reason}");
            else failures.Add(new FailureDocument(row.Class, action, isOfFilter));
        }

        return failures.DrainToImmutable();
    }

    /// <summary>What is written here, over <paramref name="defaults"/>.</summary>
    public static FailurePolicy Over(this ImmutableArray<FailureDocument> failures, FailurePolicy defaults)
    {
        var policy = defaults;
        foreach (var failure in failures) policy = failure.IsOfFilter ? policy.WithFilter(failure.Action) : policy.With(failure.Class, failure.Action);
        return policy;
    }
}
