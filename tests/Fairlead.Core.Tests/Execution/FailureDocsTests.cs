using System.Globalization;
using System.Text;
using Fairlead.Core.Execution;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Execution;

/// <summary>The table of failure classes in docs/failover.md is made from the failure table.</summary>
public sealed class FailureDocsTests
{
    [Fact]
    public void Failover_TableOfFailureClasses_IsTheFailureTable() =>
        GeneratedTable.Hold("docs/failover.md", "failure classes", "FailureTable; FAIRLEAD_UPDATE_DOCS=1 and FailureDocsTests write them anew", Table());

    [Fact]
    public void MeasuredValues_ClassesThatCount_AreTheFailureTables() => GeneratedTable.Hold(
        "docs/measured-values.md",
        "classes by whom they count against",
        "FailureTable; FAIRLEAD_UPDATE_DOCS=1 and FailureDocsTests write them anew",
        $"| lowers the success rate | leaves it alone |\n|---|---|\n| {Names(counts: true)} | {Names(counts: false)} |\n");

    private static string Names(bool counts) =>
        string.Join(", ", FailureTable.Rows.Where(row => row.CountsAgainstTarget == counts).Select(row => $"`{row.Name}`"));

    private static string Table()
    {
        var table = new StringBuilder();
        table.Append("| class | what follows | target's health | without a reported usage | status | code | `retryable` | replay-safe | what the client reads |\n");
        table.Append("|---|---|---|---|---|---|---|---|---|\n");
        foreach (var row in FailureTable.Rows)
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {Action(row.Action)} | {Health(row.Health)} | {Billing(row.Billing)} | {row.Status} | `{row.Code}` | {(row.IsRetryable ? "yes" : "no")} | {(row.IsProvenUnprocessed ? "yes" : "no")} | ");
            table.Append(row.IsClientFault ? "the vendor's words, else: " : "").Append(row.Message).Append(" |\n");
        }

        return table.ToString();
    }

    private static string Action(FailureAction action) => action switch
    {
        FailureAction.Surface => "the client hears it",
        FailureAction.Retry => "same target, then next",
        FailureAction.NextKey => "next key, then next target",
        FailureAction.NextCandidate => "next target",
        FailureAction.Accept => "the answer stands",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "The page needs words for it."),
    };

    private static string Health(HealthWeight weight) => weight switch
    {
        HealthWeight.None => "not",
        HealthWeight.Key => "the key",
        HealthWeight.Half => "half",
        HealthWeight.Full => "full",
        _ => throw new ArgumentOutOfRangeException(nameof(weight), weight, "The page needs words for it."),
    };

    private static string Billing(FailureBilling billing) => billing switch
    {
        FailureBilling.Nothing => "nothing",
        FailureBilling.Estimate => "an estimate",
        _ => throw new ArgumentOutOfRangeException(nameof(billing), billing, "The page needs words for it."),
    };
}
