using Fairlead.Budgets;
using Fairlead.Core.Budgets;
using Microsoft.Extensions.DependencyInjection;

namespace Fairlead.Server.Tests.Money;

internal static class MoneyServices
{
    public static BudgetBoard GetBudgets(this IServiceProvider services) => services.GetRequiredService<BudgetBoard>();

    public static BudgetHistory GetBudgetHistory(this IServiceProvider services) => services.GetRequiredService<BudgetHistory>();
}
