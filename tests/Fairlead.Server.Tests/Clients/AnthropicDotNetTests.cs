using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Fairlead.Server.Tests.Clients;

/// <summary>Anthropic's SDK for .NET and Microsoft.Extensions.AI over it against the running executable, the first vendor being down.</summary>
public sealed class AnthropicDotNetTests(ServedGateway gateway) : IClassFixture<ServedGateway>
{
    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task Message_WhileTheFirstVendorIsDown_IsAnsweredByTheSecond(string vendor)
    {
        var message = await Client().Messages.Create(Asking(Model(vendor), "echo: The ship is moored. 🚢"));

        Assert.Equal("The ship is moored. 🚢", Text(message));
        Assert.True(message.Usage.InputTokens > 0);
    }

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task Stream_WhileTheFirstVendorIsDown_IsAnsweredByTheSecond(string vendor)
    {
        var message = await Client().Messages.CreateStreaming(Asking(Model(vendor), "echo: one two three 😀")).Aggregate();

        Assert.Equal("one two three 😀", Text(message));
        Assert.Equal(StopReason.EndTurn, message.StopReason!.Value());
        Assert.True(message.Usage.OutputTokens > 0);
    }

    [Theory]
    [InlineData(ServedGateway.Claude, false)]
    [InlineData(ServedGateway.Claude, true)]
    [InlineData(ServedGateway.Chat, false)]
    [InlineData(ServedGateway.Chat, true)]
    public async Task Tools_AreCalledAndAnswered(string vendor, bool isStream)
    {
        var schema = new InputSchema { Properties = Members("""{"city":{"type":"string"}}"""), Required = ["city"] };
        var asking = Asking(Model(vendor), "Please call get_weather.") with { Tools = [new Tool { Name = "get_weather", InputSchema = schema }] };

        var first = isStream ? await Client().Messages.CreateStreaming(asking).Aggregate() : await Client().Messages.Create(asking);

        Assert.Equal(StopReason.ToolUse, first.StopReason!.Value());
        Assert.True(Assert.Single(first.Content).TryPickToolUse(out var call));
        Assert.Equal(("get_weather", JsonValueKind.String), (call.Name, call.Input["city"].ValueKind));
        var last = await Client().Messages.Create(asking with
        {
            Messages =
            [
                .. asking.Messages,
                new AssistantMessageParam(new List<ContentBlockParam> { new ToolUseBlockParam { ID = call.ID, Name = call.Name, Input = call.Input } }),
                new UserMessageParam(new List<ContentBlockParam> { new ToolResultBlockParam(call.ID) { Content = "Sunny." } }),
            ],
        });
        Assert.NotEmpty(Text(last));
    }

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task StructuredOutput_FollowsItsSchema(string vendor)
    {
        var schema = Members("""{"type":"object","properties":{"city":{"type":"string"},"degrees":{"type":"number"}},"required":["city","degrees"],"additionalProperties":false}""");

        var message = await Client().Messages.Create(Asking(Model(vendor), "Report the weather.") with { OutputConfig = new OutputConfig { Format = new JsonOutputFormat { Schema = schema } } });

        var report = JsonDocument.Parse(Text(message)).RootElement;
        Assert.Equal((JsonValueKind.String, JsonValueKind.Number), (report.GetProperty("city").ValueKind, report.GetProperty("degrees").ValueKind));
    }

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task Errors_ArriveWithStatusAndRequestId(string vendor)
    {
        var refused = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client().Messages.Create(Asking(vendor + "-refused", "Hello")));
        var unknown = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client().Messages.Create(Asking("no-such-model", "Hello")));
        var wrongKey = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client("wrong").Messages.Create(Asking(Model(vendor), "Hello")));

        Assert.Equal((400, 404, 401), ((int)refused.StatusCode, (int)unknown.StatusCode, (int)wrongKey.StatusCode));
        Assert.Contains("Your temperature is too high.", refused.ResponseBody, StringComparison.Ordinal);
        Assert.StartsWith("req_", refused.RequestID, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task Stream_ThatBreaks_IsNoticed(string vendor) => await Assert.ThrowsAnyAsync<Exception>(async () =>
    {
        await foreach (var _ in Client().Messages.CreateStreaming(Asking(vendor + "-broken", "tokens: 50")))
        {
        }
    });

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task ExtensionsAi_ChatAndStream_AreAnsweredByTheSecond(string vendor)
    {
        var client = Client().AsIChatClient(Model(vendor), 100);

        var answer = await client.GetResponseAsync("echo: hello from the abstraction");
        var text = new StringBuilder();
        await foreach (var update in client.GetStreamingResponseAsync("echo: and streamed 😀")) text.Append(update.Text);

        Assert.Equal("hello from the abstraction", answer.Text);
        Assert.Equal("and streamed 😀", text.ToString());
        Assert.True(answer.Usage!.InputTokenCount > 0);
    }

    [Theory]
    [InlineData(ServedGateway.Claude, false)]
    [InlineData(ServedGateway.Claude, true)]
    [InlineData(ServedGateway.Chat, false)]
    [InlineData(ServedGateway.Chat, true)]
    public async Task ExtensionsAi_FunctionInvocation_LoopsToItsEnd(string vendor, bool isStream) => await ExtensionsAi.LoopAsync(Client().AsIChatClient(Model(vendor), 100), isStream);

    [Theory]
    [InlineData(ServedGateway.Claude)]
    [InlineData(ServedGateway.Chat)]
    public async Task ExtensionsAi_StructuredOutput_IsOfItsType(string vendor) => await ExtensionsAi.ReportAsync(Client().AsIChatClient(Model(vendor), 100));

    private static string Model(string vendor) => "claude-sonnet-4-5-by-" + vendor;

    private static string Text(Message message) => Assert.Single(message.Content).TryPickText(out var text) ? text.Text : "";

    private static Dictionary<string, JsonElement> Members(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    private static MessageCreateParams Asking(string model, string text) => new() { Model = model, MaxTokens = 100, Messages = [new UserMessageParam(text)] };

    private AnthropicClient Client(string key = ServedGateway.Key) => new() { ApiKey = key, BaseUrl = gateway.Address.ToString().TrimEnd('/'), MaxRetries = 0 };
}
