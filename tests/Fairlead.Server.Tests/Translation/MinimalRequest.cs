using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>The smallest request of the client's dialect that could have had the recorded answer: its tools, its schema, its way of answering.</summary>
internal static class MinimalRequest
{
    private const int EnoughTokens = 1000;

    public static JsonObject InOpenAi(WireConversation recorded, bool isStream)
    {
        var body = Question();
        if (isStream)
        {
            body["stream"] = true;
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        if (recorded.Tools.Count > 0) body["tools"] = new JsonArray([.. recorded.Tools.Select(OpenAiTool)]);
        if (recorded.Schema is { } schema)
        {
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = "answer", ["strict"] = true, ["schema"] = schema.DeepClone() },
            };
        }

        return body;
    }

    public static JsonObject InAnthropic(WireConversation recorded, bool isStream)
    {
        var body = Question();
        body["max_tokens"] = EnoughTokens;
        if (isStream) body["stream"] = true;
        if (recorded.Tools.Count > 0) body["tools"] = new JsonArray([.. recorded.Tools.Select(AnthropicTool)]);
        if (recorded.Schema is { } schema) body["output_config"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = schema.DeepClone() } };
        return body;
    }

    private static JsonObject Question() => new() { ["model"] = "auto", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hello" }) };

    private static JsonObject OpenAiTool(WireTool tool)
    {
        var function = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["parameters"] = tool.Schema.DeepClone() };
        if (tool.IsStrict) function["strict"] = true;
        return new JsonObject { ["type"] = "function", ["function"] = function };
    }

    private static JsonObject AnthropicTool(WireTool tool)
    {
        var written = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["input_schema"] = tool.Schema.DeepClone() };
        if (tool.IsStrict) written["strict"] = true;
        return written;
    }
}
