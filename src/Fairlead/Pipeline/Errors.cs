using Fairlead.Dialects.Errors;

namespace Fairlead.Pipeline;

/// <summary>Our own refusals in the client's dialect.</summary>
internal static class Errors
{
    public static ClientError Of(Refusal refusal, string requestId) =>
        new(refusal.Status, null, refusal.Code, refusal.Message, refusal.Param, requestId, refusal.Row.IsRetryable);
}
