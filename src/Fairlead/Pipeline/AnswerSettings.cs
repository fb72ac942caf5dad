using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Core.Tokens;
using Fairlead.Dialects.AnthropicMessages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>What a translated answer needs beside what the vendor said.</summary>
internal static class AnswerSettings
{
    /// <summary>For an answer that begins, or is whole, now.</summary>
    public static AnswerSetting Of(GatewayRequest request, Attempt attempt, TranslatedRequest translated, DateTimeOffset now) => new()
    {
        RequestId = request.Id,
        Model = attempt.Choice.Target.WireModel,
        RequestedModel = request.Facts.Model,
        CreatedAt = now,
        Estimate = EstimateOf(request, attempt, translated.Conversation!),
        IncludesUsage = translated.Conversation!.IncludesUsage == true,
        UsesFunctions = translated.Conversation!.UsesFunctions,
    };

    /// <summary>For the rest of a stream that has begun, and has told all that stands in front.</summary>
    public static AnswerSetting Of(GatewayRequest request, Attempt begun, Conversation asked, DateTimeOffset now) => new()
    {
        RequestId = request.Id,
        Model = begun.Choice.Target.WireModel,
        RequestedModel = request.Facts.Model,
        CreatedAt = now,
        Estimate = default,
        IncludesUsage = asked.IncludesUsage == true,
        UsesFunctions = asked.UsesFunctions,
    };

    /// <summary>Anthropic's dialect alone must have counts, and before the vendor told them: by arithmetic, for a tokenizer would delay the first word.</summary>
    private static TokenUsage EstimateOf(GatewayRequest request, Attempt attempt, Conversation conversation)
    {
        if (attempt.ReportedUsage is not null || request.Call.Dialect != MessagesDialect.Instance) return default;
        var target = attempt.Choice.Target;
        var prompt = PromptTokens.Estimate(conversation, target.Provider.CatalogName, target.Model).Tokens;
        return Charge.Estimate(attempt, request.Facts.PromptTokensBound) with { Input = prompt };
    }
}
