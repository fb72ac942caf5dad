using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Core.PolicyTests;

/// <summary>
/// Holds the names that tests write to those that a configuration has: a misspelt target would make <c>never</c> hold for ever. Pure.
/// </summary>
public static class PolicyTestNames
{
    private static readonly ImmutableArray<string> Codes =
    [
        .. RefusalTable.Rows.Select(row => row.Code).Concat(Enum.GetValues<FailureClass>().Where(failure => failure != FailureClass.None).Select(failure => FailureTable.Of(failure).Code)).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Names that the configuration does not know, in the order of the file.</summary>
    /// <param name="file">The tests.</param>
    /// <param name="snapshot">The configuration they are for.</param>
    public static ImmutableArray<ConfigurationError> Unknown(PolicyTestFile file, GatewaySnapshot snapshot)
    {
        var findings = new Findings(file.Name);
        var told = new HashSet<Place>(); // defaults stand in every test
        var routes = snapshot.Routes.Select(route => route.Name).ToArray();
        var tiers = snapshot.Routes.SelectMany(route => route.Tiers).Select(tier => tier.Name).Append("pinned").Append(RoutePlanner.Baseline).Distinct().ToArray();
        var constraints = snapshot.Constraints.Select(constraint => constraint.Name).ToArray();
        var keys = snapshot.Keys.Select(key => key.Name).ToArray();
        foreach (var test in file.Tests)
        {
            var expect = test.Expect;
            Check(test.Key, "client key", keys);
            foreach (var health in test.Health) Target(health.Target);
            foreach (var down in test.Down) Target(down.Target);
            Check(expect.Route, "route", routes);
            Check(expect.Tier, "tier", tiers);
            Target(expect.Target);
            All(expect.Order, Target);
            All(expect.Never, Target);
            foreach (var (target, _) in expect.Rejected ?? []) Target(target);
            Check(expect.Workload, "workload", snapshot.WorkloadNames.Names);
            All(expect.Sensitivity, label => Check(label, "sensitivity label", snapshot.SensitivityLabels.Names));
            All(expect.Constraints, constraint => Check(constraint, "constraint", constraints));
            if (expect.Refused is { } code && !Codes.Contains(code)) findings.Error(test.At with { Path = test.At.Path + ".expect.refused" }, $"no error has the code {Words.Quote(code)}", Words.Nearest(code, Codes));
        }

        return findings.HasErrors ? findings.Errors() : [];

        void Check(PlacedName? written, string kind, IEnumerable<string> known)
        {
            if (written is not { } name || known.Contains(name.Name) || !told.Add(name.At)) return;
            findings.Error(name.At, $"no {kind} is named {Words.Quote(name.Name)}", Words.Nearest(name.Name, known));
        }

        void Target(PlacedName? written)
        {
            if (written is { } name && IsAtProvider(name.Name)) return; // named as provider/model, without a target
            Check(written, "target", snapshot.Targets.Keys);
        }

        bool IsAtProvider(string name) => name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && snapshot.Providers.ContainsKey(name[..slash]);

        static void All(ImmutableArray<PlacedName>? names, Action<PlacedName?> check)
        {
            foreach (var name in names ?? []) check(name);
        }
    }
}
