using Fairlead.Server.Tests.Commands;

namespace Fairlead.Server.Tests.Clients;

/// <summary>
/// The executable with simulated vendors of both dialects, for real clients. <c>gpt-4o-mini-by-claude</c> is a model of the client's
/// dialect whose first vendor, of that dialect too, refuses connections, and that vendors called <c>claude</c> answer. One per test class.
/// </summary>
public sealed class ServedGateway : IAsyncLifetime
{
    public const string Key = "client-key-0123456789";

    /// <summary>Vendors of OpenAI's dialect.</summary>
    public const string Chat = "chat";

    /// <summary>Vendors of Anthropic's dialect.</summary>
    public const string Claude = "claude";

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
              chat-down: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" }
              chat-up: { kind: simulated, simulate: { first_token: "2ms", tokens_per_second: "1000" } }
              chat-refusing: { kind: simulated, simulate: { first_token: "1ms", faults: ["status 400 body={\"error\":{\"message\":\"Your temperature is too high.\",\"type\":\"invalid_request_error\",\"param\":\"temperature\",\"code\":\"invalid_value\"}}"] } }
              chat-limiting: { kind: simulated, simulate: { first_token: "1ms", faults: ["status 429 retry-after=1"] } }
              chat-breaking: { kind: simulated, simulate: { first_token: "1ms", tokens_per_second: "50", faults: ["reset 6"] } }
              claude-down: { kind: anthropic, base_url: "http://127.0.0.1:9", keys: ["env:VENDOR_KEY"] }
              claude-up: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "2ms", tokens_per_second: "1000" } }
              claude-refusing: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "1ms", faults: ["status 400 message=\"Your temperature is too high.\""] } }
              claude-limiting: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "1ms", faults: ["status 429 retry-after=1"] } }
              claude-breaking: { kind: simulated, simulate: { dialect: anthropic-messages, first_token: "1ms", tokens_per_second: "50", faults: ["reset 8"] } }
            targets:
              chat-dead: { provider: chat-down, model: gpt-4o-mini }
              chat-alive: { provider: chat-up, model: gpt-4o-mini, price: { input: 1, output: 2 } }
              chat-refused: { provider: chat-refusing, model: gpt-4o-mini }
              chat-limited: { provider: chat-limiting, model: gpt-4o-mini }
              chat-broken: { provider: chat-breaking, model: gpt-4o-mini }
              claude-dead: { provider: claude-down, model: claude-sonnet-4-5 }
              claude-alive: { provider: claude-up, model: claude-sonnet-4-5, price: { input: 1, output: 2 } }
              claude-refused: { provider: claude-refusing, model: claude-sonnet-4-5 }
              claude-limited: { provider: claude-limiting, model: claude-sonnet-4-5 }
              claude-broken: { provider: claude-breaking, model: claude-sonnet-4-5 }
            aliases: { gpt-4o-mini: gpt-4o-mini-by-chat }
            defaults: { retries: 0, timeouts: { connect: 20s, headers: 20s, first_token: 20s, gap: 20s } }
            routes:
              - { name: gpt-4o-mini-by-chat, tiers: [ { use: [chat-dead] }, { use: [chat-alive] } ] }
              - { name: gpt-4o-mini-by-claude, tiers: [ { use: [chat-dead] }, { use: [claude-alive] } ] }
              - { name: claude-sonnet-4-5-by-claude, tiers: [ { use: [claude-dead] }, { use: [claude-alive] } ] }
              - { name: claude-sonnet-4-5-by-chat, tiers: [ { use: [claude-dead] }, { use: [chat-alive] } ] }
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
