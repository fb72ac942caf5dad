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
        Estimate = Charge.Estimate(attempt, request.Facts.PromptTokensBound) with { Input = InputOf(request, attempt, translated.Conversation!) },
        IncludesUsage = translated.Conversation!.IncludesUsage == true,
        UsesFunctions = translated.Conversation!.UsesFunctions,
    };

    /// <summary>Only Anthropic's dialect tells the prompt's tokens before the vendor has: by arithmetic, a tokenizer would delay the first word.</summary>
    private static long InputOf(GatewayRequest request, Attempt attempt, Conversation conversation)
    {
        var target = attempt.Choice.Target;
        return request.Call.Dialect == MessagesDialect.Instance ? PromptTokens.Estimate(conversation, target.Provider.CatalogName, target.Model).Tokens : 0;
    }
}
