using System.Net;
using System.Text;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;

namespace Fairlead.Server.Tests.Admin;

/// <summary>The configuration over HTTP: read, checked, replaced whole or not at all.</summary>
public sealed class ConfigurationTests
{
    private const string Key = "admin-secret-1234567890";

    private static readonly string Content = "listen: \"http://127.0.0.1:0\"\nstore: { ledger: \":memory:\" }\n# kept: ümläut\n" + Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1");

    private static readonly string Other = Content.Replace("127.0.0.1:9", "127.0.0.1:10", StringComparison.Ordinal);

    [Fact]
    public async Task Get_IsTheVeryText()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);

        var got = (await gateway.GetAsync("config")).Must(HttpStatusCode.OK);

        Assert.Equal((Content, "application/yaml"), (got.Text, got.Type));
        Assert.Equal((await gateway.GetAsync("status")).Value("revision"), got.Tag);
    }

    [Fact]
    public async Task Put_IsWrittenAndInForceAtOnce()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(gateway.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        var before = (await gateway.GetAsync("config")).Tag!;

        var put = (await gateway.AskAsync(HttpMethod.Put, "config", Other, ("if-match", $"\"{before}\""), ("x-fairlead-author", "Ada"), ("x-fairlead-reason", "a new port"))).Must(HttpStatusCode.OK);

        Assert.Equal(Other, gateway.Written);
        Assert.Equal(put.Value("revision"), (await gateway.GetAsync("status")).Value("revision"));
        Assert.Equal((put.Value("revision"), "true"), (put.Tag, put.Value("changed")));
        Assert.Equal(["provider first-vendor: address now http://127.0.0.1:10/v1 instead of http://127.0.0.1:9/v1"], put.Diff);
        Assert.Equal(["fairlead.yaml"], Directory.EnumerateFiles(gateway.Folder).Select(Path.GetFileName)); // nothing is left beside it
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(gateway.File));
        var recorded = (await gateway.GetAsync("revisions")).Json["revisions"]![0]!;
        Assert.Equal(("Ada", "a new port", before), (recorded["author"]!.GetValue<string>(), recorded["reason"]!.GetValue<string>(), recorded["previous"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("000000000000")]
    [InlineData("\"000000000000\"")]
    [InlineData("*")]
    public async Task Put_AgainstAnotherRevision_IsRefused(string expected)
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);

        var refused = (await gateway.AskAsync(HttpMethod.Put, "config", Other, ("if-match", expected))).Must(HttpStatusCode.PreconditionFailed);

        Assert.Equal("configuration_moved_on", refused.Code);
        Assert.Equal((await gateway.GetAsync("config")).Tag, refused.Json["error"]!["revision"]!.GetValue<string>());
        Assert.Equal(Content, gateway.Written);
    }

    [Fact]
    public async Task Put_OverAChangeThatIsJustBeingMadeInTheFile_IsRefused()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var before = (await gateway.GetAsync("config")).Tag!;
        gateway.Write(Other);

        (await gateway.AskAsync(HttpMethod.Put, "config", Content + "\n# mine", ("if-match", before))).Must(HttpStatusCode.PreconditionFailed);

        Assert.Equal(Other, gateway.Written);
    }

    [Fact]
    public async Task Put_TwoAtOnce_OneWins()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var before = (await gateway.GetAsync("config")).Tag!;

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => gateway.AskAsync(HttpMethod.Put, "config", Content + "\n# " + i, ("if-match", before))));

        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        Assert.Equal(7, replies.Count(reply => reply.Status == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task Put_WithoutIfMatch_IsRefused()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);

        Assert.Equal("if_match_required", (await gateway.AskAsync(HttpMethod.Put, "config", Other)).Must(HttpStatusCode.PreconditionRequired).Code);
    }

    [Fact]
    public async Task Put_WithErrors_ListsThemAndChangesNothing()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var before = (await gateway.GetAsync("config")).Tag!;

        var refused = (await gateway.AskAsync(HttpMethod.Put, "config", Content + "\nbogus: 1\nlistne: x\n", ("if-match", before))).Must(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(["bogus", "listne"], refused.Json["error"]!["errors"]!.AsArray().Select(error => error!["path"]!.GetValue<string>()));
        Assert.Equal(Content, gateway.Written);
        Assert.Equal(before, (await gateway.GetAsync("config")).Tag);
    }

    [Theory]
    [InlineData("x-fairlead-author", "")]
    [InlineData("x-fairlead-author", "file")]
    [InlineData("x-fairlead-author", "start")]
    [InlineData("x-fairlead-author", "a\tb")]
    [InlineData("x-fairlead-author", "a%0Ab")]
    [InlineData("x-fairlead-author", "fil%65")]
    [InlineData("x-fairlead-author", "129")]
    [InlineData("x-fairlead-reason", "1001")]
    public async Task Put_WrongHeader_IsRefused(string name, string value)
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        if (int.TryParse(value, out var length)) value = new string('a', length);

        var refused = (await gateway.AskAsync(HttpMethod.Put, "config", Other, ("if-match", (await gateway.GetAsync("config")).Tag!), (name, value))).Must(HttpStatusCode.BadRequest);

        Assert.Equal("invalid_header", refused.Code);
        Assert.Equal(Content, gateway.Written);
    }

    [Fact]
    public async Task Put_LongestNames_AreTaken()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);

        (await gateway.AskAsync(
            HttpMethod.Put, "config", Other, ("if-match", (await gateway.GetAsync("config")).Tag!), ("x-fairlead-author", new string('~', 128)), ("x-fairlead-reason", string.Concat(Enumerable.Repeat("%E2%82%AC", 1000))))).Must(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Put_BodyOfOtherKinds_IsRefused()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var before = (await gateway.GetAsync("config")).Tag!;

        Assert.Equal("request_too_large", (await gateway.AskAsync(HttpMethod.Put, "config", new string('#', (1024 * 1024) + 1), ("if-match", before))).Must(HttpStatusCode.RequestEntityTooLarge).Code);
        using var request = new HttpRequestMessage(HttpMethod.Put, "admin/v1/config") { Content = new ByteArrayContent([(byte)'#', 0xFF]) };
        request.Headers.TryAddWithoutValidation("if-match", before);
        using var response = await gateway.Gateway.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(Content, gateway.Written);
    }

    [Fact]
    public async Task Put_LargestBody_IsTaken()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var largest = Content + "\n#" + new string('x', (1024 * 1024) - Encoding.UTF8.GetByteCount(Content) - 2);

        (await gateway.AskAsync(HttpMethod.Put, "config", largest, ("if-match", (await gateway.GetAsync("config")).Tag!))).Must(HttpStatusCode.OK);

        Assert.Equal(largest, gateway.Written);
    }

    [Fact]
    public async Task Put_FileThatIsALink_ReplacesWhatItPointsTo()
    {
        if (OperatingSystem.IsWindows()) return; // links need a privilege there
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var real = Path.Combine(Directory.CreateDirectory(Path.Combine(gateway.Folder, "real")).FullName, "real.yaml");
        File.Move(gateway.File, real);
        File.CreateSymbolicLink(gateway.File, real);

        (await gateway.AskAsync(HttpMethod.Put, "config", Other, ("if-match", (await gateway.GetAsync("config")).Tag!))).Must(HttpStatusCode.OK);

        Assert.Equal(real, new FileInfo(gateway.File).LinkTarget);
        Assert.Equal(Other, await File.ReadAllTextAsync(real));
    }

    [Fact]
    public async Task Put_FileThatIsReadOnlyOrGone_IsAConflict()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var before = (await gateway.GetAsync("config")).Tag!;
        File.SetAttributes(gateway.File, FileAttributes.ReadOnly);
        var readOnly = (await gateway.AskAsync(HttpMethod.Put, "config", Other, ("if-match", before))).Must(HttpStatusCode.Conflict);
        File.SetAttributes(gateway.File, FileAttributes.Normal);
        File.Delete(gateway.File);
        var gone = (await gateway.AskAsync(HttpMethod.Put, "config", Other, ("if-match", before))).Must(HttpStatusCode.Conflict);

        Assert.Equal(("configuration_read_only", "configuration_read_only"), (readOnly.Code, gone.Code));
        Assert.Equal(before, (await gateway.GetAsync("config")).Tag);
        Assert.DoesNotContain(gateway.Folder, readOnly.Text + gone.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_WithoutAFile_IsAConflict()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        using var request = new HttpRequestMessage(HttpMethod.Put, "admin/v1/config") { Content = new StringContent(Content) };
        request.Headers.TryAddWithoutValidation("if-match", "000000000000");

        using var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
    }

    [Fact]
    public async Task Check_TellsAndAppliesNothing()
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        var before = (await gateway.GetAsync("config")).Tag!;

        var good = (await gateway.AskAsync(HttpMethod.Post, "config/check", Other.Replace("127.0.0.1:0", "127.0.0.1:1", StringComparison.Ordinal))).Must(HttpStatusCode.OK);
        var bad = (await gateway.AskAsync(HttpMethod.Post, "config/check", "listne: x")).Must(HttpStatusCode.OK);

        Assert.Equal("true", good.Value("valid"));
        Assert.Empty(good.Json["errors"]!.AsArray());
        Assert.Contains("takes effect at the next start", Assert.Single(good.Json["warnings"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(
            ["provider first-vendor: address now http://127.0.0.1:10/v1 instead of http://127.0.0.1:9/v1", "listen: address now http://127.0.0.1:1 instead of http://127.0.0.1:0"], good.Diff);
        Assert.Equal("false", bad.Value("valid"));
        Assert.NotEmpty(bad.Json["errors"]!.AsArray());
        Assert.Empty(bad.Diff);
        Assert.Equal((before, Content), ((await gateway.GetAsync("config")).Tag, gateway.Written));
    }

    [Theory]
    [InlineData("GET", "config")]
    [InlineData("PUT", "config")]
    [InlineData("POST", "config/check")]
    [InlineData("GET", "revisions")]
    [InlineData("GET", "revisions/aaaaaaaaaaaa")]
    [InlineData("GET", "revisions/aaaaaaaaaaaa/diff")]
    [InlineData("POST", "revisions/aaaaaaaaaaaa/rollback")]
    [InlineData("GET", "openapi.json")]
    [InlineData("GET", "nothing")]
    public async Task Everything_NeedsTheAdminKey(string method, string path)
    {
        await using var gateway = await FollowedGateway.StartAsync(Content + "\nadmin: { key: \"env:ADMIN_KEY\" }", Key);
        using var request = new HttpRequestMessage(new HttpMethod(method), "admin/v1/" + path);
        request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01"); // whatever SDK asks, the form is one

        using var response = await gateway.Gateway.Client.SendAsync(request);
        var reply = new AdminReply(response.StatusCode, await response.Content.ReadAsStringAsync(), null, null, []);

        Assert.Equal("admin_key_required", reply.Must(HttpStatusCode.Unauthorized).Code);
        Assert.Equal(["code", "message", "request_id"], reply.Json["error"]!.AsObject().Select(member => member.Key));
        Assert.Equal(Vendors.Header(response, "x-fairlead-request-id"), reply.Json["error"]!["request_id"]!.GetValue<string>());
        (await gateway.GetAsync("config")).Must(HttpStatusCode.OK); // with it, it is served
    }

    [Theory]
    [InlineData("http://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("http://127.0.0.1:1", 403)]
    [InlineData("ours", 404)]
    public async Task Change_FromAPageOfAnotherOrigin_IsRefused(string origin, int status)
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);
        if (origin == "ours") origin = gateway.Gateway.Address.GetLeftPart(UriPartial.Authority);

        Assert.Equal(status, (int)(await gateway.AskAsync(HttpMethod.Post, "revisions/aaaaaaaaaaaa/rollback", null, ("origin", origin))).Status);
    }

    [Theory]
    [InlineData("DELETE", "config", "GET, PUT")]
    [InlineData("GET", "config/check", "POST")]
    [InlineData("POST", "revisions", "GET")]
    [InlineData("GET", "revisions/aaaaaaaaaaaa/rollback", "POST")]
    public async Task Path_OtherMethod_SaysWhichItTakes(string method, string path, string allowed)
    {
        await using var gateway = await FollowedGateway.StartAsync(Content);

        var refused = (await gateway.AskAsync(new HttpMethod(method), path)).Must(HttpStatusCode.MethodNotAllowed);

        Assert.Equal("method_not_allowed", refused.Code);
        Assert.Equal(allowed, string.Join(", ", refused.Allow));
    }
}
