using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// Each call has its result before the model speaks again, and each result its call (SEMANTICS 18). Vendors refuse anything else in
/// words that name ids the client may never have seen, so it is told here.
/// </summary>
internal static class CallPairing
{
    private const int MostShown = 64;

    /// <summary>Faults what does not pair.</summary>
    public static void Check(Conversation conversation, TranslationLosses losses)
    {
        HashSet<string>? open = null;
        var hasVendorCalls = false;
        foreach (var message in conversation.Messages)
        {
            if (message.Role == Role.Assistant && open is { Count: > 0 })
            {
                Unanswered(open, losses);
                return;
            }

            // A call that only its dialect knows may have the result: whoever cannot carry it says so.
            if (message.Role == Role.Assistant) hasVendorCalls = message.Parts.Any(part => part is VendorPart);
            foreach (var part in message.Parts)
            {
                if (part is ToolCallPart call) (open ??= new HashSet<string>(StringComparer.Ordinal)).Add(call.Id);
                if (part is not ToolResultPart result || open?.Remove(result.CallId) == true || hasVendorCalls) continue;
                losses.Fault(result.Place.ToString(), $"answers the call '{Shown(result.CallId)}', which the model's turn before it does not make");
                return;
            }
        }

        if (open is { Count: > 0 }) Unanswered(open, losses);
    }

    private static void Unanswered(HashSet<string> open, TranslationLosses losses) => losses.Fault("messages", $"hold no result for the call '{Shown(open.First())}'");

    private static string Shown(string id) => id.Length <= MostShown ? id : id[..MostShown] + "…";
}
