using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Access;
using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Server.Tests.Admin;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Access;

/// <summary>A key lets a request in that has come, not one that begins to: what changes while its body is on its way counts.</summary>
public sealed class SlowBodyTests : IAsyncLifetime
{
    private const string Question = """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"x"}]}""";

    private static readonly KeyAuthor Ada = new("ada", null);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2027, 3, 5, 12, 0, 0, TimeSpan.Zero));
    private readonly ByteServer _vendor = ByteServer.Start(Reply.Json(Vendors.Answer("yes")));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _vendor.DisposeAsync();

    public static TheoryData<string, string> Endpoints => new()
    {
        { "/v1/chat/completions", Question },
        { "/v1/messages", Question },
        { "/v1/messages/count_tokens", Question },
        { "/v1/explain", $$"""{"endpoint":"/v1/chat/completions","body":{{Question}}}""" },
        { "/v1/outcomes", """{"request_id":"req_0123456789abcdefghjkmnpqrs","outcome":"success"}""" },
    };

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Key_RevokedWhileTheBodyIsOnItsWay_LetsNobodyIn(string path, string body)
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        using var request = await SlowRequest.BeginAsync(gateway.Address, path, key.Secret, body.Length);

        await gateway.Host.Services.GetRequiredService<KeyAdministration>().RevokeAsync("app", Ada, default);
        await gateway.Host.Services.GetRequiredService<LiveKeys>().ReloadAsync(default);

        var answer = await request.EndAsync(body);
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.Contains("The key was revoked.", answer, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Key_EndedWhileTheBodyIsOnItsWay_LetsNobodyIn(string path, string body)
    {
        await using var gateway = await StartAsync();
        var stored = await CreateAsync(gateway, new KeyRequest { Name = "app", Expires = new DateOnly(2027, 3, 5) });
        using var first = await SlowRequest.BeginAsync(gateway.Address, path, stored.Secret, body.Length);
        using var second = await SlowRequest.BeginAsync(gateway.Address, path, "configured-secret-1234567890", body.Length);

        _time.SetUtcNow(new DateTimeOffset(2027, 3, 6, 0, 0, 0, TimeSpan.Zero));

        Assert.Contains("The key has expired.", await first.EndAsync(body), StringComparison.Ordinal);
        Assert.Contains("The key has expired.", await second.EndAsync(body), StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task Key_OfAnotherThatIsRevokedMeanwhile_IsNoReason()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, new KeyRequest { Name = "app" });
        await CreateAsync(gateway, new KeyRequest { Name = "another" });
        using var request = await SlowRequest.BeginAsync(gateway.Address, "/v1/chat/completions", key.Secret, Question.Length);

        await gateway.Host.Services.GetRequiredService<KeyAdministration>().RevokeAsync("another", Ada, default);
        await gateway.Host.Services.GetRequiredService<LiveKeys>().ReloadAsync(default);

        Assert.StartsWith("HTTP/1.1 200", await request.EndAsync(Question), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_ThatChangesMeanwhile_IsTheOneThatServes()
    {
        using var folder = new TemporaryFolder();
        var text = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \":memory:\" }\n" + Configured.Replace(", expires: 2027-03-05", "", StringComparison.Ordinal);
        folder.Write("fairlead.yaml", text);
        await using var gateway = await RunningGateway.FollowAsync(folder.File("fairlead.yaml"), Environment);
        var snapshots = gateway.Host.Services.GetRequiredService<SnapshotSource>();
        var before = snapshots.Current.Revision;
        using var kept = await SlowRequest.BeginAsync(gateway.Address, "/v1/chat/completions", "other-secret-1234567890", Question.Length);
        using var gone = await SlowRequest.BeginAsync(gateway.Address, "/v1/chat/completions", "configured-secret-1234567890", Question.Length);

        folder.Write("fairlead.yaml", text.Replace("{ name: configured, secret: \"env:CONFIGURED\" }, ", "", StringComparison.Ordinal));
        await FollowedGateway.UntilAsync(() => Task.FromResult(snapshots.Current.Revision != before));

        Assert.Contains("The key is not one that this gateway knows.", await gone.EndAsync(Question), StringComparison.Ordinal);
        var answer = await kept.EndAsync(Question);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        var id = answer.Split("x-fairlead-request-id: ")[1][..30];
        using var record = new HttpRequestMessage(HttpMethod.Get, "v1/requests/" + id);
        record.Headers.TryAddWithoutValidation("x-api-key", "other-secret-1234567890");
        using var stored = await gateway.Client.SendAsync(record);
        Assert.Contains($"\"revision\": \"{snapshots.Current.Revision}\"", await stored.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Environment => new() { ["CONFIGURED"] = "configured-secret-1234567890", ["OTHER"] = "other-secret-1234567890" };

    private string Configured => "keys: [ { name: configured, secret: \"env:CONFIGURED\", expires: 2027-03-05 }, { name: other, secret: \"env:OTHER\" } ]\n" + Vendors.Tiers("retries: 0", _vendor.Address);

    private Task<RunningGateway> StartAsync() => RunningGateway.StartAsync(Configured, _time, Environment);

    private static async Task<KeyOutcome.Issued> CreateAsync(RunningGateway gateway, KeyRequest request)
    {
        var issued = Assert.IsType<KeyOutcome.Issued>(await gateway.Host.Services.GetRequiredService<KeyAdministration>().CreateAsync(request, _ => false, Ada, default));
        await gateway.Host.Services.GetRequiredService<LiveKeys>().ReloadAsync(default);
        return issued;
    }

    /// <summary>A request that waits with its body until it is asked for: then its head has been admitted.</summary>
    private sealed class SlowRequest : IDisposable
    {
        private readonly TcpClient _socket = new();

        public static async Task<SlowRequest> BeginAsync(Uri address, string path, string key, int length)
        {
            var request = new SlowRequest();
            await request._socket.ConnectAsync(IPAddress.Loopback, address.Port);
            await request.WriteAsync(
                $"POST {path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
            var asked = new byte[25];
            await request._socket.GetStream().ReadExactlyAsync(asked);
            Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.ASCII.GetString(asked));
            return request;
        }

        /// <summary>Sends the body; the whole answer.</summary>
        public async Task<string> EndAsync(string body)
        {
            await WriteAsync(body);
            using var reader = new StreamReader(_socket.GetStream());
            return await reader.ReadToEndAsync();
        }

        public void Dispose() => _socket.Dispose();

        private async Task WriteAsync(string text) => await _socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
    }
}
