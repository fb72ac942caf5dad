using System.Text.Json;
using Fairlead.Core.Catalog;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>Writes how a request is to be answered: <c>thinking</c> and <c>output_config</c>.</summary>
internal readonly ref struct MessagesOutputWriter(Utf8JsonWriter json, Conversation conversation, ModelFacts facts, TranslationLosses losses)
{
    /// <summary>No budget of thinking may be smaller.</summary>
    private const long LeastBudget = 1024;

    private readonly bool _isOwn = conversation.Dialect == DialectNames.AnthropicMessages;

    /// <summary>Writes <c>thinking</c>, and <c>output_config</c> with the effort and the form of the answer; true when the model is to think.</summary>
    /// <param name="maxTokens">The limit of the whole answer.</param>
    /// <param name="isInUnsignedLoop">Whether the model's last turn called tools without a thought of its own.</param>
    public bool Write(long maxTokens, bool isInUnsignedLoop)
    {
        string? effort = null;
        var isThinking = false;
        switch (conversation.Reasoning)
        {
            case null:
                break;
            case { Mode: ReasoningMode.Off }:
                if (_isOwn || facts.Reasoning == true) json.WriteRawMember("thinking"u8, """{"type":"disabled"}"""u8);
                break;
            case { } reasoning when !_isOwn && facts.Reasoning != true:
                losses.Lose(conversation.Names.Reasoning);
                break;
            case { Mode: ReasoningMode.Budget } reasoning:
                isThinking = WriteBudget(reasoning.BudgetTokens!.Value, maxTokens, isInUnsignedLoop);
                effort = reasoning.Effort;
                break;
            case { Effort: { } asked } when !_isOwn && facts.ThinkingBudget == true:
                isThinking = WriteBudget(Efforts.BudgetOf(asked), maxTokens, isInUnsignedLoop);
                break;
            case { } reasoning:
                json.WriteRawMember("thinking"u8, """{"type":"adaptive"}"""u8);
                isThinking = true;
                effort = reasoning.Effort;
                break;
        }

        if (effort is not null && !_isOwn)
        {
            var nearest = facts.Efforts.IsEmpty ? null : Efforts.Nearest(effort, facts);
            if (nearest != effort) losses.Lose(conversation.Names.Reasoning);
            effort = nearest;
        }

        if (effort is null && conversation.OutputFormat is null) return isThinking;
        json.WriteStartObject("output_config"u8);
        if (effort is not null) json.WriteString("effort"u8, effort);
        WriteOutputFormat();
        json.WriteEndObject();
        return isThinking;
    }

    /// <summary>A budget stays below the limit of the whole answer (SEMANTICS 49), and is taken only where the vendor's own thoughts are there (39).</summary>
    private bool WriteBudget(long asked, long maxTokens, bool isInUnsignedLoop)
    {
        var budget = Math.Min(asked, maxTokens - 1);
        if (budget < LeastBudget || (isInUnsignedLoop && !_isOwn))
        {
            losses.Lose(conversation.Names.Reasoning);
            return false;
        }

        json.WriteStartObject("thinking"u8);
        json.WriteString("type"u8, "enabled"u8);
        json.WriteNumber("budget_tokens"u8, budget);
        json.WriteEndObject();
        return true;
    }

    private void WriteOutputFormat()
    {
        var member = conversation.Names.OutputFormat;
        switch (conversation.OutputFormat)
        {
            case null:
                return;
            case OutputFormat.Vendor vendor when _isOwn:
                json.WriteSlice("format"u8, vendor.Raw);
                return;
            case OutputFormat.JsonSchema schema when _isOwn:
                WriteFormat(schema.Schema);
                return;
            case OutputFormat.JsonSchema schema when facts.JsonSchema != false:
                if (MessagesStrictSchema.UnsupportedIn(schema.Schema) is { } keyword) losses.Refuse(member, keyword);
                else if (!MessagesStrictSchema.SizeOf(schema.Schema).IsTaken) losses.Refuse(member, "too many choices");
                else WriteFormat(MessagesStrictSchema.Closed(schema.Schema));
                if (schema.Description is { IsEmpty: false }) losses.Lose(member + ".json_schema.description");
                return;
            default:
                losses.Refuse(member);
                return;
        }
    }

    private void WriteFormat(JsonSlice schema)
    {
        json.WriteStartObject("format"u8);
        json.WriteString("type"u8, "json_schema"u8);
        json.WriteSlice("schema"u8, schema);
        json.WriteEndObject();
    }
}
