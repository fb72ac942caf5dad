using Fairlead.Tests;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>The language is held to the standard's own conformance cases. Those of extensions are counted, not asked for.</summary>
[Trait("Category", "SharedData")]
public sealed class ConformanceTests
{
    private static readonly HashSet<string> Standard = new(StringComparer.Ordinal)
    {
        "basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "namespace", "parse", "plumbing", "string", "timestamps",
    };

    [Fact]
    public void Evaluate_EveryStandardCase_GivesWhatTheStandardSays()
    {
        var failures = new List<string>();
        var files = ConformanceCase.All().GroupBy(one => one.File).OrderBy(file => Standard.Contains(file.Key) ? 0 : 1).ToList();
        foreach (var file in files)
        {
            var problems = file.Select(one => (Case: one, Problem: one.Problem())).Where(one => one.Problem is not null).ToList();
            SharedFolder.Report($"CEL {file.Key}{(Standard.Contains(file.Key) ? "" : " (extension)")}", file.Count() - problems.Count, file.Count());
            if (Standard.Contains(file.Key)) failures.AddRange(problems.Select(one => $"{one.Case} {one.Problem}"));
        }

        Assert.Equal(Standard.Count, files.Count(file => Standard.Contains(file.Key)));
        Assert.True(failures.Count == 0, $"{failures.Count} failed\n{string.Join("\n", failures.Take(60))}");
    }
}
