using System.Globalization;
using System.Text;
using Fairlead.Core.Execution;

namespace Fairlead.Core.Tests.Execution;

/// <summary>
/// The table of failure classes in docs/failover.md is made from the failure table, so that the two cannot differ. With
/// FAIRLEAD_UPDATE_DOCS=1 this test writes it instead.
/// </summary>
public sealed class FailureDocsTests
{
    private const string Page = "docs/failover.md";
    private const string Start = "<!-- failure classes: made from FailureTable; FAIRLEAD_UPDATE_DOCS=1 and FailureDocsTests write them anew -->\n";
    private const string End = "<!-- end of failure classes -->\n";

    [Fact]
    public void Failover_TableOfFailureClasses_IsTheFailureTable()
    {
        var page = Sources.Read(Page);
        var from = page.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        var to = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(from >= Start.Length && to >= from, $"{Page} has lost the marks that the table stands between.");
        var expected = Table();
        if (Environment.GetEnvironmentVariable("FAIRLEAD_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Sources.Root, Page), page[..from] + expected + page[to..]);
            return;
        }

        Assert.Equal(expected, page[from..to]);
    }

    private static string Table()
    {
        var table = new StringBuilder();
        table.Append("| class | what follows | without a reported usage | status | code | `retryable` | what the client reads |\n");
        table.Append("|---|---|---|---|---|---|---|\n");
        foreach (var row in FailureTable.Rows)
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{row.Name}` | {Action(row.Action)} | {Billing(row.Billing)} | {row.Status} | `{row.Code}` | {(row.IsRetryable ? "yes" : "no")} | ");
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
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "The page needs words for it."),
    };

    private static string Billing(FailureBilling billing) => billing switch
    {
        FailureBilling.Nothing => "nothing",
        FailureBilling.Estimate => "an estimate",
        _ => throw new ArgumentOutOfRangeException(nameof(billing), billing, "The page needs words for it."),
    };
}
