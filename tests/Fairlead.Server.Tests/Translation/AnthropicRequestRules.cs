using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>What must become of a request in Anthropic's dialect at a target of OpenAI's, from its body alone.</summary>
internal static class AnthropicRequestRules
{
    private const int MostStops = 4;

    private static readonly string[] Thoughts = ["thinking", "redacted_thinking"];

    public static DueOutcome Of(JsonObject body, bool hasBetas, TargetProfile target)
    {
        var due = new DueOutcome();
        foreach (var name in new[] { "container", "mcp_servers" })
        {
            if (UnknownMembers.SaysSomething(name, body[name])) due.Refusals.Add(name);
        }

        due.Losses.AddRange(UnknownMembers.Of(
            body,
            "model", "messages", "system", "stream", "max_tokens", "temperature", "top_p", "stop_sequences", "tools", "tool_choice", "output_config", "output_format", "thinking", "metadata", "container", "mcp_servers", "anthropic_version"));
        due.Losses.AddRange(UnknownMembers.Of(body.Object("metadata"), "user_id"));
        due.Losses.AddRange(UnknownMembers.Of(body.Object("output_config"), "format", "effort"));
        if (hasBetas) due.Losses.Add(new DueLoss("anthropic-beta"));
        foreach (var block in (body["system"] as JsonArray).Objects()) Block(due, block);
        foreach (var block in body.Array("messages").Objects().SelectMany(message => (message["content"] as JsonArray).Objects())) Block(due, block);
        Tools(due, body.Array("tools"));
        var asked = AnthropicRequestExtractor.Extract(body);
        Pairing.Check(due, asked);
        if (asked.Turns.Count > 0 && asked.Turns[^1].Role == "assistant") due.Refusals.Add("messages");
        if (asked.Stops.Count > MostStops) due.Refusals.Add("stop_sequences");
        if (!target.TakesTemperature) DueLoss.OfSampling(due, asked);
        if (asked.MaxTokens > target.LargestOutput) due.Losses.Add(new DueLoss("max_tokens"));
        due.Losses.AddRange(UnknownMembers.Of(body.Object("thinking"), "type", "budget_tokens"));
        Reasoning(due, asked.Reasoning, target);
        return due;
    }

    private static void Block(DueOutcome due, JsonObject block)
    {
        var source = block.Object("source");
        switch (block.Text("type"))
        {
            case "text":
                due.Losses.AddRange(UnknownMembers.Of(block, "type", "text"));
                break;
            case "image" when source.Text("type") is "base64" or "url":
                due.Losses.AddRange(UnknownMembers.Of(block, "type", "source"));
                break;
            case "document" when source.Text("type") == "text":
                due.Losses.AddRange(UnknownMembers.Of(block, "type", "source"));
                break;
            case "document" when source.Text("type") == "base64" && source.Text("media_type") == "application/pdf":
                due.Losses.AddRange(UnknownMembers.Of(block, "type", "source", "title"));
                break;
            case "tool_use":
                due.Losses.AddRange(UnknownMembers.Of(block, "type", "id", "name", "input"));
                break;
            case "tool_result":
                due.Losses.AddRange(UnknownMembers.Of(block, "type", "tool_use_id", "content", "is_error"));
                if (block.Flag("is_error") == true) due.Losses.Add(new DueLoss("is_error"));
                if (block.Array("content").Objects().Any(part => part.Text("type") != "text")) due.Refusals.Add("messages");
                foreach (var part in block.Array("content").Objects()) Block(due, part);
                break;
            case "thinking" or "redacted_thinking":
                due.Losses.Add(new DueLoss(Thoughts));
                break;
            default:
                due.Refusals.Add("messages");
                break;
        }
    }

    private static void Tools(DueOutcome due, JsonArray? tools)
    {
        foreach (var tool in tools.Objects())
        {
            if (tool.Text("type") is not (null or "custom")) due.Refusals.Add("tools");
            else due.Losses.AddRange(UnknownMembers.Of(tool, "type", "name", "description", "input_schema", "strict"));
        }
    }

    private static void Reasoning(DueOutcome due, WireReasoning asked, TargetProfile target)
    {
        if (asked.IsUnsaidOrOff) return;
        var names = new DueLoss("thinking", "budget_tokens", "effort", "reasoning_effort");
        if (!target.CanReason || (asked.Effort is { } effort && !target.Efforts.Contains(effort))) due.Losses.Add(names);
        // How much an adaptive thought without an effort is, no effort of OpenAI's says.
        if (asked is { IsAdaptive: true, Effort: null }) due.Tolerated.Add(names);
    }
}
