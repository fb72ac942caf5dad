using System.Collections.Immutable;
using Fairlead.Admin;
using Fairlead.Budgets;
using Fairlead.Core.Budgets;
using Microsoft.Extensions.DependencyInjection;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>Parts of a running gateway.</summary>
internal static class GatewayServices
{
    public static BudgetBoard GetBudgets(this IServiceProvider services) => services.GetRequiredService<BudgetBoard>();

    public static ImmutableArray<AdminOperation> GetAdminOperations(this IServiceProvider services) => services.GetRequiredService<AdminApplication>().Operations;

    public static BudgetHistory GetBudgetHistory(this IServiceProvider services) => services.GetRequiredService<BudgetHistory>();
}
