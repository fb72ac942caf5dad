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
        CreatedAt = now,
        Estimate = Charge.Estimate(attempt, request.Facts.PromptTokensBound),
        IncludesUsage = translated.Conversation!.IncludesUsage == true,
        UsesFunctions = translated.Conversation.UsesFunctions,
    };
}
