using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Tests.Hosting;

namespace Fairlead.Server.Tests.Translation;

/// <summary>A gateway whose only target is a scripted vendor of one dialect.</summary>
internal sealed class TranslatingGateway : IAsyncDisposable
{
    private readonly RunningGateway _gateway;

    private TranslatingGateway(RunningGateway gateway, ByteServer vendor)
    {
        _gateway = gateway;
        Vendor = vendor;
    }

    public ByteServer Vendor { get; }

    public static async Task<TranslatingGateway> StartAsync(TargetProfile target, Func<Reply> reply)
    {
        var vendor = ByteServer.Start(_ => reply());
        var address = target.IsAnthropic ? vendor.Address.Replace("/v1", "", StringComparison.Ordinal) : vendor.Address;
        var yaml = $$"""
            providers: { vendor: { kind: {{target.Kind}}, base_url: "{{address}}", keys: ["env:VENDOR"] } }
            targets: { only: { provider: vendor, model: {{target.Model}} } }
            defaults: { retries: 0, {{Pipeline.Vendors.Patient}} }
            routes: [ { name: default, tiers: [ { use: [only] } ] } ]
            """;
        return new TranslatingGateway(await RunningGateway.StartAsync(yaml, environment: new Dictionary<string, string> { ["VENDOR"] = "vendor-key-0123456789" }), vendor);
    }

    /// <summary>Asks in the dialect that the vendor does not speak.</summary>
    public async Task<ClientAnswer> AskAsync(string api, JsonObject body, params (string Name, string Value)[] headers)
    {
        Vendor.Requests.Clear();
        _gateway.Forgive(); // what one recording shows of a vendor holds nothing back of the next
        using var response = await _gateway.PostAsync(api == "openai.chat" ? "v1/chat/completions" : "v1/messages", body.ToJsonString(), headers);
        using var received = new MemoryStream();
        var isBroken = false;
        try
        {
            await (await response.Content.ReadAsStreamAsync()).CopyToAsync(received);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            isBroken = true;
        }

        return new ClientAnswer(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            Pipeline.Vendors.Header(response, "x-fairlead-body-mode"),
            [.. ClientAnswer.Split(Pipeline.Vendors.Header(response, "x-fairlead-translation-loss"))],
            Encoding.UTF8.GetString(received.ToArray()),
            isBroken);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await Vendor.DisposeAsync();
    }
}
