using System.Diagnostics.Metrics;
using Fairlead.Core.Budgets;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Limits;
using Fairlead.Pipeline;
using Fairlead.Storage;
using Fairlead.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>A decider of which nothing was measured.</summary>
internal static class Deciding
{
    public static Decider Decider { get; } = new(
        new HealthBoard(TimeProvider.System, Random.Shared),
        new Spender(new BudgetBoard(), new LimitBoard(TimeProvider.System), new UserPseudonyms(StoreKey.Open(new StoreSettings(":memory:", LedgerDurability.Group)))),
        new RuleAlerts(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), NullLogger<RuleAlerts>.Instance));
}
