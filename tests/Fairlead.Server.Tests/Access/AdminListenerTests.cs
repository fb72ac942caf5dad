using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Access;

/// <summary>The administration at an address of its own: each address serves its own, and nothing of the other's.</summary>
public sealed class AdminListenerTests
{
    private static readonly Dictionary<string, string> Environment = new() { ["ADMIN"] = "admin-secret-1234567890", ["APP"] = "app-secret-1234567890" };

    [Theory]
    [InlineData("/admin/v1/status", 404, 200)]
    [InlineData("/admin/v1/openapi.json", 404, 200)]
    [InlineData("/metrics", 404, 200)]
    [InlineData("/healthz", 200, 200)]
    [InlineData("/readyz", 200, 200)]
    [InlineData("/", 200, 404)]
    [InlineData("/v1/models", 401, 404)]
    [InlineData("/v1/models/auto", 401, 404)]
    [InlineData("/v1/requests/req_0123456789abcdefghjkmnpqrs", 401, 404)]
    [InlineData("/v1/chat/completions", 405, 404)]
    [InlineData("/admin", 404, 404)]
    public async Task Path_IsServedAtItsAddress(string path, int main, int admin)
    {
        await using var gateway = await StartAsync("");

        Assert.NotEqual(gateway.Address, gateway.Host.AdminAddress);
        Assert.Equal((main, admin), (await StatusAsync(gateway.Address, path, "admin"), await StatusAsync(gateway.Host.AdminAddress, path, "admin")));
    }

    [Fact]
    public async Task Address_IsTheSockets_WhateverTheRequestSaysOfItself()
    {
        await using var gateway = await StartAsync("");
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Address, "/admin/v1/status"));
        request.Headers.Host = gateway.Host.AdminAddress.Authority;
        request.Headers.TryAddWithoutValidation("authorization", "Bearer admin-secret-1234567890");
        request.Headers.TryAddWithoutValidation("x-forwarded-port", gateway.Host.AdminAddress.Port.ToString(null, null));
        using var response = await client.SendAsync(request);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("unknown_endpoint", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]);
    }

    [Fact]
    public async Task Key_IsNeededThereToo()
    {
        await using var gateway = await StartAsync("");

        Assert.Equal(401, await StatusAsync(gateway.Host.AdminAddress, "/admin/v1/status", "app"));
        Assert.Equal(401, await StatusAsync(gateway.Host.AdminAddress, "/metrics", "app"));
        Assert.Equal(401, await StatusAsync(gateway.Host.AdminAddress, "/admin/v1/status", null));
    }

    [Fact]
    public async Task Metrics_Open_AreServedAtBoth()
    {
        await using var gateway = await StartAsync(", metrics: open");

        Assert.Equal((200, 200), (await StatusAsync(gateway.Address, "/metrics", null), await StatusAsync(gateway.Host.AdminAddress, "/metrics", null)));
    }

    [Fact]
    public async Task Listen_Changed_TakesEffectAtTheNextStart()
    {
        using var folder = new Commands.TemporaryFolder();
        var text = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \":memory:\" }\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1");
        folder.Write("fairlead.yaml", text);
        await using var gateway = await RunningGateway.FollowAsync(folder.File("fairlead.yaml"));
        folder.Write("fairlead.yaml", text + "\nadmin: { listen: \"http://127.0.0.1:1\" }\n");
        await Admin.FollowedGateway.UntilAsync(async () => (await gateway.Client.GetStringAsync("admin/v1/status")).Contains("admin.listen: takes effect at the next start", StringComparison.Ordinal));

        Assert.Equal(200, await StatusAsync(gateway.Address, "/admin/v1/status", null));
    }

    private static Task<RunningGateway> StartAsync(string more) => RunningGateway.StartAsync(
        $"admin: {{ key: \"env:ADMIN\", listen: \"http://127.0.0.1:0\"{more} }}\nkeys: [ {{ name: app, secret: \"env:APP\" }} ]\nlisten: \"http://127.0.0.1:0\"\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"),
        environment: Environment);

    private static async Task<int> StatusAsync(Uri address, string path, string? key)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        if (key is not null) request.Headers.TryAddWithoutValidation("authorization", $"Bearer {key}-secret-1234567890");
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
