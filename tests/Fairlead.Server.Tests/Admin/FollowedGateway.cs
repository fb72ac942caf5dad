using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Commands;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Admin;

/// <summary>A gateway that follows a file in a folder of its own, and its administrator.</summary>
internal sealed class FollowedGateway : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly RunningGateway _gateway;
    private readonly string? _adminKey;

    private FollowedGateway(TemporaryFolder folder, RunningGateway gateway, string? adminKey)
    {
        _folder = folder;
        _gateway = gateway;
        _adminKey = adminKey;
    }

    public RunningGateway Gateway => _gateway;

    public string File => _folder.File("fairlead.yaml");

    public string Folder => _folder.Path;

    public string Written => System.IO.File.ReadAllText(File);

    public static async Task<FollowedGateway> StartAsync(string content, string? adminKey = null)
    {
        var folder = new TemporaryFolder();
        folder.Write("fairlead.yaml", content);
        var environment = adminKey is null ? null : new Dictionary<string, string> { ["ADMIN_KEY"] = adminKey };
        return new FollowedGateway(folder, await RunningGateway.FollowAsync(folder.File("fairlead.yaml"), environment), adminKey);
    }

    public void Write(string content) => _folder.Write("fairlead.yaml", content);

    /// <summary>A request of the administrator, and what came back.</summary>
    public async Task<AdminReply> AskAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, "admin/v1/" + path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("content-type", body.StartsWith('{') ? "application/json" : "application/yaml");
        }

        if (_adminKey is not null) request.Headers.TryAddWithoutValidation("authorization", "Bearer " + _adminKey);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _gateway.Client.SendAsync(request);
        return new AdminReply(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ETag?.Tag.Trim('"'), response.Content.Headers.ContentType?.MediaType, response.Content.Headers.Allow);
    }

    public Task<AdminReply> GetAsync(string path) => AskAsync(HttpMethod.Get, path);

    /// <summary>Waits until something is so; it fails when it never is.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var tries = 0; tries < 3000; tries++)
        {
            if (await isSo()) return;
            await Task.Delay(10);
        }

        Assert.Fail("It never came to be.");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>What the administration API answered.</summary>
internal sealed record AdminReply(HttpStatusCode Status, string Text, string? Tag, string? Type, ICollection<string> Allow)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    public string Code => Json["error"]!["code"]!.GetValue<string>();

    public string[] Diff => [.. Json["diff"]!.AsArray().Select(line => line!.GetValue<string>())];

    public string Value(string name) => Json[name]!.ToString();

    public AdminReply Must(HttpStatusCode status)
    {
        Assert.True(Status == status, $"{Status}: {Text}");
        return this;
    }
}
