using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Core.Catalog;
using Fairlead.Core.Classification;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Configuration;

/// <summary>What came of compiling a configuration.</summary>
/// <param name="Snapshot">The compiled configuration; null when there are errors.</param>
/// <param name="Errors">Everything wrong with it, in the order of the file; empty when it was compiled.</param>
public sealed record CompiledConfiguration(GatewaySnapshot? Snapshot, ImmutableArray<ConfigurationError> Errors)
{
    /// <summary>What the operator should know beside the errors: as far as it was found, for with some errors not all is looked at.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>
/// Compiles the text of a configuration into a snapshot: text → nodes → document → checks → snapshot. All errors are found at once,
/// and with any error there is no snapshot. Secrets are read anew each time. Safe for any number of threads.
/// </summary>
/// <param name="vendors">The kinds of providers, by name.</param>
/// <param name="catalog">Facts and prices of models.</param>
/// <param name="secrets">Resolves secret references.</param>
/// <param name="simulatedDefect">What is wrong with a simulated provider of a name; null when nothing is. Without it none is checked.</param>
/// <param name="prove">Finds what can never work in a policy that is else right; each finding is an error. Without it nothing is proved.</param>
/// <param name="time">Tells which keys have expired, for a warning; null: the system's clock.</param>
public sealed class ConfigurationCompiler(
    IReadOnlyDictionary<string, VendorDefinition> vendors, ModelCatalog catalog, SecretReader secrets, Func<string, SimulatedProvider, string?>? simulatedDefect = null,
    Func<GatewaySnapshot, IEnumerable<PolicyFinding>>? prove = null, TimeProvider? time = null)
{
    private const int DefaultRetries = 1;
    private const int DefaultOutputCap = 8192;
    private static readonly TimeSpan DefaultRetryWait = TimeSpan.FromSeconds(1);

    private static readonly Uri DefaultListen = new("http://127.0.0.1:8484");

    /// <summary>
    /// The same compiler without the outside: every secret has a value, made from its reference. What it makes of a content depends on
    /// the content alone, as a comparison needs it, and must serve no request.
    /// </summary>
    public ConfigurationCompiler WithoutSecrets() => new(vendors, catalog, new SecretReader(StandIn, StandIn) { AreStandIns = true }, simulatedDefect, prove, time);

    /// <summary>Compiles <paramref name="text"/>.</summary>
    /// <param name="text">YAML, at most 1 MiB of UTF-8.</param>
    /// <param name="name">What errors call it; usually its file.</param>
    /// <param name="folder">What relative paths in it are relative to; empty for the process's current folder.</param>
    public CompiledConfiguration Compile(string text, string name, string folder)
    {
        var findings = new Findings(name);
        var root = YamlReader.Read(text, findings);
        if (root is null && !findings.HasErrors) findings.Error(new Place("", 1, 1), "is empty");
        var document = root is null ? null : new ConfigurationBinder(findings).Bind(root);
        var snapshot = document is null ? null : Compile(document, RevisionOf(text), folder, findings);
        if (snapshot is not null && prove is not null && !findings.HasErrors)
        {
            foreach (var finding in prove(snapshot)) findings.Error(finding.At, finding.Message);
        }

        return findings.HasErrors
            ? new CompiledConfiguration(null, findings.Errors()) { Warnings = findings.Warnings() }
            : new CompiledConfiguration(snapshot, []) { Warnings = findings.Warnings() };
    }

    /// <summary>The revision of a content: the first 12 hexadecimal digits, in lower case, of the SHA-256 of its UTF-8.</summary>
    internal static string RevisionOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];

    /// <summary>In the form of a key: characters that a header can carry, as many as cannot be guessed.</summary>
    private static string StandIn(string reference) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(reference)));

    /// <summary>Variables whose values are names of a closed set.</summary>
    private static Dictionary<string, KnownNames> ClosedNames(KnownNames workloads, KnownNames labels) => new(StringComparer.Ordinal)
    {
        ["workload"] = workloads,
        ["sensitivity"] = labels,
        ["request.dialect"] = new KnownNames("a dialect", VendorDefinition.Dialects),
        ["health.state"] = new KnownNames("a state of health", [HealthState.Unproven, HealthState.Healthy, HealthState.Failing]),
    };

    private GatewaySnapshot Compile(ConfigurationDocument document, string revision, string folder, Findings findings)
    {
        var access = new AccessCompiler(secrets, folder, (time ?? TimeProvider.System).GetUtcNow(), findings);
        var listen = document.Listen?.Value ?? DefaultListen;
        var keys = access.Keys(document);
        var adminKey = access.AdminKey(document.AdminKey, keys);
        access.Listen(document, listen);
        access.Administration(document);

        var timeouts = document.Defaults.Timeouts.Over(Timeouts.Default);
        var failures = document.Defaults.Failures.Over(FailurePolicy.Default);
        var breaker = BreakerDocument.Over(document.Defaults.Breaker, BreakerSettings.Default);
        var providers = new ProviderCompiler(vendors, secrets, simulatedDefect, folder, findings).Compile(document.Providers);
        var targets = new TargetCompiler(catalog, breaker, revision, findings).Compile(document, providers);
        var signals = new RuleSignals();
        var workloadNames = Workloads.Names.With(document.Workloads.Select(workload => workload.Name?.Value).OfType<string>());
        var labels = SensitivityLabels.Names.With(document.Sensitivity.Select(rule => rule.Label?.Value).OfType<string>());
        var rules = new RuleCompiler(signals, ClosedNames(workloadNames, labels), findings);
        var policy = new PolicyCompiler(rules, findings);
        var workloads = policy.Workloads(document);
        var sensitivity = policy.Sensitivity(document);
        var constraints = policy.Constraints(document);
        var routes = new RouteCompiler(rules, revision, findings).Compile(document, targets, timeouts, failures);
        var (aliases, prefixAliases) = new AliasCompiler(findings).Compile(document);
        var money = new BudgetCompiler(findings);

        return new GatewaySnapshot
        {
            Revision = revision,
            Listen = listen,
            Providers = providers,
            Targets = targets,
            TargetList = [.. targets.Values.OrderBy(target => target.Index)],
            Workloads = workloads,
            Sensitivity = sensitivity,
            Constraints = constraints,
            Signals = signals,
            WorkloadNames = workloadNames,
            SensitivityLabels = labels,
            Routes = routes,
            Aliases = aliases,
            PrefixAliases = prefixAliases,
            DefaultTimeouts = timeouts,
            DefaultFailures = failures,
            DefaultBreaker = breaker,
            Retries = document.Defaults.Retries?.Value ?? DefaultRetries,
            RetryWait = document.Defaults.RetryWait?.Value ?? DefaultRetryWait,
            Budgets = money.Budgets(document),
            Limits = money.Limits(document),
            OutputCap = document.Defaults.OutputCap?.Value ?? DefaultOutputCap,
            Keys = keys,
            AdminKey = adminKey,
            AdminListen = access.AdminListen(document, listen),
            MetricsAreOpen = document.AdminMetrics?.Value == "open",
            Store = StoreCompiler.Compile(document, access, folder, findings),
            Keep = document.Keep,
            Audit = new AuditCompiler(secrets, folder, findings).Compile(document.Audit),
            Probes = document.Probes,
            Alerts = new AlertCompiler(secrets, folder, findings).Compile(document.Alerts),
            Overload = document.Overload,
            Stop = document.Stop,
            Catalog = catalog,
            Warnings = findings.Warnings(),
        };
    }
}
