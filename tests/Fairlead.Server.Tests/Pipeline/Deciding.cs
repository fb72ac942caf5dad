using System.Diagnostics.Metrics;
using Fairlead.Core.Health;
using Fairlead.Pipeline;
using Fairlead.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Server.Tests.Pipeline;

/// <summary>A decider of which nothing was measured.</summary>
internal static class Deciding
{
    public static Decider Decider { get; } = new(
        new HealthBoard(TimeProvider.System),
        new Core.Budgets.BudgetBoard(),
        new RuleAlerts(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), NullLogger<RuleAlerts>.Instance));
}
