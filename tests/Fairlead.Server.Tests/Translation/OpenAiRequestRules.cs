using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>What must become of a request in OpenAI's dialect at a target of Anthropic's, from its body alone.</summary>
internal static class OpenAiRequestRules
{
    /// <summary>Keywords of JSON Schema that Anthropic's strict output refuses.</summary>
    private static readonly string[] RefusedKeywords =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "maxItems", "uniqueItems",
        "minProperties", "maxProperties", "patternProperties", "propertyNames", "contains", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "prefixItems",
    ];

    public static DueOutcome Of(JsonObject body, TargetProfile target)
    {
        var due = new DueOutcome();
        foreach (var name in new[] { "n", "logprobs", "logit_bias", "modalities", "audio", "web_search_options" })
        {
            if (UnknownMembers.SaysSomething(name, body[name])) due.Refusals.Add(name);
        }

        if (body.Number("top_logprobs") > 0) due.Refusals.Add("top_logprobs");
        due.Losses.AddRange(UnknownMembers.Of(
            body,
            "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "tools", "tool_choice", "parallel_tool_calls",
            "functions", "function_call", "response_format", "user", "reasoning_effort", "n", "logprobs", "top_logprobs", "logit_bias", "modalities", "audio", "web_search_options"));
        due.Losses.AddRange(UnknownMembers.Of(body.Object("stream_options"), "include_usage"));
        var asked = OpenAiRequestExtractor.Extract(body);
        Messages(due, body.Array("messages"));
        Pairing.Check(due, asked);
        Tools(due, body);
        ResponseFormat(due, body.Object("response_format"));
        if (asked.Stops.Any(string.IsNullOrWhiteSpace)) due.Refusals.Add("stop");
        if (!target.TakesTemperature) DueLoss.OfSampling(due, asked);
        else if (asked.Temperature > 1) due.Losses.Add(new DueLoss("temperature"));
        if (target.TakesTemperature && asked.Temperature is not (null or 1) && asked.TopP is not (null or 1)) due.Losses.Add(new DueLoss("top_p"));
        if (asked.MaxTokens > target.LargestOutput) due.Losses.Add(new DueLoss("max_tokens", "max_completion_tokens"));
        if (!asked.Reasoning.IsUnsaidOrOff && (!target.CanReason || ExpectedReasoning.IsInUnsignedLoop(asked, target) || (target.Efforts.Count > 0 && !target.Efforts.Contains(asked.Reasoning.Effort!)))) due.Losses.Add(new DueLoss("reasoning_effort"));
        return due;
    }

    private static void Messages(DueOutcome due, JsonArray? messages)
    {
        var isLeading = true;
        var number = -1;
        foreach (var message in messages.Objects())
        {
            number++;
            var isSystem = message.Text("role") is "system" or "developer";
            isLeading = isLeading && isSystem;
            if (isSystem && !isLeading) due.Losses.Add(new DueLoss($"messages[{number}].role"));
            due.Losses.AddRange(UnknownMembers.Of(message, "role", "content", "tool_calls", "tool_call_id", "cache_control", "refusal", "function_call", "reasoning", "reasoning_content", "reasoning_details"));
            foreach (var item in message.Array("content").Objects()) Part(due, item);
            foreach (var call in message.Array("tool_calls").Objects())
            {
                // Clients send back what a stream numbered; the order says it too.
                due.Losses.AddRange(UnknownMembers.Of(call, "id", "type", "function", "cache_control", "index"));
                if (call.Has("index")) due.Tolerated.Add(new DueLoss("index"));
                if (OpenAiRequestExtractor.Arguments(call.Object("function").Text("arguments")) is not JsonObject) Fault(due);
            }
        }

        if (OpenAiRequestExtractor.Extract(new JsonObject { ["messages"] = messages?.DeepClone() }) is not { } read) return;
        if (read.Turns.Count == 0) Fault(due);
        if (read.Turns.SelectMany(turn => turn.Parts).Any(part => part is WirePart.Thought { Signature: null }))
        {
            due.Losses.Add(new DueLoss("thinking", "reasoning", "reasoning_content", "reasoning_details"));
        }
    }

    private static void Part(DueOutcome due, JsonObject item)
    {
        switch (item.Text("type"))
        {
            case "text":
                due.Losses.AddRange(UnknownMembers.Of(item, "type", "text", "cache_control"));
                break;
            case "image_url":
                due.Losses.AddRange(UnknownMembers.Of(item, "type", "image_url", "cache_control"));
                if (item.Object("image_url").Text("detail") is not (null or "auto")) due.Losses.Add(new DueLoss("detail"));
                break;
            case "file" when item.Object("file").Text("file_data")?.StartsWith("data:application/pdf", StringComparison.Ordinal) == true:
                due.Losses.AddRange(UnknownMembers.Of(item, "type", "file", "cache_control"));
                break;
            default:
                due.Refusals.Add("messages");
                break;
        }
    }

    private static void Tools(DueOutcome due, JsonObject body)
    {
        foreach (var tool in body.Array("tools").Objects())
        {
            if (tool.Text("type") != "function") due.Refusals.Add("tools");
            due.Losses.AddRange(UnknownMembers.Of(tool, "type", "function", "cache_control"));
            due.Losses.AddRange(UnknownMembers.Of(tool.Object("function"), "name", "description", "parameters", "strict"));
        }

        if (body.Object("tool_choice") is { } choice && choice.Text("type") != "function") due.Refusals.Add("tool_choice");
    }

    private static void ResponseFormat(DueOutcome due, JsonObject? format)
    {
        if (format.Text("type") is null or "text") return;
        var schema = format.Object("json_schema");
        if (format.Text("type") != "json_schema" || IsRefused(schema?["schema"])) due.Refusals.Add("response_format");
        // Anthropic's form has no name, and OpenAI's cannot be without one.
        due.Tolerated.Add(new DueLoss("name"));
        if (schema.Text("description") is { Length: > 0 }) due.Losses.Add(new DueLoss("description"));
    }

    private static bool IsRefused(JsonNode? schema) => SchemaWalk.Schemas(schema).Any(one => RefusedKeywords.Any(one.ContainsKey) || one.Number("minItems") > 1 || SchemaWalk.IsFreeForm(one));

    private static void Fault(DueOutcome due)
    {
        due.Refusals.Add("messages");
        due.IsClientsFault = true;
    }
}
