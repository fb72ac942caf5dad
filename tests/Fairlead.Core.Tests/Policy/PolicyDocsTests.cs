using System.Globalization;
using System.Text;
using Fairlead.Core.Policy;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Policy;

/// <summary>The variables in docs/policy-language.md are those of the code.</summary>
public sealed class PolicyDocsTests
{
    [Fact]
    public void PolicyLanguage_Variables_AreThoseOfTheCode()
    {
        var table = new StringBuilder("| variable | type | unit | when nobody knows | |\n|---|---|---|---|---|\n");
        foreach (var group in PolicyVariables.All.GroupBy(variable => variable.Scope))
        {
            table.Append(CultureInfo.InvariantCulture, $"| **{Scope(group.Key)}** | | | | |\n");
            foreach (var variable in group.Where(variable => !variable.Name.StartsWith("primary.", StringComparison.Ordinal)))
            {
                table.Append(CultureInfo.InvariantCulture, $"| `{variable.Name}` | {variable.Type} | {variable.Unit} | {variable.Unknown} | {variable.Meaning} |\n");
            }

            if (group.Key == RuleScope.LaterTier) table.Append("| `primary.…` | as `target.…` | | | the top of the first tier |\n");
        }

        GeneratedTable.Hold("docs/policy-language.md", "variables", "PolicyVariables; FAIRLEAD_UPDATE_DOCS=1 and PolicyDocsTests write them anew", table.ToString());
    }

    private static string Scope(RuleScope scope) => scope switch
    {
        RuleScope.Request => "all rules",
        RuleScope.Routing => "routes, constraints (not <code>budget</code>), tiers",
        RuleScope.Target => "<code>require</code>",
        RuleScope.LaterTier => "<code>require</code> of tiers after the first",
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "The page needs words for it."),
    };
}
