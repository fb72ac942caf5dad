using System.Collections.Immutable;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Overload;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Configuration;

/// <summary>
/// Binds the nodes of a configuration to its document: shapes, types, units, unknown keys. What refers to something else is the
/// compiler's to check. Reads on after an error, so that all are found at once.
/// </summary>
internal sealed class ConfigurationBinder(Findings findings)
{
    // Far more than anyone writes by hand; what is looked up per request stays small.
    private const int MostProviders = 256;
    private const int MostTargets = 4096;
    private const int MostAliases = 4096;
    private const int MostRoutes = 1000;
    private const int MostTargetsOfTier = 64;
    private const int MostKeys = 4096;
    private const int MostKeysOfProvider = 64;
    private const int MostFacts = 64;
    private const int MostFaults = 64;
    private const int MostQuotas = 64;
    private const int MostTools = 256;
    private const int MostTokens = 1_000_000_000;
    private const int MostRules = 1000;
    private const int MostQualities = 64;
    private const int MostRuleCharacters = 16 * 1024;

    /// <summary>One send per tier must fit into the sends of a request.</summary>
    private const int MostTiers = 6;

    public ConfigurationDocument? Bind(YamlNode root)
    {
        if (SectionReader.Open(root, Section.Root, findings) is not { } reader) return null;
        var (adminKey, adminMetrics, adminListen) = Admin(reader.Find("admin"));
        var (ledger, durability, storeKey, keep) = Store(reader.Find("store"));
        var document = new ConfigurationDocument
        {
            At = reader.At,
            Listen = Listen(reader.Find("listen")),
            Providers = Providers(reader.Require("providers", "the vendor endpoints, by name")),
            Targets = Targets(reader.Require("targets", "the models at them, by name")),
            Aliases = Aliases(reader.Find("aliases")),
            Workloads = Workloads(reader.Find("workloads")),
            Sensitivity = Sensitivity(reader.Find("sensitivity")),
            Constraints = Constraints(reader.Find("constraints")),
            Defaults = Defaults(reader.Find("defaults")),
            Routes = Routes(reader.Require("routes", "a list; the first is what 'auto' means")),
            Budgets = MoneyBinder.Budgets(reader.Find("budgets"), findings),
            Limits = MoneyBinder.LimitRules(reader.Find("limits"), findings),
            Keys = Keys(reader.Find("keys")),
            AdminKey = adminKey,
            AdminMetrics = adminMetrics,
            AdminListen = adminListen,
            Ledger = ledger,
            Durability = durability,
            StoreKey = storeKey,
            Keep = keep,
            Audit = Audit(reader.Find("audit")),
            Probes = ProbeBinder.Bind(reader.Find("probes"), findings),
            Alerts = AlertBinder.Alerts(reader.Find("alerts"), findings),
            Overload = OverloadBinder.Overload(reader.Find("overload"), findings),
            Stop = OverloadBinder.Stop(reader.Find("stop"), findings),
        };
        reader.Close();
        return document;
    }

    private Located<Uri>? Listen(YamlNode? node) =>
        findings.Text(node) is { } text && Addresses.ReadListen(text, findings) is { } address ? new Located<Uri>(address, text.At) : null;

    private ImmutableArray<ProviderDocument> Providers(YamlNode? node)
    {
        var providers = ImmutableArray.CreateBuilder<ProviderDocument>();
        foreach (var entry in findings.Names(node, MostProviders))
        {
            var name = Name(new Located<string>(entry.Key, entry.At));
            if (SectionReader.Open(entry.Value, Section.Provider, findings) is not { } reader)
            {
                providers.Add(new ProviderDocument(name)); // its name is known all the same
                continue;
            }

            var keys = reader.Find("keys");
            var baseUrl = reader.Find("base_url");
            providers.Add(new ProviderDocument(name)
            {
                Kind = findings.Text(reader.Require("kind", "the vendor, such as openai or openai-compatible")),
                Keys = References(keys),
                HasKeys = keys is not (null or YamlNode.Sequence { Items.IsEmpty: true }),
                HasBaseUrl = baseUrl is not null,
                BaseUrl = findings.Text(baseUrl) is { } text && Addresses.ReadBaseUrl(text, findings) is { } address ? new Located<Uri>(address, text.At) : null,
                Region = findings.Text(reader.Find("region"), 64),
                Facts = findings.Texts(reader.Find("facts"), MostFacts, "[soc2, dpa]"),
                Simulate = Simulate(reader.Find("simulate")),
            });
            reader.Close();
        }

        return providers.DrainToImmutable();
    }

    private Located<SimulatedProvider>? Simulate(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Simulate, findings) is not { } reader) return null;
        var simulated = new SimulatedProvider(
            findings.Word(reader.Find("dialect"), VendorDefinition.Dialects)?.Value,
            findings.Text(reader.Find("first_token"))?.Value,
            findings.Text(reader.Find("tokens_per_second"))?.Value,
            [.. findings.Texts(reader.Find("faults"), MostFaults, "[\"status 503\"]").Select(fault => fault.Value)])
        {
            Quota = [.. findings.Texts(reader.Find("quota"), MostQuotas, "[\"rpm=60 tpm=100000\"]").Select(quota => quota.Value)],
            Outages = findings.Text(reader.Find("outages"))?.Value,
            OutageGroup = findings.Text(reader.Find("outage_group"), 64)?.Value,
        };
        reader.Close();
        return new Located<SimulatedProvider>(simulated, node.At);
    }

    private ImmutableArray<TargetDocument> Targets(YamlNode? node)
    {
        var targets = ImmutableArray.CreateBuilder<TargetDocument>();
        foreach (var entry in findings.Names(node, MostTargets))
        {
            var name = Name(new Located<string>(entry.Key, entry.At));
            if (SectionReader.Open(entry.Value, Section.Target, findings) is not { } reader)
            {
                targets.Add(new TargetDocument(name));
                continue;
            }

            targets.Add(new TargetDocument(name)
            {
                Provider = findings.Text(reader.Require("provider", "one of 'providers'")),
                Model = findings.Text(reader.Require("model", "the vendor's name of the model")),
                Deployment = findings.Text(reader.Find("deployment")),
                Price = Price(reader.Find("price")),
                Family = findings.Text(reader.Find("family"), 64),
                ContextWindow = findings.Int(reader.Find("context_window"), 1, MostTokens),
                MaxOutput = findings.Int(reader.Find("max_output"), 1, MostTokens),
                Tools = findings.Bool(reader.Find("tools")),
                JsonSchema = findings.Bool(reader.Find("json_schema")),
                Vision = findings.Bool(reader.Find("vision")),
                Reasoning = findings.Bool(reader.Find("reasoning")),
                Retires = findings.Date(reader.Find("retires")),
                Quality = Quality(reader.Find("quality")),
                Tags = findings.Texts(reader.Find("tags"), MostFacts, "[fast, eu]"),
                Environments = EnvironmentsOf(reader.Find("environments")),
                IsRestricted = findings.Bool(reader.Find("restricted"))?.Value == true,
                Prior = Prior(reader.Find("prior")),
                Prefill = findings.Word(reader.Find("prefill"), Configuration.Prefill.Words),
                Breaker = SendBinder.Breaker(reader.Find("breaker"), findings),
                Limits = MoneyBinder.Limits(reader.Find("limits"), findings),
            });
            reader.Close();
        }

        return targets.DrainToImmutable();
    }

    private PriceDocument? Price(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Price, findings) is not { } reader) return null;
        var input = findings.NanoDollars(reader.Require("input", "US dollars per million tokens"));
        var output = findings.NanoDollars(reader.Require("output", "US dollars per million tokens"));
        var cachedInput = findings.NanoDollars(reader.Find("cached_input"));
        var cacheWrite = findings.NanoDollars(reader.Find("cache_write"));
        var cacheWriteOneHour = findings.NanoDollars(reader.Find("cache_write_1h"));
        reader.Close();
        return input is { } read && output is { } written ? new PriceDocument(read, written, cachedInput, cacheWrite, cacheWriteOneHour) : null;
    }

    /// <summary>A share for all workloads, or one each.</summary>
    private ImmutableArray<KeyValuePair<Located<string>, double>> Quality(YamlNode? node)
    {
        var qualities = ImmutableArray.CreateBuilder<KeyValuePair<Located<string>, double>>();
        if (node is YamlNode.Scalar)
        {
            if (findings.Share(node) is { } share) qualities.Add(new(new Located<string>(Target.AnyWorkload, node.At), share.Value));
            return qualities.DrainToImmutable();
        }

        foreach (var entry in findings.Names(node, MostQualities))
        {
            if (findings.Share(entry.Value) is { } share) qualities.Add(new(new Located<string>(entry.Key, entry.At), share.Value));
        }

        return qualities.DrainToImmutable();
    }

    private TargetPrior? Prior(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Prior, findings) is not { } reader) return null;
        var prior = new TargetPrior
        {
            P50Ms = findings.Duration(reader.Find("p50"))?.Value.TotalMilliseconds,
            P95Ms = findings.Duration(reader.Find("p95"))?.Value.TotalMilliseconds,
            P99Ms = findings.Duration(reader.Find("p99"))?.Value.TotalMilliseconds,
            SuccessRate = findings.Share(reader.Find("success"))?.Value,
            SchemaValidity = findings.Share(reader.Find("schema_validity"))?.Value,
            ToolSuccess = findings.Share(reader.Find("tool_success"))?.Value,
        };
        reader.Close();
        return prior;
    }

    private ImmutableArray<AliasDocument> Aliases(YamlNode? node)
    {
        var aliases = ImmutableArray.CreateBuilder<AliasDocument>();
        foreach (var entry in findings.Names(node, MostAliases))
        {
            var star = entry.Key.IndexOf('*', StringComparison.Ordinal);
            if (entry.Key.Length is 0 or > 128 || entry.Key.Any(char.IsControl)) findings.Error(entry.At, "an alias must have 1 to 128 characters, none of them control characters");
            else if (star >= 0 && star != entry.Key.Length - 1) findings.Error(entry.At, "a star is possible at the end of an alias only");
            if (findings.Text(entry.Value) is { } standsFor) aliases.Add(new AliasDocument(new Located<string>(entry.Key, entry.At), standsFor));
        }

        return aliases.DrainToImmutable();
    }

    private DefaultsDocument Defaults(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Defaults, findings) is not { } reader) return new DefaultsDocument();
        var defaults = new DefaultsDocument
        {
            Timeouts = Timeouts(reader.Find("timeouts")),
            Retries = findings.Int(reader.Find("retries"), 0, 2),
            RetryWait = SendBinder.Wait(reader.Find("retry_wait"), findings),
            OutputCap = findings.Int(reader.Find("output_cap"), 1, MostTokens),
            Failures = FailurePolicyReader.Bind(reader.Find("failures"), findings),
            Hedge = SendBinder.Hedge(reader.Find("hedge"), findings),
            Breaker = SendBinder.Breaker(reader.Find("breaker"), findings),
        };
        reader.Close();
        return defaults;
    }

    private TimeoutsDocument Timeouts(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Timeouts, findings) is not { } reader) return TimeoutsDocument.None;
        var timeouts = new TimeoutsDocument(
            findings.Duration(reader.Find("connect")),
            findings.Duration(reader.Find("headers")),
            findings.Duration(reader.Find("first_token")),
            findings.Duration(reader.Find("gap")),
            findings.Duration(reader.Find("deadline")))
        {
            Answer = findings.Duration(reader.Find("answer"), mayBeNone: true),
            Floor = findings.Int(reader.Find("floor"), 0, 1000),
            Client = findings.Duration(reader.Find("client")),
        };
        reader.Close();
        return timeouts;
    }

    private ImmutableArray<RouteDocument> Routes(YamlNode? node)
    {
        var routes = ImmutableArray.CreateBuilder<RouteDocument>();
        foreach (var item in findings.List(node, MostRoutes, "[ { name: default, tiers: [ { use: [mini] } ] } ]"))
        {
            if (SectionReader.Open(item, Section.Route, findings) is not { } reader) continue;
            var name = findings.Text(reader.Require("name", "what clients may ask for"));
            var tiers = Tiers(reader.Require("tiers", "at least one, each with the targets it uses"));
            var (promise, needs) = Promise(reader.Find("promise"));
            var rejectsLoss = findings.Word(reader.Find("on_loss"), ["list", "reject"])?.Value == "reject";
            routes.Add(new RouteDocument(reader.At, name is { } given ? Name(given) : null, tiers, Timeouts(reader.Find("timeouts")), rejectsLoss)
            {
                When = Rule(reader.Find("when")),
                Require = Rule(reader.Find("require")),
                Promise = promise,
                Needs = needs,
                Mode = Mode(reader.Find("mode")),
                Baseline = findings.Text(reader.Find("baseline")),
                IsRestricted = findings.Bool(reader.Find("restricted"))?.Value == true,
                Limits = MoneyBinder.Limits(reader.Find("limits"), findings),
                CutsOverBudget = findings.Word(reader.Find("over_budget"), ["refuse", "cut"])?.Value == "cut",
                Failures = FailurePolicyReader.Bind(reader.Find("failures"), findings),
                Hedge = SendBinder.Hedge(reader.Find("hedge"), findings),
                ContinuesAt = findings.Word(reader.Find("on_break"), ["error", "continue"]) is { Value: "continue" } continues ? continues.At : null,
            });
            reader.Close();
        }

        if (node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "needs at least one route");
        return routes.DrainToImmutable();
    }

    private ImmutableArray<TierDocument> Tiers(YamlNode? node)
    {
        var tiers = ImmutableArray.CreateBuilder<TierDocument>();
        foreach (var item in findings.List(node, MostTiers, "[ { use: [mini] } ]"))
        {
            if (SectionReader.Open(item, Section.Tier, findings) is not { } reader) continue;
            var use = reader.Find("use");
            if (use is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(use.At, "needs at least one target; leave it out for all");
            var after = reader.Find("after");
            tiers.Add(new TierDocument(reader.At, findings.Text(reader.Find("name"), 64))
            {
                Use = use is null ? null : findings.Texts(use, MostTargetsOfTier, "[mini, sonnet]"),
                Require = Rule(reader.Find("require")),
                Prefer = PreferenceBinder.Bind(reader.Find("prefer"), findings),
                After = after is null ? null : findings.Texts(after, MostFacts, "[rate_limited, no_candidate]"),
                Impact = findings.Text(reader.Find("impact"))?.Value,
            });
            reader.Close();
        }

        if (node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "needs at least one tier");
        return tiers.DrainToImmutable();
    }

    private (Promise? Promise, RouteNeeds? Needs) Promise(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Promise, findings) is not { } reader) return (null, null);
        var p95 = findings.Duration(reader.Find("p95"));
        var success = findings.Share(reader.Find("success"));
        if (success is { Value: <= 0 or >= 1 } all) findings.Error(all.At, "must be above 0 and below 100%: of a promise of all, one failure is a breach");
        var costPerOutcome = findings.NanoDollars(reader.Find("cost_per_outcome"));
        if (costPerOutcome is { Value: 0 } free) findings.Error(free.At, "must be above $0");
        var needs = new RouteNeeds
        {
            Window = findings.Int(reader.Find("window"), 1, MostTokens)?.Value,
            Tools = findings.Bool(reader.Find("tools"))?.Value == true,
            JsonSchema = findings.Bool(reader.Find("json_schema"))?.Value == true,
            Vision = findings.Bool(reader.Find("vision"))?.Value == true,
            Regions = [.. findings.Texts(reader.Find("regions"), MostFacts, "[eu]").Select(region => region.Value)],
            Facts = [.. findings.Texts(reader.Find("facts"), MostFacts, "[hipaa]").Select(fact => fact.Value)],
        };
        reader.Close();
        var promise = p95 is null && success is null && costPerOutcome is null
            ? null
            : new Promise { P95 = p95?.Value, Success = success?.Value, CostPerOutcome = costPerOutcome is { } cost ? new Usd(cost.Value) : null };
        if (promise is null && needs.IsEmpty) findings.Error(node.At, "promises nothing: write p95, success, cost_per_outcome, window, tools, json_schema, vision, regions or facts");
        return (promise, needs.IsEmpty ? null : needs);
    }

    private Located<RouteMode>? Mode(YamlNode? node) => findings.Word(node, ["enforce", "observe", "advise"]) is not { } word
        ? null
        : new Located<RouteMode>(word.Value switch { "observe" => RouteMode.Observe, "advise" => RouteMode.Advise, _ => RouteMode.Enforce }, word.At);

    private ImmutableArray<WorkloadDocument> Workloads(YamlNode? node)
    {
        var workloads = ImmutableArray.CreateBuilder<WorkloadDocument>();
        foreach (var item in findings.List(node, MostRules, "[ { name: extraction, when: request.has_schema } ]"))
        {
            if (SectionReader.Open(item, Section.Workload, findings) is not { } reader) continue;
            workloads.Add(new WorkloadDocument(
                reader.At,
                findings.Text(reader.Require("name", "what rules and records call it"), 64),
                Rule(reader.Find("when")),
                findings.Texts(reader.Find("templates"), MostFacts, "[tldr]"),
                findings.Texts(reader.Find("features"), MostFacts, "[digest]")));
            reader.Close();
        }

        return workloads.DrainToImmutable();
    }

    private ImmutableArray<SensitivityDocument> Sensitivity(YamlNode? node)
    {
        var rules = ImmutableArray.CreateBuilder<SensitivityDocument>();
        foreach (var item in findings.List(node, MostRules, "[ { label: phi, when: caller.team == 'clinic' } ]"))
        {
            if (SectionReader.Open(item, Section.Sensitivity, findings) is not { } reader) continue;
            rules.Add(new SensitivityDocument(
                reader.At, findings.Text(reader.Require("label", "what rules and records call it"), 64), Rule(reader.Find("when"))));
            reader.Close();
        }

        return rules.DrainToImmutable();
    }

    private ImmutableArray<ConstraintDocument> Constraints(YamlNode? node)
    {
        var constraints = ImmutableArray.CreateBuilder<ConstraintDocument>();
        foreach (var item in findings.List(node, MostRules, "[ { name: stays in the EU, require: provider.region == 'eu' } ]"))
        {
            if (SectionReader.Open(item, Section.Constraint, findings) is not { } reader) continue;
            constraints.Add(new ConstraintDocument(
                reader.At,
                findings.Text(reader.Require("name", "what sentences and records call it"), 128),
                Rule(reader.Find("when")),
                Rule(reader.Require("require", "what a target must be"))));
            reader.Close();
        }

        return constraints.DrainToImmutable();
    }

    /// <summary>The text of a rule. <c>when: true</c> is one too.</summary>
    private Located<string>? Rule(YamlNode? node)
    {
        if (node is null) return null;
        if (node is not YamlNode.Scalar scalar)
        {
            findings.Shape(node, "must be a rule, such as request.has_schema; in quotes where it holds ': ', '#' or begins with a quote or bracket");
            return null;
        }

        if (scalar.IsNull || string.IsNullOrWhiteSpace(scalar.Text)) findings.Error(node.At, "has no value; write a rule, or leave the key out");
        else if (scalar.Text.Length > MostRuleCharacters) findings.Error(node.At, $"is longer than {MostRuleCharacters} characters");
        else return new Located<string>(scalar.Text, scalar.IsPlain ? node.At : node.At with { Column = node.At.Column + 1 }); // where its text begins
        return null;
    }

    private ImmutableArray<KeyDocument> Keys(YamlNode? node)
    {
        var keys = ImmutableArray.CreateBuilder<KeyDocument>();
        foreach (var item in findings.List(node, MostKeys, "[ { name: app, secret: \"env:APP_KEY\" } ]"))
        {
            if (SectionReader.Open(item, Section.Key, findings) is not { } reader) continue;
            var name = findings.Text(reader.Require("name", "what records say instead of the secret"));
            keys.Add(new KeyDocument(
                reader.At,
                name is { } given ? Name(given) : null,
                Reference(reader.Require("secret", "env:NAME or file:PATH")),
                findings.Text(reader.Find("tenant"), 64) is { } tenant ? Name(tenant) : null)
            {
                Team = findings.Text(reader.Find("team"), 64),
                Feature = findings.Text(reader.Find("feature"), 64),
                Routes = Allowed(reader.Find("routes")),
                Targets = Allowed(reader.Find("targets")),
                Environments = EnvironmentsOf(reader.Find("environments")),
                Limits = MoneyBinder.Limits(reader.Find("limits"), findings),
                MaySet = OneOf(reader.Find("may_set"), ClaimNames.All, "[user, journey]"),
                Operations = OperationsOf(reader.Find("operations")),
                Tools = Tools(reader.Find("tools")),
                Expose = findings.Word(reader.Find("expose"), ["full", "minimal"]),
                Criticality = findings.Word(reader.Find("criticality"), Criticalities.Names),
                Expires = findings.Date(reader.Find("expires")),
                Owner = findings.Text(reader.Find("owner")),
                Tags = LedgerBinder.Tags(reader.Find("tags"), findings),
            });
            reader.Close();
        }

        return keys.DrainToImmutable();
    }

    /// <summary>What a key is bound to; null where it is to nothing.</summary>
    private ImmutableArray<Located<string>>? Allowed(YamlNode? node) => node is null ? null : findings.Texts(node, MostRoutes, "[default]");

    /// <summary>Environments. None at all would read as none and be any.</summary>
    private ImmutableArray<Located<string>> EnvironmentsOf(YamlNode? node)
    {
        if (node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "needs at least one environment; leave it out for any");
        return findings.Texts(node, MostFacts, "[prod]");
    }

    private ImmutableArray<Located<string>>? OperationsOf(YamlNode? node)
    {
        if (node is YamlNode.Sequence { Items.IsEmpty: true }) findings.Error(node.At, "needs at least one operation; leave it out for all");
        return OneOf(node, Operations.All, "[chat, models]");
    }

    /// <summary>Words of a closed set; null where they are left out.</summary>
    private ImmutableArray<Located<string>>? OneOf(YamlNode? node, ImmutableArray<string> words, string example)
    {
        if (node is null) return null;
        var found = ImmutableArray.CreateBuilder<Located<string>>();
        foreach (var item in findings.List(node, MostFacts, example))
        {
            if (findings.Word(item, words) is { } word) found.Add(word);
        }

        return found.DrainToImmutable();
    }

    /// <summary><c>true</c>: any; <c>false</c> or <c>none</c>: none; else a list of names.</summary>
    private ImmutableArray<Located<string>>? Tools(YamlNode? node)
    {
        if (node is null) return null;
        if (node is YamlNode.Sequence) return findings.Texts(node, MostTools, "[get_weather]");
        if (node is YamlNode.Scalar { IsPlain: true, Text: "true" }) return null;
        if (node is not YamlNode.Scalar { IsPlain: true, Text: "false" or "none" }) findings.Shape(node, "must be true, false, or a list of the names of tools");
        return [];
    }

    private (Located<string>? Key, Located<string>? Metrics, Located<Uri>? Listen) Admin(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Admin, findings) is not { } reader) return (null, null, null);
        var key = Reference(reader.Find("key"));
        var listen = Listen(reader.Find("listen"));
        var metrics = findings.Word(reader.Find("metrics"), ["open", "guarded"]);
        reader.Close();
        return (key, metrics, listen);
    }

    private (Located<string>? Ledger, Located<string>? Durability, Located<string>? Key, LedgerRetention Keep) Store(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Store, findings) is not { } reader) return (null, null, null, LedgerRetention.Everything);
        var ledger = findings.Text(reader.Find("ledger"), 1024);
        var durability = findings.Word(reader.Find("durability"), ["group", "strict"]);
        var key = Reference(reader.Find("key"));
        var keep = LedgerBinder.Keep(reader.Find("keep"), findings);
        reader.Close();
        return (ledger, durability, key, keep);
    }

    private AuditDocument? Audit(YamlNode? node)
    {
        if (node is null || SectionReader.Open(node, Section.Audit, findings) is not { } reader) return null;
        var checkpoint = reader.Find("checkpoint") is { } written ? AuditCheckpoint(written) : null;
        reader.Close();
        return checkpoint;
    }

    private AuditDocument? AuditCheckpoint(YamlNode node)
    {
        if (SectionReader.Open(node, Section.AuditCheckpoint, findings) is not { } reader) return null;
        var document = new AuditDocument
        {
            File = findings.Text(reader.Find("file"), 1024),
            Webhook = Reference(reader.Find("webhook")),
            WebhookKey = Reference(reader.Find("key")),
            Every = findings.Duration(reader.Find("every"), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        };
        reader.Close();
        return document;
    }

    private ImmutableArray<Located<string>> References(YamlNode? node)
    {
        var references = ImmutableArray.CreateBuilder<Located<string>>();
        foreach (var item in findings.List(node, MostKeysOfProvider, "[\"env:NAME\"]"))
        {
            if (Reference(item) is { } reference) references.Add(reference);
        }

        return references.DrainToImmutable();
    }

    private Located<string>? Reference(YamlNode? node) => findings.Reference(node);

    /// <summary>A name that may stand in headers, addresses, metrics and before a slash.</summary>
    private Located<string> Name(Located<string> name)
    {
        if (!Names.IsName(name.Value)) findings.Error(name.At, Names.Rule);
        return name;
    }
}
