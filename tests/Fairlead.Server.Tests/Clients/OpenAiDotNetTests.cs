using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using ChatMessage = OpenAI.Chat.ChatMessage;

namespace Fairlead.Server.Tests.Clients;

/// <summary>The OpenAI SDK for .NET and Microsoft.Extensions.AI against the running executable, the first vendor being down.</summary>
public sealed class OpenAiDotNetTests(ServedGateway gateway) : IClassFixture<ServedGateway>
{
    [Theory]
    [InlineData("v1", ServedGateway.Chat)]
    [InlineData("v1/", ServedGateway.Chat)]
    [InlineData("", ServedGateway.Chat)]
    [InlineData("v1", ServedGateway.Claude)]
    public async Task Chat_WhileTheFirstVendorIsDown_IsAnsweredByTheSecond(string path, string vendor)
    {
        var client = Client(Model(vendor), path);

        var result = await client.CompleteChatAsync([ChatMessage.CreateUserMessage("echo: The ship is moored. 🚢")]);

        Assert.Contains("The ship is moored. 🚢", result.Value.Content[0].Text, StringComparison.Ordinal);
        Assert.Equal(OpenAI.Chat.ChatFinishReason.Stop, result.Value.FinishReason);
        Assert.True(result.Value.Usage.InputTokenCount > 0);
        var headers = result.GetRawResponse().Headers;
        Assert.True(headers.TryGetValue("x-fairlead-target", out var target));
        Assert.Equal(vendor + "-alive", target);
        Assert.True(headers.TryGetValue("x-fairlead-body-mode", out var mode));
        Assert.Equal(vendor == ServedGateway.Chat ? "spliced" : "translated", mode);
        Assert.True(headers.TryGetValue("x-fairlead-reason", out var reason));
        Assert.Contains("chat-dead: ", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task Stream_WhileTheFirstVendorIsDown_IsAnsweredByTheSecond(string vendor)
    {
        var text = new StringBuilder();
        ChatTokenUsage? usage = null;
        OpenAI.Chat.ChatFinishReason? finish = null;
        await foreach (var update in Client(Model(vendor)).CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("echo: one two three 😀")]))
        {
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            usage = update.Usage ?? usage;
            finish = update.FinishReason ?? finish;
        }

        Assert.Contains("one two three 😀", text.ToString(), StringComparison.Ordinal);
        Assert.NotNull(usage);
        Assert.Equal(OpenAI.Chat.ChatFinishReason.Stop, finish);
    }

    [Theory]
    [InlineData(ServedGateway.Chat, false)]
    [InlineData(ServedGateway.Chat, true)]
    [InlineData(ServedGateway.Claude, false)]
    [InlineData(ServedGateway.Claude, true)]
    public async Task Tools_AreCalledAndAnswered(string vendor, bool isStream)
    {
        var client = Client(Model(vendor));
        var options = new ChatCompletionOptions
        {
            Tools = { ChatTool.CreateFunctionTool("get_weather", "Weather of a city.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""")) },
        };
        var messages = new List<ChatMessage> { ChatMessage.CreateUserMessage("Please call get_weather.") };

        string id, name, arguments;
        if (isStream)
        {
            var call = (Id: "", Name: "", Arguments: new StringBuilder());
            await foreach (var update in client.CompleteChatStreamingAsync(messages, options))
            {
                foreach (var part in update.ToolCallUpdates)
                {
                    if (part.ToolCallId is { Length: > 0 }) call = (part.ToolCallId, part.FunctionName, call.Arguments);
                    call.Arguments.Append(part.FunctionArgumentsUpdate?.ToString());
                }
            }

            (id, name, arguments) = (call.Id, call.Name, call.Arguments.ToString());
            messages.Add(new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall(id, name, BinaryData.FromString(arguments))]));
        }
        else
        {
            var answer = (await client.CompleteChatAsync(messages, options)).Value;
            Assert.Equal(OpenAI.Chat.ChatFinishReason.ToolCalls, answer.FinishReason);
            (id, name, arguments) = (answer.ToolCalls[0].Id, answer.ToolCalls[0].FunctionName, answer.ToolCalls[0].FunctionArguments.ToString());
            messages.Add(new AssistantChatMessage(answer));
        }

        Assert.Equal("get_weather", name);
        Assert.Equal(JsonValueKind.String, JsonDocument.Parse(arguments).RootElement.GetProperty("city").ValueKind);
        messages.Add(new ToolChatMessage(id, "Sunny."));
        var last = (await client.CompleteChatAsync(messages, options)).Value;
        Assert.NotEmpty(last.Content[0].Text);
    }

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task Errors_ArriveWithStatusCodeAndMessage(string vendor)
    {
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => Client(vendor + "-refused").CompleteChatAsync([ChatMessage.CreateUserMessage("Hello")]));
        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => Client("no-such-model").CompleteChatAsync([ChatMessage.CreateUserMessage("Hello")]));
        var wrongKey = await Assert.ThrowsAsync<ClientResultException>(() => Client(Model(vendor), key: "wrong").CompleteChatAsync([ChatMessage.CreateUserMessage("Hello")]));

        Assert.Equal((400, 404, 401), (refused.Status, unknown.Status, wrongKey.Status));
        Assert.Contains("Your temperature is too high.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("no-such-model", unknown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task RateLimit_CarriesRetryAfter_SoThatTheClientDoesNotHammer(string vendor)
    {
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => Client(vendor + "-limited", retries: 0).CompleteChatAsync([ChatMessage.CreateUserMessage("Hello")]));

        Assert.Equal(429, refused.Status);
        Assert.True(refused.GetRawResponse()!.Headers.TryGetValue("Retry-After", out var after));
        Assert.Equal("1", after);
    }

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task Stream_ThatBreaks_IsNoticed(string vendor)
    {
        // This client overlooks error events; the aborted connection is what it cannot overlook.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var _ in Client(vendor + "-broken", retries: 0).CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("Tell me a long story.")]))
            {
            }
        });
    }

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task ExtensionsAi_ChatAndStream_AreAnsweredByTheSecond(string vendor)
    {
        IChatClient client = Client(Model(vendor)).AsIChatClient();

        var answer = await client.GetResponseAsync("echo: hello from the abstraction");
        var text = new StringBuilder();
        await foreach (var update in client.GetStreamingResponseAsync("echo: and streamed")) text.Append(update.Text);

        Assert.Contains("hello from the abstraction", answer.Text, StringComparison.Ordinal);
        Assert.Contains("and streamed", text.ToString(), StringComparison.Ordinal);
        Assert.True(answer.Usage!.InputTokenCount > 0);
    }

    [Theory]
    [InlineData(ServedGateway.Chat, false)]
    [InlineData(ServedGateway.Chat, true)]
    [InlineData(ServedGateway.Claude, false)]
    [InlineData(ServedGateway.Claude, true)]
    public async Task ExtensionsAi_FunctionInvocation_LoopsToItsEnd(string vendor, bool isStream) => await ExtensionsAi.LoopAsync(Client(Model(vendor)).AsIChatClient(), isStream);

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task ExtensionsAi_StructuredOutput_IsOfItsType(string vendor) => await ExtensionsAi.ReportAsync(Client(Model(vendor)).AsIChatClient());

    [Theory]
    [InlineData(ServedGateway.Chat)]
    [InlineData(ServedGateway.Claude)]
    public async Task StructuredOutput_FollowsItsSchema(string vendor)
    {
        var schema = BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"},"degrees":{"type":"number"}},"required":["city","degrees"],"additionalProperties":false}""");
        var options = new ChatCompletionOptions { ResponseFormat = OpenAI.Chat.ChatResponseFormat.CreateJsonSchemaFormat("report", schema, jsonSchemaIsStrict: true) };

        var answer = (await Client(Model(vendor)).CompleteChatAsync([ChatMessage.CreateUserMessage("Report the weather.")], options)).Value;

        var report = JsonDocument.Parse(answer.Content[0].Text).RootElement;
        Assert.Equal((JsonValueKind.String, JsonValueKind.Number), (report.GetProperty("city").ValueKind, report.GetProperty("degrees").ValueKind));
    }

    [Fact]
    public async Task Models_AreListed()
    {
        var models = new OpenAIClient(new ApiKeyCredential(ServedGateway.Key), new OpenAIClientOptions { Endpoint = gateway.V1 }).GetOpenAIModelClient();

        var list = (await models.GetModelsAsync()).Value;

        Assert.Contains(list, model => model.Id == "chat-alive");
    }

    private static string Model(string vendor) => "gpt-4o-mini-by-" + vendor;

    private ChatClient Client(string model, string path = "v1", string key = ServedGateway.Key, int retries = 1) => new(
        model,
        new ApiKeyCredential(key),
        new OpenAIClientOptions { Endpoint = new Uri(gateway.Address, path), RetryPolicy = new ClientRetryPolicy(retries) });
}
