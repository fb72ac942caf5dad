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
        foreach (var message in conversation.Messages)
        {
            if (message.Role == Role.Assistant && open is { Count: > 0 })
            {
                Unanswered(open, losses);
                return;
            }

            foreach (var part in message.Parts)
            {
                if (part is ToolCallPart call) (open ??= new HashSet<string>(StringComparer.Ordinal)).Add(call.Id);
                if (part is not ToolResultPart result || open?.Remove(result.CallId) == true) continue;
                losses.Fault(result.Place.ToString(), $"answers the call '{Shown(result.CallId)}', which the model's turn before it does not make");
                return;
            }
        }

        if (open is { Count: > 0 }) Unanswered(open, losses);
    }

    private static void Unanswered(HashSet<string> open, TranslationLosses losses) => losses.Fault("messages", $"hold no result for the call '{Shown(open.First())}'");

    private static string Shown(string id) => id.Length <= MostShown ? id : id[..MostShown] + "…";
}
