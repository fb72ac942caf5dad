using System.Net;

namespace Fairlead.Bench.EndToEnd.Gateways;

/// <summary>The configuration that Fairlead is measured with.</summary>
internal static class FairleadConfiguration
{
    public const string ClientKeyVariable = "FAIRLEAD_BENCH_CLIENT_KEY";
    public const string VendorKeyVariable = "FAIRLEAD_BENCH_VENDOR_KEY";

    /// <summary>Its text. The ledger stands beside the file.</summary>
    /// <param name="port">The port.</param>
    /// <param name="upstream">The mock.</param>
    /// <param name="hasRules">Whether rules decide for <see cref="Payloads.Ruled"/>: an older build knows none.</param>
    public static string Write(int port, IPEndPoint upstream, bool hasRules = false) =>
        $$"""
        listen: "http://127.0.0.1:{{port}}"

        providers:
          first:  { kind: openai-compatible, base_url: "http://{{upstream}}/v1", keys: ["env:{{VendorKeyVariable}}"], region: us }
          second: { kind: openai-compatible, base_url: "http://{{upstream}}/v1", keys: ["env:{{VendorKeyVariable}}"], region: eu }
          dead:   { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" }
          third:  { kind: anthropic, base_url: "http://{{upstream}}", keys: ["env:{{VendorKeyVariable}}"], region: us }

        targets:
          primary: { provider: first,  model: {{Payloads.Model}}, price: { input: 2.50, output: 10.00 } }
          backup:  { provider: second, model: {{Payloads.Model}}, price: { input: 3.00, output: 12.00 } }
          dead:    { provider: dead,   model: {{Payloads.Model}}, price: { input: 2.50, output: 10.00 } }
          claude:  { provider: third,  model: {{Payloads.Claude}}, price: { input: 3.00, output: 15.00 } }

        aliases: { {{Payloads.Model}}: default, {{Payloads.Alias}}: default, {{Payloads.Claude}}: other{{(hasRules ? $", {Payloads.Ruled}: auto, {Payloads.Governed}: governed, {Payloads.Failing}: failing" : "")}} }
        {{(hasRules ? Rules : "")}}
        routes:
        {{(hasRules ? Routes : "")}}
          - name: default
            tiers:
              - { name: primary, use: [primary] }
              - { name: elsewhere, use: [backup] }
          - name: other
            tiers:
              - { name: primary, use: [claude] }
              - { name: elsewhere, use: [backup] }

        keys:
          - { name: bench, secret: "env:{{ClientKeyVariable}}", tenant: acme }
        admin: { metrics: open }

        {{(hasRules ? Money : "")}}
        store: { ledger: "sqlite:ledger.db", durability: group }
        """;

    /// <summary>A policy as it might be: some of its rules hold, most do not.</summary>
    private const string Rules = """

        sensitivity:
          - { label: phi, when: caller.feature == "clinic" }
        constraints:
          - { name: health data, when: '"phi" in sensitivity', require: provider.region == "eu" }
          - { name: large prompts, when: request.max_tokens > 100000, require: target.context_window > 200000 }

        """;

    /// <summary>Budgets that are never used up.</summary>
    private const string Money = """

        budgets:
          - { name: all, scope: { route: governed }, limit: $1000000, per: month }
          - { name: tenants, each: tenant, scope: { route: governed }, limit: $1000000, per: day, timezone: Europe/Berlin, at: [ { percent: 80, do: [alert] }, { percent: 100, do: [block] } ] }
          - { name: targets, each: target, scope: { route: governed }, limit: $1000000, per: week }

        """;

    private const string Routes = """
          - { name: legal, when: '"legal_confidential" in sensitivity || caller.team == "legal"', tiers: [ { prefer: quality } ] }
          - { name: tools, when: request.has_tools && request.stream, tiers: [ { require: target.tools || target.input_price < 100.0, prefer: latency } ] }
          - { name: marketing, when: caller.feature == "marketing", tiers: [ { prefer: cost } ] }
          - name: ruled
            when: caller.tenant == "acme" && !request.has_schema
            require: provider.region in ["us", "eu"]
            tiers:
              - { name: primary, use: [primary, backup], require: health.success_rate > 0.5, prefer: cost }
              - { name: elsewhere, use: [backup], after: [connect_failed, overloaded, timeout] }
          - name: failing
            when: 'false'
            tiers:
              - { name: primary, use: [dead] }
              - { name: elsewhere, use: [primary] }
          - name: governed
            limits: { rpm: 100000000, tpm: 1000000000, concurrent: 100000 }
            require: provider.region in ["us", "eu"]
            tiers:
              - { name: primary, use: [primary, backup], require: health.success_rate > 0.5, prefer: cost }
              - { name: elsewhere, use: [backup] }
        """;
}
