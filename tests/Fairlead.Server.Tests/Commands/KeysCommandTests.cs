using System.Text.Json.Nodes;
using Fairlead.Access;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;

namespace Fairlead.Server.Tests.Commands;

/// <summary><c>fairlead keys</c>, without a gateway and beside one.</summary>
public sealed class KeysCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public KeysCommandTests() => Write("");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Create_WithoutAStore_MakesOne_AndTheGatewayThenKnowsTheKey()
    {
        var made = JsonNode.Parse((await RunAsync(0, "create", "app", "--tenant", "acme", "--operation", "models,chat", "--route", "default", "--may-set", "none", "--rpm", "60", "--owner", "ada", "--json")).Output)!;
        Assert.Equal(("app", "acme", "live", "ada"), ((string?)made["name"], (string?)made["tenant"], (string?)made["state"], (string?)made["owner"]));
        Assert.Equal("[\"chat\",\"models\"]", made["operations"]!.ToJsonString());
        Assert.Equal("[]", made["may_set"]!.ToJsonString());
        Assert.Equal("{\"rpm\":60}", made["limits"]!.ToJsonString());

        await using var gateway = await RunningGateway.FollowAsync(_folder.File("fairlead.yaml"));
        Assert.Equal((200, 401), (await ModelsAsync(gateway, (string)made["secret"]!), await ModelsAsync(gateway, "fl_" + new string('0', 43))));
    }

    [Fact]
    public async Task Changes_BesideAGateway_HoldAfterItsNextPoll()
    {
        await using var gateway = await RunningGateway.FollowAsync(_folder.File("fairlead.yaml"));
        var keys = gateway.Host.Services.GetRequiredService<LiveKeys>();
        var created = await RunAsync(0, "create", "app");
        var secret = SecretOf(created.Output);
        await keys.PollAsync();
        Assert.Equal(200, await ModelsAsync(gateway, secret));

        var rotated = SecretOf((await RunAsync(0, "rotate", "app", "--overlap", "0", "--reason", "due")).Output);
        await keys.PollAsync();
        Assert.Equal((401, 200), (await ModelsAsync(gateway, secret), await ModelsAsync(gateway, rotated)));

        Assert.Contains("expired", (await RunAsync(0, "list", "--all")).Output, StringComparison.Ordinal);
        await RunAsync(0, "revoke", "app");
        await keys.PollAsync();
        Assert.Equal(401, await ModelsAsync(gateway, rotated));
        Assert.Contains("There are no keys.", (await RunAsync(0, "list")).Output, StringComparison.Ordinal);
        var all = (await RunAsync(0, "list", "--all")).Output;
        Assert.Contains("revoked", all, StringComparison.Ordinal);
        Assert.DoesNotContain("expired", all, StringComparison.Ordinal); // nor does that one come back
        Assert.DoesNotContain(secret[..9], all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_SaysWhatAKeyMay()
    {
        await RunAsync(0, "create", "app", "--target", "first", "--target", "gone", "--tool", "none", "--expires", "2999-12-31", "--expose", "minimal", "--author", "ada");

        var shown = (await RunAsync(0, "show", "app")).Output;

        foreach (var line in new[] { "targets      first, gone", "tools        none", "expose       minimal", "expires      3000-01-01 00:00:00Z", "by ada", "warning      there is no target gone" })
        {
            Assert.Contains(line, shown, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(2, "name: a name must have", "create", "a b")]
    [InlineData(2, "may_set: 'usr'", "create", "a", "--may-set", "usr")]
    [InlineData(2, "environments: needs at least one; leave it out for any", "create", "a", "--environment", "none")]
    [InlineData(2, "operations: 'chats'", "create", "a", "--operation", "chats")]
    [InlineData(2, "--expires must be a day", "create", "a", "--expires", "soon")]
    [InlineData(2, "expires: is past", "create", "a", "--expires", "2020-01-01")]
    [InlineData(2, "limits.rpm: must be", "create", "a", "--rpm", "0")]
    [InlineData(2, "--overlap must be 0, or a time", "rotate", "app", "--overlap", "31d")]
    [InlineData(2, "the store has no key 'nobody'", "rotate", "nobody")]
    [InlineData(2, "the store has no key 'nobody'", "revoke", "nobody")]
    [InlineData(2, "the store has no key 'nobody'", "show", "nobody")]
    [InlineData(1, "There is a live key app", "create", "app")]
    [InlineData(2, "this name is kept", "create", "b", "--author", "start")]
    public async Task Input_Wrong_IsToldWithItsCode(int code, string told, params string[] arguments)
    {
        await RunAsync(0, "create", "app");

        Assert.Contains(told, (await RunAsync(code, arguments)).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_ThatIsNot_IsToldWithItsCode()
    {
        Assert.Contains("There is no ledger", (await RunAsync(1, "list")).Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("ledger.db"))); // looking makes nothing

        Write("", "\":memory:\"");
        Assert.Contains("in memory", (await RunAsync(2, "create", "app")).Errors, StringComparison.Ordinal);

        File.WriteAllText(_folder.File("broken.db"), new string('x', 4096));
        Write("", "\"sqlite:broken.db\"");
        Assert.NotEmpty((await RunAsync(1, "list")).Errors);

        _folder.Write("fairlead.yaml", "listne: x");
        Assert.Contains("fairlead.yaml(1,1)", (await RunAsync(2, "list")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_OfTheConfiguration_IsTaken_WithoutItsSecret()
    {
        Write("keys: [ { name: configured, secret: \"env:NOT_SET_ANYWHERE\" } ]\n");

        Assert.Contains("The configuration has a key configured", (await RunAsync(1, "create", "configured")).Errors, StringComparison.Ordinal);
        await RunAsync(0, "create", "app");
        Assert.Contains("(configuration)", (await RunAsync(0, "list")).Output, StringComparison.Ordinal);
    }

    private void Write(string more, string ledger = "\"sqlite:ledger.db\"") =>
        _folder.Write("fairlead.yaml", $"listen: \"http://127.0.0.1:0\"\nstore: {{ ledger: {ledger} }}\n{more}" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));

    private async Task<CommandRun> RunAsync(int code, params string[] arguments)
    {
        var run = await CommandRun.OfAsync(["keys", .. arguments, "--config", _folder.File("fairlead.yaml")]);
        Assert.True(code == run.Code, $"{run.Code}: {run.Output}{run.Errors}");
        return run;
    }

    private static string SecretOf(string output) => output.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("fl_", StringComparison.Ordinal));

    private static async Task<int> ModelsAsync(RunningGateway gateway, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/models");
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        using var response = await gateway.Client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
