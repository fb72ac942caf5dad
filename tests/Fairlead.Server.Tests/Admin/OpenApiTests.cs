using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Admin;
using Fairlead.Server.Tests.Hosting;
using Fairlead.Server.Tests.Pipeline;
using Microsoft.Extensions.DependencyInjection;

namespace Fairlead.Server.Tests.Admin;

/// <summary>The description of the administration API is kept by hand: it has what is served, and nothing else.</summary>
public sealed class OpenApiTests
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "head", "options"];

    [Fact]
    public async Task Document_HasEveryOperationThatIsServed_AndNoOther()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        var document = JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/openapi.json"))!;

        var described = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Where(member => Methods.Contains(member.Key)).Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));
        var served = gateway.Host.Services.GetRequiredService<AdminApplication>().Operations.Select(operation => $"{operation.Method} /{operation.Path}");

        Assert.Equal(served.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.StartsWith("3.1.", document["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("/" + AdminApplication.Prefix.Trim('/'), document["servers"]![0]!["url"]!.GetValue<string>());
    }

    [Fact]
    public async Task Document_EveryReference_LeadsSomewhere()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        var document = JsonNode.Parse(await gateway.Client.GetStringAsync("admin/v1/openapi.json"))!;
        var references = References(document).Distinct().ToList();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, name) => node?[name])));
    }

    [Fact]
    public async Task Document_EveryPathWithAnId_SaysSo()
    {
        await using var gateway = await RunningGateway.StartAsync(Vendors.Tiers("retries: 0", "http://127.0.0.1:9/v1"));
        using var response = await gateway.Client.GetAsync("admin/v1/openapi.json");
        var paths = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["paths"]!.AsObject();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.All(paths, path => Assert.Equal(path.Key.Contains("{id}", StringComparison.Ordinal), path.Value!["parameters"] is not null));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "$ref" ? [member.Value!.GetValue<string>()] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
