using System.Reflection;
using Fairlead.Core.Budgets;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Health;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Revisions;

namespace Fairlead.Core.Tests.Revisions;

/// <summary>No member of a snapshot is forgotten: each is a facet, is compared in another way, or has a reason why it is not.</summary>
public sealed class SnapshotDiffMembersTests
{
    /// <summary>Compared by a comparer of its own; the table of edits has a row for each.</summary>
    private static readonly Dictionary<Type, string[]> Compared = new()
    {
        [typeof(GatewaySnapshot)] = ["Listen", "Providers", "Targets", "Routes", "Aliases", "PrefixAliases", "DefaultTimeouts", "Keys", "Store", "Audit", "Constraints", "Workloads", "Sensitivity", "Budgets", "Limits", "Keep", "Alerts", "Overload", "Stop"],
        [typeof(Provider)] = ["Name"],
        [typeof(Target)] = ["Name", "Facts", "Prior"],
        [typeof(Route)] = ["Name", "Tiers", "Timeouts", "Failures", "When", "Promise", "Needs"],
        [typeof(Tier)] = ["Name", "Targets"],
        [typeof(ClientKey)] = ["Name", "Permissions"],
        [typeof(Constraint)] = ["Name"],
        [typeof(WorkloadRule)] = ["Name"],
        [typeof(SensitivityRule)] = ["Label"],
        [typeof(Budget)] = ["Name"],
        [typeof(LimitRule)] = ["Name"],
        [typeof(AlertSink)] = ["Name"],
    };

    /// <summary>Not compared, and why.</summary>
    private static readonly Dictionary<Type, Dictionary<string, string>> Left = new()
    {
        [typeof(AlertSink)] = new() { ["Missing"] = "follows from the environment, as whether a secret has a value does" },
        [typeof(GatewaySnapshot)] = new()
        {
            ["Revision"] = "names the content",
            ["Catalog"] = "what of it matters stands in the targets' facts and prices",
            ["Warnings"] = "follow from the rest, and from the environment",
            ["TargetList"] = "the targets again; their order shows in the tiers that take all",
            ["Signals"] = "follow from the rules",
            ["WorkloadNames"] = "follow from the workloads",
            ["SensitivityLabels"] = "follow from the labels",
        },
        [typeof(Provider)] = new()
        {
            ["Credentials"] = "follows from the kind",
            ["CatalogName"] = "follows from the kind",
            ["NeedsKey"] = "follows from the kind and the keys",
            ["AcceptsStreamOptions"] = "follows from the kind",
            ["MaxTokensMember"] = "follows from the kind",
            ["Thoughts"] = "follows from the kind",
            ["Prefill"] = "follows from the kind; shows in the targets",
        },
        [typeof(Target)] = new() { ["WireModel"] = "follows from the deployment and the model", ["Index"] = "shows in the tiers that take all" },
        [typeof(Budget)] = new() { ["Blocks"] = "follows from the shares", ["Cheapens"] = "follows from the shares", ["IsOfCaller"] = "follows from each and scope" },
        [typeof(AuditSettings)] = new() { ["AreTaken"] = "follows from the file and the webhook" },
        [typeof(Route)] = new() { ["WorstPrice"] = "follows from the targets" },
    };

    private static readonly Dictionary<Type, string[]> Faceted = new()
    {
        [typeof(GatewaySnapshot)] = [.. DefaultChanges.Facets.Concat(AccessChanges.AdminFacets).Select(facet => facet.Member)],
        [typeof(Provider)] = [.. ProviderChanges.Facets.Select(facet => facet.Member)],
        [typeof(Target)] = [.. TargetChanges.Facets.Select(facet => facet.Member)],
        [typeof(ModelFacts)] = [.. TargetChanges.FactFacets.Select(facet => facet.Member)],
        [typeof(Route)] = [.. RouteChanges.Facets.Select(facet => facet.Member)],
        [typeof(Timeouts)] = [.. RouteChanges.ClockFacets.Select(facet => facet.Member)],
        [typeof(Tier)] = [.. TierChanges.Facets.Select(facet => facet.Member)],
        [typeof(Promise)] = [.. RouteChanges.PromiseFacets.Select(facet => facet.Member)],
        [typeof(RouteNeeds)] = [.. RouteChanges.NeedFacets.Select(facet => facet.Member)],
        [typeof(TargetPrior)] = [.. TargetChanges.PriorFacets.Select(facet => facet.Member)],
        [typeof(CallerPermissions)] = [.. AccessChanges.PermissionFacets.Select(facet => facet.Member)],
        [typeof(Constraint)] = [.. PolicyChanges.ConstraintFacets.Select(facet => facet.Member)],
        [typeof(WorkloadRule)] = [.. PolicyChanges.WorkloadFacets.Select(facet => facet.Member)],
        [typeof(SensitivityRule)] = [.. PolicyChanges.SensitivityFacets.Select(facet => facet.Member)],
        [typeof(Budget)] = [.. MoneyChanges.BudgetFacets.Select(facet => facet.Member)],
        [typeof(LimitRule)] = [.. MoneyChanges.LimitFacets.Select(facet => facet.Member)],
        [typeof(ClientKey)] = [.. AccessChanges.KeyFacets.Select(facet => facet.Member)],
        [typeof(AuditSettings)] = [.. AuditChanges.Facets.Select(facet => facet.Member)],
        [typeof(AlertSink)] = [.. AlertChanges.Facets.Select(facet => facet.Member)],
        [typeof(StoreSettings)] = [.. StoreChanges.Facets.Select(facet => facet.Member)],
        [typeof(OverloadSettings)] = [.. OverloadChanges.Facets.Select(facet => facet.Member)],
        [typeof(StopSettings)] = [.. OverloadChanges.StopFacets.Select(facet => facet.Member)],
        [typeof(LedgerRetention)] = [.. StoreChanges.KeepFacets.Select(facet => facet.Member)],
    };

    public static TheoryData<Type> Types => [.. Faceted.Keys];

    [Theory]
    [MemberData(nameof(Types))]
    public void Member_OfASnapshot_IsComparedOrHasAReason(Type type)
    {
        var known = Faceted[type].Distinct().Concat(Compared.GetValueOrDefault(type, [])).Concat(Left.GetValueOrDefault(type, []).Keys).Order(StringComparer.Ordinal);
        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Where(name => name != "EqualityContract").Order(StringComparer.Ordinal);

        Assert.Equal(members, known);
    }
}
