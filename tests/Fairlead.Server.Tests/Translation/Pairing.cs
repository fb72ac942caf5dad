namespace Fairlead.Server.Tests.Translation;

/// <summary>Every call has its result in the very next turn, and every result its call in the turn before.</summary>
internal static class Pairing
{
    public static void Check(DueOutcome due, WireConversation asked)
    {
        if (IsWhole(asked)) return;
        due.Refusals.Add("messages");
        due.IsClientsFault = true;
    }

    public static bool IsWhole(WireConversation asked)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var turn in asked.Turns)
        {
            if (!open.SetEquals(turn.Parts.OfType<WirePart.Result>().Select(result => result.Id))) return false;
            open = [.. turn.Parts.OfType<WirePart.Call>().Select(call => call.Id)];
        }

        return open.Count == 0;
    }
}
