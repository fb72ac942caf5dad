using System.Text;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Fairlead.Server.Tests.Clients;

/// <summary>Anthropic's SDK for .NET and Microsoft.Extensions.AI over it against the running executable, the first vendor being down.</summary>
public sealed class AnthropicDotNetTests(ServedGateway gateway) : IClassFixture<ServedGateway>
{
    [Fact]
    public async Task Message_WhileTheFirstVendorIsDown_IsAnsweredByTheSecond()
    {
        var message = await Client().Messages.Create(Asking("claude-sonnet-4-5", "echo: The ship is moored. 🚢"));

        Assert.True(Assert.Single(message.Content).TryPickText(out var text));
        Assert.Equal("The ship is moored. 🚢", text.Text);
        Assert.True(message.Usage.InputTokens > 0);
    }

    [Fact]
    public async Task Errors_ArriveWithStatusAndRequestId()
    {
        var refused = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client().Messages.Create(Asking("claude-refused", "Hello")));
        var unknown = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client().Messages.Create(Asking("no-such-model", "Hello")));
        var wrongKey = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => Client("wrong").Messages.Create(Asking("claude-sonnet-4-5", "Hello")));

        Assert.Equal((400, 404, 401), ((int)refused.StatusCode, (int)unknown.StatusCode, (int)wrongKey.StatusCode));
        Assert.Contains("Your temperature is too high.", refused.ResponseBody, StringComparison.Ordinal);
        Assert.StartsWith("req_", refused.RequestID, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ThatBreaks_IsNoticed() => await Assert.ThrowsAnyAsync<Exception>(async () =>
    {
        await foreach (var _ in Client().Messages.CreateStreaming(Asking("claude-broken", "tokens: 50")))
        {
        }
    });

    [Fact]
    public async Task ExtensionsAi_ChatAndStream_AreAnsweredByTheSecond()
    {
        var client = Client().AsIChatClient("claude-sonnet-4-5", 100);

        var answer = await client.GetResponseAsync("echo: hello from the abstraction");
        var text = new StringBuilder();
        await foreach (var update in client.GetStreamingResponseAsync("echo: and streamed 😀")) text.Append(update.Text);

        Assert.Equal("hello from the abstraction", answer.Text);
        Assert.Equal("and streamed 😀", text.ToString());
        Assert.True(answer.Usage!.InputTokenCount > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ExtensionsAi_FunctionInvocation_LoopsToItsEnd(bool isStream)
    {
        var calls = 0;
        var client = Client().AsIChatClient("claude-sonnet-4-5", 100).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => { calls++; return $"Sunny in {city}."; }, "get_weather")] };
        var text = new StringBuilder();

        if (isStream)
        {
            await foreach (var update in client.GetStreamingResponseAsync("Please call get_weather.", options)) text.Append(update.Text);
        }
        else
        {
            text.Append((await client.GetResponseAsync("Please call get_weather.", options)).Text);
        }

        Assert.Equal(1, calls);
        Assert.NotEqual("", text.ToString());
    }

    private static MessageCreateParams Asking(string model, string text) => new() { Model = model, MaxTokens = 100, Messages = [new UserMessageParam(text)] };

    private AnthropicClient Client(string key = ServedGateway.Key) => new() { ApiKey = key, BaseUrl = gateway.Address.ToString().TrimEnd('/'), MaxRetries = 0 };
}
