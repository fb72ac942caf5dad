using Fairlead.Core.Classification;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Classification;

/// <summary>The names in docs/classification.md are those of the code.</summary>
public sealed class ClassificationDocsTests
{
    private const string Page = "docs/classification.md";

    [Fact]
    public void Classification_TableOfWorkloads_IsThatOfTheCode() => GeneratedTable.Hold(
        Page, "workloads", "Workloads; FAIRLEAD_UPDATE_DOCS=1 and ClassificationDocsTests write them anew",
        "| name | |\n|---|---|\n" + string.Concat(Workloads.BuiltIn.Select(workload => $"| `{workload.Name}` | {workload.Meaning} |\n")));

    [Fact]
    public void Classification_TableOfLabels_IsThatOfTheCode() => GeneratedTable.Hold(
        Page, "labels", "SensitivityLabels; FAIRLEAD_UPDATE_DOCS=1 and ClassificationDocsTests write them anew",
        "| label | |\n|---|---|\n" + string.Concat(SensitivityLabels.BuiltIn.Select(label => $"| `{label.Name}` | {label.Meaning} |\n")));

    [Fact]
    public void Classification_Confidences_AreThoseOfTheRules()
    {
        var rows = Sources.Read(Page).Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split(" | ")).Where(cells => cells.Length == 4 && cells[1].StartsWith('`')).ToList();

        Assert.Equal(
            StructuralWorkload.Rules.Select(rule => ($"`{rule.Workload.Name}`", rule.Confidence.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture))),
            rows.Select(cells => (cells[1], cells[2])));
    }
}
