using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Commands;

/// <summary>The executable as an operator meets it.</summary>
public sealed class ServeTests
{
    [Theory]
    [InlineData("serve")]
    [InlineData]
    public async Task Serve_WithNeitherFileNorKeys_PointsToTheDemo(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await using var process = FairleadProcess.Start(folder.Path, null, arguments);

        Assert.Equal(2, await process.EndedAsync());
        Assert.Contains("fairlead demo", process.Errors, StringComparison.Ordinal);
        Assert.Contains("OPENAI_API_KEY", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_BrokenConfiguration_ListsEveryErrorAndEnds()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", """
            listne: "http://127.0.0.1:0"
            providers:
              a: { kind: openai-compatible, base_url: "ftp://x" }
            targets:
              t: { provider: b, model: m }
            routes:
              - { name: default, tiers: [ { use: [t, u] } ] }
            guards: []
            """);
        await using var process = FairleadProcess.Start(folder.Path, null, "serve");

        Assert.Equal(2, await process.EndedAsync());
        foreach (var part in new[] { "listne", "listen", "base_url", "'b'", "'u'", "not in this version" }) Assert.Contains(part, process.Errors, StringComparison.Ordinal);
        Assert.Contains("(1,1)", process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_AddressThatIsNotLoopback_WithoutKeys_Refuses()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", "listen: \"http://0.0.0.0:0\"\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        await using var process = FairleadProcess.Start(folder.Path, null, "serve");

        Assert.Equal(2, await process.EndedAsync());
        Assert.Contains("loopback", process.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Serve_TierThatCanNeverServe_Refuses()
    {
        using var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \":memory:\" }\n"
            + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1").Replace("use: [first]", "use: [first], require: provider.region == \"eu\"", StringComparison.Ordinal));
        await using var process = FairleadProcess.Start(folder.Path, null, "serve");

        Assert.Equal(2, await process.EndedAsync());
        Assert.Contains("can never serve", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_PortInUse_SaysSo()
    {
        using var folder = new TemporaryFolder();
        await using var other = ByteServer.Start(Reply.Json("{}"));
        folder.Write("fairlead.yaml", $"listen: \"http://127.0.0.1:{other.Port}\"\nstore: {{ ledger: \":memory:\" }}\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        await using var process = FairleadProcess.Start(folder.Path, null, "serve");

        Assert.Equal(1, await process.EndedAsync());
        Assert.Contains("address already in use", process.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_VendorKeyInTheEnvironment_IsEnough()
    {
        using var folder = new TemporaryFolder();
        await using var process = FairleadProcess.Start(folder.Path, new Dictionary<string, string> { ["OPENAI_API_KEY"] = "sk-canary-0123456789" }, "serve");
        Uri address;
        try
        {
            address = await process.ListeningAsync();
        }
        catch (InvalidOperationException exception) when (exception.Message.Contains("address already in use", StringComparison.Ordinal) && Environment.GetEnvironmentVariable("CI") != "true")
        {
            // Without a file the default address is served, and something else on this machine has it.
            Assert.Skip("Port 8484 is taken.");
            return;
        }

        using var client = new HttpClient { BaseAddress = address };
        var models = await client.GetStringAsync("v1/models");

        Assert.Contains("openai", models, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", process.Errors + process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_ChangedConfiguration_AppliesWithinASecondOrSo_BrokenOneStaysOut()
    {
        using var folder = new TemporaryFolder();
        await using var first = ByteServer.Start(Reply.Json(Vendors.Answer("first")));
        await using var second = ByteServer.Start(Reply.Json(Vendors.Answer("second")));
        var head = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \":memory:\" }\n";
        folder.Write("fairlead.yaml", head + Vendors.Tiers("retries: 0", first.Address));
        await using var process = FairleadProcess.Start(folder.Path, null, "serve");
        using var client = new HttpClient { BaseAddress = await process.ListeningAsync() };
        var before = await AskAsync(client);

        folder.Write("fairlead.yaml", head + Vendors.Tiers("retries: 0", second.Address));
        var after = before;
        for (var tries = 0; tries < 500 && after.Revision == before.Revision; tries++)
        {
            await Task.Delay(20);
            after = await AskAsync(client);
        }

        folder.Write("fairlead.yaml", head + "providers: { broken");
        await process.LoggedAsync("was refused");
        var ready = JsonNode.Parse(await client.GetStringAsync("readyz"))!;
        var kept = await AskAsync(client);

        Assert.Contains("first", before.Text, StringComparison.Ordinal);
        Assert.Contains("second", after.Text, StringComparison.Ordinal);
        Assert.NotEqual(before.Revision, after.Revision);
        Assert.Equal(after.Revision, kept.Revision);
        Assert.Equal("refused", ready["configuration"]!.GetValue<string>());
    }

    [Fact]
    public async Task Kill_UnderLoad_OpenRequestsAreSettledAsInterrupted_AtTheNextStart()
    {
        using var folder = new TemporaryFolder();
        await using var vendor = ByteServer.Start(request => request.Text.Contains("\"stream\":true", StringComparison.Ordinal)
            ? new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Vendors.Role + Vendors.Token("A"))]) { HasLength = false, End = ReplyEnd.Hang }
            : Reply.Json(Vendors.Answer("ok")));
        folder.Write("fairlead.yaml", "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n" + Vendors.Tiers("retries: 0", vendor.Address));
        string answered, open;
        await using (var process = FairleadProcess.Start(folder.Path, null, "serve"))
        {
            using var client = new HttpClient { BaseAddress = await process.ListeningAsync() };
            answered = (await AskAsync(client)).Id;
            using var streaming = await client.SendAsync(
                new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Vendors.StreamQuestion, Encoding.UTF8, "application/json") },
                HttpCompletionOption.ResponseHeadersRead);
            open = streaming.Headers.GetValues("x-fairlead-request-id").Single();
            // What stands in the ledger is there to stay: asking for it waits for its group.
            Assert.Equal("answered", (await RecordAsync(client, answered))["state"]!.GetValue<string>());
            Assert.Equal("running", (await RecordAsync(client, open))["state"]!.GetValue<string>());
            process.Kill();
            await process.EndedAsync();
        }

        await using var again = FairleadProcess.Start(folder.Path, null, "serve");
        using var second = new HttpClient { BaseAddress = await again.ListeningAsync() };

        Assert.Equal("answered", (await RecordAsync(second, answered))["state"]!.GetValue<string>());
        await again.LoggedAsync("1 requests were running when Fairlead last ended");
        var interrupted = await RecordAsync(second, open);
        Assert.Equal("interrupted", interrupted["state"]!.GetValue<string>());
        Assert.NotEqual("0", interrupted["cost_usd"]?.GetValue<string>());
    }

    [Fact]
    public async Task Terminate_LetsAnswersEnd_AndEndsWithZero()
    {
        using var folder = new TemporaryFolder();
        var release = new TaskCompletionSource();
        await using var vendor = ByteServer.Start(new Reply(200, "text/event-stream", [Encoding.UTF8.GetBytes(Vendors.Role + Vendors.Token("A")), Encoding.UTF8.GetBytes(Vendors.Finish + Vendors.Done)])
        {
            HasLength = false,
            Before = piece => piece == 1 ? release.Task : Task.CompletedTask,
        });
        folder.Write("fairlead.yaml", "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \"sqlite:ledger.db\" }\n" + Vendors.Tiers("retries: 0", vendor.Address));
        await using var process = FairleadProcess.Start(folder.Path, null, "serve");
        using var client = new HttpClient { BaseAddress = await process.ListeningAsync() };
        using var streaming = await client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = new StringContent(Vendors.StreamQuestion, Encoding.UTF8, "application/json") },
            HttpCompletionOption.ResponseHeadersRead);

        process.Terminate();
        await process.LoggedAsync("stopping");
        release.SetResult();
        var text = await streaming.Content.ReadAsStringAsync();

        Assert.Contains(Vendors.Done, text, StringComparison.Ordinal);
        Assert.Equal(0, await process.EndedAsync());
    }

    [Fact]
    public async Task Demo_ShowsAVendorDie_AndTheAnswerStillArrive()
    {
        using var folder = new TemporaryFolder();
        await using var process = FairleadProcess.Start(folder.Path, null, "demo", "--once", "--port", "0");

        Assert.Equal(0, await process.EndedAsync());
        var output = process.Output;
        Assert.Contains("connection refused", output.ReplaceLineEndings(" ").Replace("│", "", StringComparison.Ordinal).Replace("  ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("breaks", output, StringComparison.Ordinal);
        // The same prompt for three callers, and a name that leads where policy does not.
        Assert.Matches(@"gpt-4o +large ", output);
        Assert.Matches(@"gpt-4o for marketing +small-west ", output);
        Assert.Matches(@"gpt-4o for clinic +small ", output);
        Assert.Matches(@"large for clinic +error 403 ", output);
        Assert.Contains("Ledger:", output, StringComparison.Ordinal);
        Assert.DoesNotContain("error 5", output, StringComparison.Ordinal);
        Assert.Empty(process.Errors.Trim());
    }

    private static async Task<(string Id, string Revision, string Text)> AskAsync(HttpClient client)
    {
        using var response = await client.PostAsync("v1/chat/completions", new StringContent(Vendors.Question, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (response.Headers.GetValues("x-fairlead-request-id").Single(), response.Headers.GetValues("x-fairlead-revision").Single(), await response.Content.ReadAsStringAsync());
    }

    private static async Task<JsonObject> RecordAsync(HttpClient client, string id) =>
        JsonNode.Parse(await client.GetStringAsync("v1/requests/" + id))!.AsObject();
}
