using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Writes <c>tools</c> and <c>tool_choice</c> of a request.</summary>
internal readonly ref struct MessagesToolsWriter(Utf8JsonWriter json, Conversation conversation, ModelFacts facts, TranslationLosses losses)
{
    private readonly bool _isOwn = conversation.Dialect == DialectNames.AnthropicMessages;

    /// <summary>Writes the members; nothing where there is nothing to call.</summary>
    public void Write()
    {
        var isTold = conversation.Tools.Count > 0;
        // Calls in the history must have their tools, though the client offers none this turn (SEMANTICS 31).
        var recalled = isTold ? [] : conversation.Messages.SelectMany(message => message.Parts).OfType<ToolCallPart>().Select(call => call.Name).Distinct(StringComparer.Ordinal).ToArray();
        if (!isTold && recalled.Length == 0) return;
        if (facts.Tools == false && !_isOwn) losses.Refuse("tools", "the model calls none");
        json.WriteStartArray("tools"u8);
        var strict = conversation.OutputFormat is OutputFormat.JsonSchema format ? MessagesStrictSchema.SizeOf(format.Schema) : default;
        foreach (var tool in conversation.Tools) WriteTool(tool, ref strict);
        foreach (var name in recalled)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            WriteSchema(null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (isTold) WriteToolChoice(conversation.ToolChoice, conversation.UsesFunctions ? false : conversation.ParallelToolCalls); // OpenAI's first form has room for one call
        else WriteToolChoice(new ToolChoice(ToolChoiceKind.None), null);
    }

    private void WriteTool(Tool tool, ref StrictSize strict)
    {
        if (tool is not FunctionTool function)
        {
            var vendor = (VendorTool)tool;
            if (_isOwn) json.WriteRawValue(vendor.Raw.Span, skipInputValidation: true);
            else losses.Refuse($"tools[{tool.Index}]", vendor.Type);
            return;
        }

        json.WriteStartObject();
        json.WriteString("name"u8, function.Name);
        if (function.Description is { } description) json.WriteText("description"u8, description);
        WriteSchema(function.Schema);
        if (function.IsStrict == true) WriteStrict(function, ref strict);
        if (tool.CacheMark is { } mark) json.WriteSlice("cache_control"u8, mark);
        if (_isOwn) json.WriteParameters(tool.Extras);
        else foreach (var extra in tool.Extras) losses.Drop($"tools[{tool.Index}].{extra.Name}", extra.ChangesMeaning);
        json.WriteEndObject();
    }

    /// <summary>Guaranteed are the tools that the vendor takes so, in the client's order, as many as it takes.</summary>
    private void WriteStrict(FunctionTool function, ref StrictSize strict)
    {
        var isTaken = _isOwn;
        if (!isTaken && facts.JsonSchema != false && function.Schema is { } schema && MessagesStrictSchema.UnsupportedIn(schema) is null)
        {
            var sum = strict + MessagesStrictSchema.SizeOf(schema) with { Tools = 1 };
            isTaken = sum.IsTaken;
            if (isTaken) strict = sum;
        }

        if (isTaken) json.WriteBoolean("strict"u8, true);
        else losses.Lose($"tools[{function.Index}].function.strict");
    }

    /// <summary>The dialect must have a schema of an object.</summary>
    private void WriteSchema(JsonSlice? schema)
    {
        json.WritePropertyName("input_schema"u8);
        if (schema is not { } given)
        {
            json.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true);
            return;
        }

        using var body = JsonBody.ParseAnswer(given.Raw);
        if (body.Root.ValueKind != JsonValueKind.Object || body.Root.TryGetProperty("type"u8, out _))
        {
            json.WriteRawValue(given.Span, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        foreach (var member in body.Root.EnumerateObject()) json.WriteMember(member);
        json.WriteEndObject();
    }

    private void WriteToolChoice(ToolChoice? choice, bool? parallel)
    {
        if (choice is null && parallel != false) return;
        if (choice is { Kind: ToolChoiceKind.Vendor })
        {
            if (_isOwn) json.WriteSlice("tool_choice"u8, choice.Raw);
            else losses.Refuse("tool_choice");
            return;
        }

        json.WriteStartObject("tool_choice"u8);
        switch (choice?.Kind ?? ToolChoiceKind.Auto)
        {
            case ToolChoiceKind.None:
                json.WriteString("type"u8, "none"u8);
                break;
            case ToolChoiceKind.Required:
                json.WriteString("type"u8, "any"u8);
                break;
            case ToolChoiceKind.Named:
                json.WriteString("type"u8, "tool"u8);
                json.WriteString("name"u8, choice!.Name);
                break;
            default:
                json.WriteString("type"u8, "auto"u8); // also where only "not several" was said: that must not force a call (SEMANTICS 30)
                break;
        }

        if (parallel == false && choice?.Kind != ToolChoiceKind.None) json.WriteBoolean("disable_parallel_tool_use"u8, true);
        json.WriteEndObject();
    }
}
