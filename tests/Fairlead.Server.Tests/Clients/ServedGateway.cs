using Fairlead.Server.Tests.Commands;

namespace Fairlead.Server.Tests.Clients;

/// <summary>
/// The executable with two simulated vendors on sockets of their own processes, for real clients: <c>down</c> refuses connections,
/// <c>up</c> answers. One per test class.
/// </summary>
public sealed class ServedGateway : IAsyncLifetime
{
    public const string Key = "client-key-0123456789";

    private readonly TemporaryFolder _folder = new();
    private FairleadProcess? _gateway;

    public Uri Address { get; private set; } = null!;

    /// <summary>The base address as OpenAI's SDKs want it.</summary>
    public Uri V1 => new(Address, "v1");

    public async ValueTask InitializeAsync()
    {
        _folder.Write("fairlead.yaml", """
            listen: "http://127.0.0.1:0"
            providers:
              down: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" }
              up: { kind: simulated, simulate: { first_token: "2ms", tokens_per_second: "1000" } }
              refusing: { kind: simulated, simulate: { first_token: "1ms", faults: ["status 400 body={\"error\":{\"message\":\"Your temperature is too high.\",\"type\":\"invalid_request_error\",\"param\":\"temperature\",\"code\":\"invalid_value\"}}"] } }
              limiting: { kind: simulated, simulate: { first_token: "1ms", faults: ["status 429 retry-after=1"] } }
              breaking: { kind: simulated, simulate: { first_token: "1ms", tokens_per_second: "50", faults: ["reset 6"] } }
              claude-down: { kind: anthropic, base_url: "http://127.0.0.1:9", keys: ["env:VENDOR_KEY"] }
              claude-up: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "2ms", tokens_per_second: "1000" } }
              claude-refusing: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "1ms", faults: ["status 400 message=\"Your temperature is too high.\""] } }
              claude-breaking: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "1ms", tokens_per_second: "50", faults: ["reset 8"] } }
            targets:
              dead: { provider: down, model: gpt-4o-mini }
              alive: { provider: up, model: gpt-4o-mini, price: { input: 1, output: 2 } }
              refused: { provider: refusing, model: gpt-4o-mini }
              limited: { provider: limiting, model: gpt-4o-mini }
              broken: { provider: breaking, model: gpt-4o-mini }
              claude-dead: { provider: claude-down, model: claude-sonnet-4-5 }
              claude-alive: { provider: claude-up, model: claude-sonnet-4-5, price: { input: 1, output: 2 } }
              claude-refused: { provider: claude-refusing, model: claude-sonnet-4-5 }
              claude-broken: { provider: claude-breaking, model: claude-sonnet-4-5 }
            aliases: { gpt-4o-mini: auto, claude-sonnet-4-5: claude }
            defaults: { retries: 0, timeouts: { connect: 20s, headers: 20s, first_token: 20s, gap: 20s } }
            routes:
              - name: default
                tiers: [ { name: primary, use: [dead] }, { name: second, use: [alive] } ]
              - name: claude
                tiers: [ { name: primary, use: [claude-dead] }, { name: second, use: [claude-alive] } ]
            keys:
              - { name: app, secret: "env:APP_KEY" }
            store: { ledger: "sqlite:ledger.db" }
            """);
        _gateway = FairleadProcess.Start(_folder.Path, new Dictionary<string, string> { ["APP_KEY"] = Key, ["VENDOR_KEY"] = "vendor-key-0123456789" }, "serve");
        Address = await _gateway.ListeningAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        _folder.Dispose();
    }
}
