using Fairlead.Core.Budgets;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Tests.Routing;

namespace Fairlead.Core.Tests.Policy;

/// <summary>What rules read of one request.</summary>
public sealed class RequestInputsTests
{
    internal static RequestInputs Of(IRequestContent content, RuleSignals signals) => new(Policies.Request() with { Content = content }, signals, BudgetView.None);
}
