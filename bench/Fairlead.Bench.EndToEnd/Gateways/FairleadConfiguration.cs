using System.Net;

namespace Fairlead.Bench.EndToEnd.Gateways;

/// <summary>The configuration that Fairlead is measured with.</summary>
internal static class FairleadConfiguration
{
    public const string ClientKeyVariable = "FAIRLEAD_BENCH_CLIENT_KEY";
    public const string VendorKeyVariable = "FAIRLEAD_BENCH_VENDOR_KEY";

    /// <summary>Its text. The ledger stands beside the file.</summary>
    public static string Write(int port, IPEndPoint upstream) =>
        $$"""
        listen: "http://127.0.0.1:{{port}}"

        providers:
          first:  { kind: openai-compatible, base_url: "http://{{upstream}}/v1", keys: ["env:{{VendorKeyVariable}}"], region: us }
          second: { kind: openai-compatible, base_url: "http://{{upstream}}/v1", keys: ["env:{{VendorKeyVariable}}"], region: eu }
          third:  { kind: anthropic, base_url: "http://{{upstream}}", keys: ["env:{{VendorKeyVariable}}"], region: us }

        targets:
          primary: { provider: first,  model: {{Payloads.Model}}, price: { input: 2.50, output: 10.00 } }
          backup:  { provider: second, model: {{Payloads.Model}}, price: { input: 3.00, output: 12.00 } }
          claude:  { provider: third,  model: {{Payloads.Claude}}, price: { input: 3.00, output: 15.00 } }

        aliases: { {{Payloads.Model}}: default, {{Payloads.Alias}}: default, {{Payloads.Claude}}: other }

        routes:
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

        store: { ledger: "sqlite:ledger.db", durability: group }
        """;
}
