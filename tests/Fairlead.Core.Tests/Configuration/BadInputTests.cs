namespace Fairlead.Core.Tests.Configuration;

/// <summary>Each error with its place and its words. A configuration with any of them gives no snapshot.</summary>
public sealed class BadInputTests
{
    private const string Rest = """
        targets: { t: { provider: p, model: m } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """;

    /// <summary>A whole configuration, one line each; line 1 is <paramref name="first"/>.</summary>
    private static string With(string first) => first + "\nproviders: { p: { kind: simulated } }\n" + Rest;

    private static string WithProvider(string provider) => $"providers: {{ p: {provider} }}\n{Rest}";

    private static string WithTarget(string target) => $$"""
        providers: { p: { kind: simulated } }
        targets: { t: {{target}} }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]
        """;

    private static string WithRoutes(string routes) => $$"""
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: m }, u: { provider: p, model: n } }
        routes: {{routes}}
        """;

    public static TheoryData<string, string> Roots => new()
    {
        // Keys that are none, and keys that are not yet.
        { With("listne: x"), "fairlead.yaml(1,1): listne: unknown key; did you mean 'listen'?" },
        { With("guard: []"), "fairlead.yaml(1,1): guard: unknown key; did you mean 'guards'?" },
        { With("zzzzzzzz: 1"), "fairlead.yaml(1,1): zzzzzzzz: unknown key; known here: listen, providers, targets, aliases, workloads, sensitivity, constraints, defaults, routes, budgets, limits, keys, admin, store, audit, alerts, probes, overload, stop" },
        { With("guards: {}"), "fairlead.yaml(1,1): guards: is not in this version of Fairlead" },
        { With("budgets: [ { name: b, limit: $5 } ]"), "fairlead.yaml(1,12): budgets[0]: needs 'per': hour, day, week or month" },
        { With("budgets: [ { name: b, limit: -5, per: day } ]"), "fairlead.yaml(1,30): budgets[0].limit: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { With("budgets: [ { name: b, limit: 5, per: fortnight } ]"), "fairlead.yaml(1,38): budgets[0].per: must be one of: hour, day, week, month" },
        { With("budgets: [ { name: b, limit: 5, per: day, timezone: Europe/Berln } ]"), "fairlead.yaml(1,53): budgets[0].timezone: no time zone is named 'Europe/Berln' on this machine; names are those of the IANA database, such as Europe/Berlin; did you mean 'Europe/Berlin'?" },
        { With("budgets: [ { name: b, limit: 5, per: day }, { name: b, limit: 6, per: day } ]"), "fairlead.yaml(1,53): budgets[1].name: the budget name 'b' stands twice" },
        { With("budgets: [ { name: b, limit: 5, per: day, scope: { route: defualt } } ]"), "fairlead.yaml(1,59): budgets[0].scope.route: no route is named 'defualt'; did you mean 'default'?" },
        { With("budgets: [ { name: b, limit: 5, per: day, override: { acme: 7 } } ]"), "fairlead.yaml(1,55): budgets[0].override.acme: is a limit of one among many: it needs 'each'" },
        { With("budgets: [ { name: b, limit: 5, per: day, at: [ { percent: 80, do: [explode] } ] } ]"), "fairlead.yaml(1,69): budgets[0].at[0].do[0]: must be one of: alert, cheapest, degrade, block" },
        { With("budgets: [ { name: b, limit: 5, per: day, at: [] } ]"), "fairlead.yaml(1,47): budgets[0].at: needs at least one share; leave it out to block at 100 percent" },
        { With("budgets: [ { name: b, each: user, limit: 5, per: day, override: { alice: 7 } } ]"), "fairlead.yaml(1,67): budgets[0].override.alice: is the name of a user, and users are kept as pseudonyms: 'each: user' takes no 'override'" },
        { With("limits: [ { name: l, each: tenant } ]"), "fairlead.yaml(1,11): limits[0]: limits nothing: write rpm, tpm or concurrent" },
        { With("limits: [ { name: l, each: planet, rpm: 1 } ]"), "fairlead.yaml(1,28): limits[0].each: must be one of: tenant, team, feature, user, key, environment" },
        { With("limits: [ { name: l, each: tenant, rpm: 0 } ]"), "fairlead.yaml(1,41): limits[0].rpm: must be a whole number from 1 to 1000000000" },
        { With("guards: []"), "fairlead.yaml(1,1): guards: is not in this version of Fairlead" },
        { With("telemetry: {}"), "fairlead.yaml(1,1): telemetry: is not in this version of Fairlead" },
        { With("config: { source: file }"), "fairlead.yaml(1,1): config: is not in this version of Fairlead" },

        // Shapes of YAML.
        { With("providers: {}"), "fairlead.yaml(2,1): providers: stands twice; first on line 1" },
        { With("aliases: { a: t, a: auto }"), "fairlead.yaml(1,18): aliases.a: stands twice; first on line 1" },
        { With("aliases: &x { a: t }"), "fairlead.yaml(1,10): aliases: YAML anchors are not supported; write the value out" },
        { With("aliases: *x"), "fairlead.yaml(1,10): aliases: YAML aliases are not supported; write the value out" },
        { With("defaults: { <<: { retries: 1 } }"), "fairlead.yaml(1,13): defaults.<<: YAML merge keys are not supported; write the values out" },
        { With("defaults: { retries: !!int 1 }"), "fairlead.yaml(1,22): defaults.retries: YAML tags are not supported; the place decides the type" },
        { With("? [a]\n: b"), "fairlead.yaml(1,3): a name must be a text" },
        { With("%YAML 1.2\n---"), "fairlead.yaml(1,1): YAML directives are not supported" },
        { With("") + "\n---\na: b", "fairlead.yaml(5,1): holds a second document ('---'); a configuration is one" },
        { "a: b: c", "fairlead.yaml(1,5): is not valid YAML: While scanning a plain scalar value, found invalid mapping" },
        { "a: [", "fairlead.yaml(2,1): is not valid YAML: " },
        { "", "fairlead.yaml(1,1): is empty" },
        { "# nothing\n", "fairlead.yaml(1,1): is empty" },
        { "hello", "fairlead.yaml(1,1): must be a mapping of names to values" },
        { "[1, 2]", "fairlead.yaml(1,1): must be a mapping of names to values" },

        // listen
        { With("listen: 8484"), "fairlead.yaml(1,9): listen: must be an address such as http://127.0.0.1:8484" },
        { With("listen: \"https://127.0.0.1:8484\""), "fairlead.yaml(1,9): listen: https is not in this version of Fairlead; let a proxy in front end TLS" },
        { With("listen: \"http://127.0.0.1:8484/v1\""), "fairlead.yaml(1,9): listen: must be an address without path, query or user" },
        { With("listen: \"http://gateway.example:80\""), "fairlead.yaml(1,9): listen: must name localhost or an IP address; 0.0.0.0 is every one of this machine" },

        // defaults
        { With("defaults: { retries: 3 }"), "fairlead.yaml(1,22): defaults.retries: must be a whole number from 0 to 2" },
        { With("defaults: { retries: 1.0 }"), "fairlead.yaml(1,22): defaults.retries: must be a whole number from 0 to 2" },
        { With("defaults: { retries: 0x1 }"), "fairlead.yaml(1,22): defaults.retries: must be a whole number from 0 to 2" },
        { With("defaults: { timeouts: { connect: 1 } }"), "fairlead.yaml(1,34): defaults.timeouts.connect: must be a time from 1ms to 24h with its unit, such as 800ms, 3s or 2m" },
        { With("defaults: { timeouts: { gap: 0s } }"), "fairlead.yaml(1,30): defaults.timeouts.gap: must be a time from 1ms to 24h with its unit, such as 800ms, 3s or 2m" },
        { With("defaults: { timeouts: { deadline: 25h } }"), "fairlead.yaml(1,35): defaults.timeouts.deadline: must be a time from 1ms to 24h with its unit, such as 800ms, 3s or 2m" },
        { With("defaults: { timeouts: { deadline: 999999999999999999h } }"), "fairlead.yaml(1,35): defaults.timeouts.deadline: must be a time from 1ms to 24h with its unit, such as 800ms, 3s or 2m" },
        { With("defaults: { timeouts: { first_tokn: 1s } }"), "fairlead.yaml(1,25): defaults.timeouts.first_tokn: unknown key; did you mean 'first_token'?" },
        { With("defaults: { hedge: { after: p97 } }"), "fairlead.yaml(1,29): defaults.hedge.after: is no percentile that is measured: p50, p95, p98 or p99" },
        { With("defaults: { hedge: { after: p98, at_most: 0% } }"), "fairlead.yaml(1,43): defaults.hedge.at_most: must be a share above 0, up to 1, such as 0.05 or 5%" },
        { With("defaults: { retry_wait: 2h }"), "fairlead.yaml(1,25): defaults.retry_wait: must be none, or a time from 1ms to 1m with its unit, such as 800ms, 3s or 2m" },
        { With("defaults: { breaker: { share: 0%, open: 2h, cost_per_minute: $0 } }"), "fairlead.yaml(1,31): defaults.breaker.share: must be a share above 0, up to 1, such as 0.05 or 5%" },

        // store and admin
        { With("store: { ledger: \"postgres:host=x\" }"), "fairlead.yaml(1,18): store.ledger: PostgreSQL is not in this version of Fairlead" },
        { With("store: { ledger: \"data/x.db\" }"), "fairlead.yaml(1,18): store.ledger: must be sqlite:PATH, or :memory: to keep nothing" },
        { With("store: { ledger: \"sqlite:\" }"), "fairlead.yaml(1,18): store.ledger: must be sqlite:PATH, or :memory: to keep nothing" },
        { With("store: { durability: stric }"), "fairlead.yaml(1,22): store.durability: must be one of: group, strict; did you mean 'strict'?" },
        { With("store: { keep: { requests: 31d } }"), "fairlead.yaml(1,28): store.keep.requests: must be 32d to 36500d: days, such as 90d" },
        { With("store: { keep: { requests: 90 } }"), "fairlead.yaml(1,28): store.keep.requests: must be 32d to 36500d: days, such as 90d" },
        { With("store: { keep: { requests: -90d } }"), "fairlead.yaml(1,28): store.keep.requests: must be 32d to 36500d: days, such as 90d" },
        { With("store: { keep: { requests: 90d, costs: 89d } }"), "fairlead.yaml(1,40): store.keep.costs: must not be less than 'requests', and needs it: sums are made of requests" },
        { With("store: { keep: { costs: 90d } }"), "fairlead.yaml(1,25): store.keep.costs: must not be less than 'requests', and needs it: sums are made of requests" },
        { With("store: { shared: \"redis:x\" }"), "fairlead.yaml(1,10): store.shared: is not in this version of Fairlead" },
        { With("admin: { metrics: yes }"), "fairlead.yaml(1,19): admin.metrics: must be one of: open, guarded" },
        { With("admin: { listen: 8485 }"), "fairlead.yaml(1,18): admin.listen: must be an address such as http://127.0.0.1:8484" },
        { With("admin: { listen: \"http://0.0.0.0:8485\" }"), "fairlead.yaml(1,18): admin.listen: is reachable from other machines: without 'admin.key' only a loopback address is served" },
        { With("admin: { listen: \"http://127.0.0.1:8484\" }"), "fairlead.yaml(1,18): admin.listen: is the address of 'listen' too; leave it out to serve both there" },
        { With("admin: { key: \"env:NOT_SET\" }"), "fairlead.yaml(1,15): admin.key: no value in env:NOT_SET" },

        // keys
        { With("keys: { a: b }"), "fairlead.yaml(1,7): keys: must be a list, such as [ { name: app, secret: \"env:APP_KEY\" } ]" },
        { With("keys: [ { name: a, secret: \"env:NOT_SET\" } ]"), "fairlead.yaml(1,28): keys[0].secret: no value in env:NOT_SET" },
        { With("keys: [ { name: a } ]"), "fairlead.yaml(1,9): keys[0]: needs 'secret': env:NAME or file:PATH" },
        { With("keys: [ { secret: \"env:ONE\" } ]"), "fairlead.yaml(1,9): keys[0]: needs 'name': what records say instead of the secret" },
        { With("keys: [ { name: a, secret: \"env:ONE\" }, { name: a, secret: \"env:TWO\" } ]"), "fairlead.yaml(1,49): keys[1].name: the key name 'a' stands twice" },
        { With("keys: [ { name: a, secret: \"env:ONE\" }, { name: b, secret: \"env:ONE_AGAIN\" } ]"), "fairlead.yaml(1,60): keys[1].secret: the keys 'a' and 'b' have the same secret: it could not be told who calls" },
        { With("keys: [ { name: a, secret: \"env:ONE\" } ]\nadmin: { key: \"env:ONE_AGAIN\" }"), "fairlead.yaml(2,15): admin.key: the key 'a' has the same secret: its clients would be administrators" },
        { With("keys: [ { name: a, secret: \"env:BROKEN\" } ]"), "fairlead.yaml(1,28): keys[0].secret: env:BROKEN holds characters that no header can carry" },
        { With("keys: [ { name: a, secret: \"env:ONE\", may_set: [user, usr-tier] } ]"), "fairlead.yaml(1,55): keys[0].may_set[1]: must be one of: feature, user, user_tier, journey, workload, sensitivity, template, environment, latency_budget, timeout, max_cost, tags, dry_run; did you mean 'user_tier'?" },
        { With("keys: [ { name: a, secret: \"env:ONE\", operations: [embed] } ]"), "fairlead.yaml(1,52): keys[0].operations[0]: must be one of: chat, count_tokens, models, explain, requests, outcomes" },
        { With("keys: [ { name: a, secret: \"env:ONE\", environments: [] } ]"), "fairlead.yaml(1,53): keys[0].environments: needs at least one environment; leave it out for any" },
        { WithTarget("{ provider: p, model: m, environments: [] }"), "fairlead.yaml(2,54): targets.t.environments: needs at least one environment; leave it out for any" },
        { With("keys: [ { name: a, secret: \"env:LONG\" } ]"), "fairlead.yaml(1,28): keys[0].secret: env:LONG has more than 512 characters, and no request is let in with such a key" },
        { With("keys: [ { name: a, secret: \"env:ONE\", operations: [] } ]"), "fairlead.yaml(1,51): keys[0].operations: needs at least one operation; leave it out for all" },
        { With("keys: [ { name: a, secret: \"env:ONE\", tools: some } ]"), "fairlead.yaml(1,46): keys[0].tools: must be true, false, or a list of the names of tools" },
        { With("keys: [ { name: a, secret: \"env:ONE\", expose: nothing } ]"), "fairlead.yaml(1,47): keys[0].expose: must be one of: full, minimal" },
        { With("keys: [ { name: a, secret: \"env:ONE\", expires: 2027-02-30 } ]"), "fairlead.yaml(1,48): keys[0].expires: must be a day, such as 2027-06-30" },
        { With("keys: [ { name: a, secret: \"env:ONE\", expires: 30 June 2027 } ]"), "fairlead.yaml(1,48): keys[0].expires: must be a day, such as 2027-06-30" },
        { With("keys: [ { name: \"a b\", secret: \"env:ONE\" } ]"), "fairlead.yaml(1,17): keys[0].name: a name must have 1 to 64 letters, digits, '.', '_', ':' or '-', the first a letter or digit" },

        // aliases
        { With("aliases: { x: nothing }"), "fairlead.yaml(1,15): aliases.x: nothing is named 'nothing': no alias, route, target or provider/model" },
        { With("aliases: { x: defualt }"), "fairlead.yaml(1,15): aliases.x: nothing is named 'defualt': no alias, route, target or provider/model; did you mean 'default'?" },
        { With("aliases: { x: q/m }"), "fairlead.yaml(1,15): aliases.x: nothing is named 'q/m': no alias, route, target or provider/model" },
        { With("aliases: { x: p/ }"), "fairlead.yaml(1,15): aliases.x: nothing is named 'p/': no alias, route, target or provider/model" },
        { With("aliases: { x: \"\" }"), "fairlead.yaml(1,15): aliases.x: has no value; write one, or leave the key out" },
        { With("aliases: { \"a*b\": auto }"), "fairlead.yaml(1,12): aliases.a*b: a star is possible at the end of an alias only" },
        { With("aliases: { \"a**\": auto }"), "fairlead.yaml(1,12): aliases.a**: a star is possible at the end of an alias only" },
        { With("aliases: { t: auto }"), "fairlead.yaml(1,12): aliases.t: the name 't' is taken: it is also a target" },
        { With("aliases: { default: t }"), "fairlead.yaml(1,12): aliases.default: the name 'default' is taken: it is also a route" },
        { With("aliases: { auto: t }"), "fairlead.yaml(1,12): aliases.auto: the name 'auto' is taken: it is also what the routes decide" },
        { With("aliases: { \"d*\": t }"), "fairlead.yaml(1,12): aliases.d*: would hide 'default', which is a route: aliases come first" },
        { With("aliases: { \"*\": t }"), "fairlead.yaml(1,12): aliases.*: would hide 'auto', which is what the routes decide: aliases come first" },

        // what must be there
        { "listen: \"http://127.0.0.1:1\"", "fairlead.yaml(1,1): needs 'providers': the vendor endpoints, by name" },
        { "listen: \"http://127.0.0.1:1\"", "fairlead.yaml(1,1): needs 'targets': the models at them, by name" },
        { "listen: \"http://127.0.0.1:1\"", "fairlead.yaml(1,1): needs 'routes': a list; the first is what 'auto' means" },
        { With("listen:"), "fairlead.yaml(1,8): listen: has no value; write one, or leave the key out" },
        { With("listen: ~"), "fairlead.yaml(1,9): listen: has no value; write one, or leave the key out" },
    };

    public static TheoryData<string, string> Providers => new()
    {
        { WithProvider("{ kind: opnai, keys: [\"env:ONE\"] }"), "fairlead.yaml(1,25): providers.p.kind: unknown kind 'opnai'; known: anthropic, cerebras, deepseek, groq, mistral, openai, openai-compatible, openrouter, simulated, together, xai; did you mean 'openai'?" },
        { WithProvider("{ kind: gemini, keys: [\"env:ONE\"] }"), "fairlead.yaml(1,25): providers.p.kind: kind 'gemini' is not in this version of Fairlead" },
        { WithProvider("{ kind: azure-openai }"), "fairlead.yaml(1,25): providers.p.kind: kind 'azure-openai' is not in this version of Fairlead" },
        { WithProvider("{ keys: [\"env:ONE\"] }"), "fairlead.yaml(1,17): providers.p: needs 'kind': the vendor, such as openai or openai-compatible" },
        { WithProvider("{ kind: openai }"), "fairlead.yaml(1,14): providers.p: needs 'keys': kind openai takes no calls without one, such as keys: [\"env:OPENAI_API_KEY\"]" },
        { WithProvider("{ kind: openai, keys: [] }"), "fairlead.yaml(1,14): providers.p: needs 'keys': kind openai takes no calls without one, such as keys: [\"env:OPENAI_API_KEY\"]" },
        { WithProvider("{ kind: openai, keys: \"env:ONE\" }"), "fairlead.yaml(1,39): providers.p.keys: must be a list, such as [\"env:NAME\"]" },
        { WithProvider("{ kind: openai, keys: [\"env:ONE\", \"env:ONE_AGAIN\"] }"), "fairlead.yaml(1,51): providers.p.keys[1]: env:ONE_AGAIN is the same secret as one before it" },
        { WithProvider("{ kind: openai, keys: [\"env:BROKEN\"] }"), "fairlead.yaml(1,40): providers.p.keys[0]: env:BROKEN holds characters that no header can carry" },
        { WithProvider("{ kind: openai-compatible }"), "fairlead.yaml(1,14): providers.p: needs 'base_url': kind openai-compatible can be anywhere" },
        { WithProvider("{ kind: openai-compatible, base_url: \"localhost:8000\" }"), "fairlead.yaml(1,54): providers.p.base_url: must be an absolute http or https address, such as https://api.example.com/v1" },
        { WithProvider("{ kind: openai-compatible, base_url: \"/v1\" }"), "fairlead.yaml(1,54): providers.p.base_url: must be an absolute http or https address, such as https://api.example.com/v1" },
        { WithProvider("{ kind: openai-compatible, base_url: \"ftp://x\" }"), "fairlead.yaml(1,54): providers.p.base_url: must be an absolute http or https address, such as https://api.example.com/v1" },
        { WithProvider("{ kind: openai-compatible, base_url: \"http://me:hush@x\" }"), "fairlead.yaml(1,54): providers.p.base_url: must not hold a user or password; use 'keys'" },
        { WithProvider("{ kind: openai-compatible, base_url: \"http://x/v1?key=hush\" }"), "fairlead.yaml(1,54): providers.p.base_url: must not have a query" },
        { WithProvider("{ kind: openai-compatible, base_url: \"http://x/v1#hush\" }"), "fairlead.yaml(1,54): providers.p.base_url: must not have a fragment" },
        { WithProvider("{ kind: simulated, base_url: \"http://127.0.0.1:1\" }"), "fairlead.yaml(1,46): providers.p.base_url: kind simulated has an address of its own" },
        { WithProvider("{ kind: openai-compatible, base_url: \"http://127.0.0.1:1\", simulate: {} }"), "fairlead.yaml(1,86): providers.p.simulate: is for kind simulated only" },
        { WithProvider("{ kind: simulated, simulate: { fault: [] } }"), "fairlead.yaml(1,48): providers.p.simulate.fault: unknown key; did you mean 'faults'?" },
        { WithProvider("{ kind: simulated, facts: soc2 }"), "fairlead.yaml(1,43): providers.p.facts: must be a list, such as [soc2, dpa]" },
        { WithProvider("{ kind: simulated, facts: [soc2, [dpa]] }"), "fairlead.yaml(1,50): providers.p.facts[1]: must be a text" },
        { WithProvider("{ kind: simulated, base-url: x }"), "fairlead.yaml(1,36): providers.p.base-url: unknown key; did you mean 'base_url'?" },
        { WithProvider("simulated"), "fairlead.yaml(1,17): providers.p: must be a mapping of names to values" },
        { "providers: { \"a/b\": { kind: simulated } }\n" + Rest, "fairlead.yaml(1,14): providers.a/b: a name must have 1 to 64 letters, digits, '.', '_', ':' or '-', the first a letter or digit" },
    };

    public static TheoryData<string, string> Targets => new()
    {
        { WithTarget("{ provider: q, model: m }"), "fairlead.yaml(2,27): targets.t.provider: no provider is named 'q'" },
        { WithTarget("{ provider: elsewhere, model: m }"), "fairlead.yaml(2,27): targets.t.provider: no provider is named 'elsewhere'" },
        { WithTarget("{ provider: p }"), "fairlead.yaml(2,15): targets.t: needs 'model': the vendor's name of the model" },
        { WithTarget("{ model: m }"), "fairlead.yaml(2,15): targets.t: needs 'provider': one of 'providers'" },
        { WithTarget("{ provider: p, model: m, price: { input: 1 } }"), "fairlead.yaml(2,47): targets.t.price: needs 'output': US dollars per million tokens" },
        { WithTarget("{ provider: p, model: m, price: { input: -1, output: 1 } }"), "fairlead.yaml(2,56): targets.t.price.input: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { WithTarget("{ provider: p, model: m, price: { input: 1e3, output: 1 } }"), "fairlead.yaml(2,56): targets.t.price.input: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { WithTarget("{ provider: p, model: m, price: { input: 1_000, output: 1 } }"), "fairlead.yaml(2,56): targets.t.price.input: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { WithTarget("{ provider: p, model: m, price: { input: .nan, output: 1 } }"), "fairlead.yaml(2,56): targets.t.price.input: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { WithTarget("{ provider: p, model: m, price: { input: 1000000.1, output: 1 } }"), "fairlead.yaml(2,56): targets.t.price.input: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { WithTarget("{ provider: p, model: m, price: { input: 0.0000000001, output: 1 } }"), "fairlead.yaml(2,56): targets.t.price.input: must be US dollars from 0 to 1000000 with at most 9 decimals, such as 2.50 or $2.50" },
        { WithTarget("{ provider: p, model: m, tools: yes }"), "fairlead.yaml(2,47): targets.t.tools: must be true or false" },
        { WithTarget("{ provider: p, model: m, tools: \"true\" }"), "fairlead.yaml(2,47): targets.t.tools: must be true or false" },
        { WithTarget("{ provider: p, model: m, tools: True }"), "fairlead.yaml(2,47): targets.t.tools: must be true or false" },
        { WithTarget("{ provider: p, model: m, json_schema: on }"), "fairlead.yaml(2,53): targets.t.json_schema: must be true or false" },
        { WithTarget("{ provider: p, model: m, context_window: 128k }"), "fairlead.yaml(2,56): targets.t.context_window: must be a whole number from 1 to 1000000000" },
        { WithTarget("{ provider: p, model: m, max_output: 0 }"), "fairlead.yaml(2,52): targets.t.max_output: must be a whole number from 1 to 1000000000" },
        { WithTarget("{ provider: p, model: m, max_output: 010 , retires: 2027-02-30 }"), "fairlead.yaml(2,67): targets.t.retires: must be a day, such as 2027-06-30" },
        { WithTarget("{ provider: p, model: \"a\\nb\" }"), "fairlead.yaml(2,37): targets.t.model: holds control characters" },
        { WithTarget("{ provider: p, model: null }"), "fairlead.yaml(2,37): targets.t.model: has no value; write one, or leave the key out" },
    };

    public static TheoryData<string, string> RouteCases => new()
    {
        { WithRoutes("[]"), "fairlead.yaml(3,9): routes: needs at least one route" },
        { WithRoutes("{ default: [t] }"), "fairlead.yaml(3,9): routes: must be a list, such as [ { name: default, tiers: [ { use: [mini] } ] } ]" },
        { WithRoutes("[ { tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(3,11): routes[0]: needs 'name': what clients may ask for" },
        { WithRoutes("[ { name: r } ]"), "fairlead.yaml(3,11): routes[0]: needs 'tiers': at least one, each with the targets it uses" },
        { WithRoutes("[ { name: r, tiers: [] } ]"), "fairlead.yaml(3,29): routes[0].tiers: needs at least one tier" },
        { WithRoutes("[ { name: r, tiers: [ { use: [] } ] } ]"), "fairlead.yaml(3,38): routes[0].tiers[0].use: needs at least one target; leave it out for all" },
        { WithRoutes("[ { name: r, tiers: [ { use: t } ] } ]"), "fairlead.yaml(3,38): routes[0].tiers[0].use: must be a list, such as [mini, sonnet]" },
        { WithRoutes("[ { name: r, tiers: [ { use: [v] } ] } ]"), "fairlead.yaml(3,39): routes[0].tiers[0].use[0]: no target is named 'v'" },
        { WithRoutes("[ { name: r, tiers: [ { use: [t, u, t] } ] } ]"), "fairlead.yaml(3,45): routes[0].tiers[0].use[2]: the target 't' stands twice in this tier" },
        { WithRoutes("[ { name: r, tiers: [ { use: [t] }, { use: [u] }, { use: [t] }, { use: [u] }, { use: [t] }, { use: [u] }, { use: [t] } ] } ]"), "fairlead.yaml(3,29): routes[0].tiers: has 7 entries; at most 6 are possible" },
        { WithRoutes("[ { name: r, tiers: [ { name: a, use: [t] }, { name: a, use: [u] } ] } ]"), "fairlead.yaml(3,62): routes[0].tiers[1].name: the tier name 'a' stands twice in this route" },
        { WithRoutes("[ { name: r, tiers: [ { name: tier 2, use: [t] }, { use: [u] } ] } ]"), "fairlead.yaml(3,59): routes[0].tiers[1]: the tier name 'tier 2' stands twice in this route" },
        { WithRoutes("[ { name: r, tiers: [ { use: [t] } ] }, { name: r, tiers: [ { use: [u] } ] } ]"), "fairlead.yaml(3,57): routes[1].name: the name 'r' is taken: it is also a route" },
        { WithRoutes("[ { name: t, tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(2,12): targets.t: the name 't' is taken: it is also a route" },
        { WithRoutes("[ { name: auto, tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(3,19): routes[0].name: the name 'auto' is taken: it is also what the routes decide" },
        { WithRoutes("[ { name: r, hedge: {}, tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(3,29): routes[0].hedge: needs 'after': a percentile such as p98, or a time" },
        { WithRoutes("[ { name: r, cache: {}, tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(3,22): routes[0].cache: is not in this version of Fairlead" },
        { WithRoutes("[ { name: r, validate: {}, tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(3,22): routes[0].validate: is not in this version of Fairlead" },
        { WithRoutes("[ { name: r, tiers: [ { use: [t], degrade: {} } ] } ]"), "fairlead.yaml(3,43): routes[0].tiers[0].degrade: is not in this version of Fairlead" },
        { WithRoutes("[ { name: r, tier: [] , tiers: [ { use: [t] } ] } ]"), "fairlead.yaml(3,22): routes[0].tier: unknown key; did you mean 'tiers'?" },
        { WithRoutes("[ { name: r, tiers: [ { use: [t], uze: [u] } ] } ]"), "fairlead.yaml(3,43): routes[0].tiers[0].uze: unknown key; did you mean 'use'?" },
    };

    [Theory]
    [MemberData(nameof(Roots))]
    [MemberData(nameof(Providers))]
    [MemberData(nameof(Targets))]
    [MemberData(nameof(RouteCases))]
    public void Compile_OneThingWrong_SaysWhereAndWhat(string text, string expected)
    {
        var errors = Compiling.Errors(
            text, ("ONE", "secret-number-one-1"), ("ONE_AGAIN", "secret-number-one-1"), ("TWO", "secret-number-two-2"), ("BROKEN", "two words of a secret"), ("LONG", new string('k', 513)));

        Assert.True(errors.Any(error => error.StartsWith(expected, StringComparison.Ordinal)), $"expected {expected}{Environment.NewLine}but was {string.Join(Environment.NewLine, errors)}");
        Assert.True(expected.EndsWith(": ", StringComparison.Ordinal) || errors.Contains(expected), string.Join(Environment.NewLine, errors));
    }

    [Fact]
    public void Compile_ManyThingsWrong_SaysAllInTheOrderOfTheFile()
    {
        var errors = Compiling.Errors("""
            listen: "http://0.0.0.0:1"
            guards: []
            providers:
              a: { kind: opnai }
              b: { kind: openai }
            targets:
              x: { provider: a, model: m, tols: true }
              y: { provider: c, model: m }
            aliases: { z: w }
            routes:
              - { name: r, tiers: [ { use: [x, yy] } ], timeouts: { gap: 3 } }
            """);

        Assert.Equal(
            [
                "fairlead.yaml(2,1): guards: is not in this version of Fairlead",
                "fairlead.yaml(4,14): providers.a.kind: unknown kind 'opnai'; known: anthropic, cerebras, deepseek, groq, mistral, openai, openai-compatible, openrouter, simulated, together, xai; did you mean 'openai'?",
                "fairlead.yaml(5,3): providers.b: needs 'keys': kind openai takes no calls without one, such as keys: [\"env:OPENAI_API_KEY\"]",
                "fairlead.yaml(7,31): targets.x.tols: unknown key; did you mean 'tools'?",
                "fairlead.yaml(8,18): targets.y.provider: no provider is named 'c'",
                "fairlead.yaml(9,15): aliases.z: nothing is named 'w': no alias, route, target or provider/model",
                "fairlead.yaml(11,36): routes[0].tiers[0].use[1]: no target is named 'yy'; did you mean 'y'?",
                "fairlead.yaml(11,62): routes[0].timeouts.gap: must be a time from 1ms to 24h with its unit, such as 800ms, 3s or 2m",
            ],
            errors);
    }

    [Fact]
    public void Compile_AliasesInACircle_SaysSoOfEach()
    {
        var errors = Compiling.Errors(With("aliases: { a: b, b: c, c: a, d: a }"));

        Assert.Equal(
            [
                "fairlead.yaml(1,15): aliases.a: the alias leads back to itself",
                "fairlead.yaml(1,21): aliases.b: the alias leads back to itself",
                "fairlead.yaml(1,27): aliases.c: the alias leads back to itself",
                "fairlead.yaml(1,33): aliases.d: leads through more than 8 aliases",
            ],
            errors);
    }

    [Fact]
    public void Compile_StarredAliasesInACircle_SaysSo()
    {
        var errors = Compiling.Errors(With("aliases: { \"x-*\": y-1, \"y-*\": x-1 }"));

        Assert.Equal(
            [
                "fairlead.yaml(1,19): aliases.x-*: the alias leads back to itself",
                "fairlead.yaml(1,31): aliases.y-*: the alias leads back to itself",
            ],
            errors);
    }

    [Fact]
    public void Compile_ALongChainOfAliases_IsRefusedBeyondEight()
    {
        static string Chain(int length) => With("aliases: { " + string.Join(", ", Enumerable.Range(1, length).Select(i => $"a{i}: {(i == length ? "t" : $"a{i + 1}")}")) + " }");

        Assert.Empty(Compiling.Errors(Chain(8)));
        Assert.Equal(["fairlead.yaml(1,16): aliases.a1: leads through more than 8 aliases"], Compiling.Errors(Chain(9)));
    }

    [Fact]
    public void Compile_AProviderThatIsWrong_IsNotAlsoSaidToBeMissing()
    {
        var errors = Compiling.Errors(WithProvider("{ kind: opnai }"));

        Assert.Single(errors);
        Assert.Single(Compiling.Errors(WithProvider("simulated")));
    }

    [Fact]
    public void Compile_ATargetThatIsWrong_IsNotAlsoSaidToBeMissing()
    {
        Assert.Single(Compiling.Errors(WithTarget("{ provider: p }")));
        Assert.Single(Compiling.Errors(WithTarget("m")));
    }
}
