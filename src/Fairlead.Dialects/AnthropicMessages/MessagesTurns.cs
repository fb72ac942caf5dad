using Fairlead.Core.Messages;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>One turn as the dialect has it.</summary>
internal readonly record struct MessagesTurn(Role Role, List<Part> Parts);

/// <summary>
/// A conversation laid out as the dialect wants it: system texts in front, turns of one role joined (SEMANTICS 5, 17), results before
/// texts and each right behind its call (16, 18), nothing blank (6).
/// </summary>
internal sealed class MessagesTurns
{
    private MessagesTurns(List<Part> system, List<MessagesTurn> turns)
    {
        System = system;
        Turns = turns;
    }

    /// <summary>System texts.</summary>
    public List<Part> System { get; }

    /// <summary>The turns; system ones among them only where they were read from the dialect itself.</summary>
    public List<MessagesTurn> Turns { get; }

    /// <summary>
    /// Whether the model's last turn is one that called tools without a thought of its own in front. Within such a loop the vendor takes
    /// no budget to think in (SEMANTICS 39).
    /// </summary>
    public bool IsInUnsignedLoop =>
        Turns.FindLast(turn => turn.Role == Role.Assistant) is { Parts: [not (ThinkingPart or RedactedThinkingPart), ..] parts } && parts.Exists(part => part is ToolCallPart);

    /// <summary>Lays a conversation out.</summary>
    public static MessagesTurns Of(Conversation conversation, TranslationLosses losses)
    {
        var laid = new MessagesTurns([], []);
        var isOwn = conversation.Dialect == DialectNames.AnthropicMessages;
        var isLeading = true;
        foreach (var message in conversation.Messages)
        {
            if (message.Name is not null) losses.Lose($"{message.Place}.name");
            foreach (var extra in message.Extras) losses.Drop($"{message.Place}.{extra.Name}", extra.ChangesMeaning);
            var isSystem = message.Role is Role.System or Role.Developer;
            if (isSystem && (isLeading || (isOwn && message.Place.Message == Place.SystemMember)))
            {
                laid.AddSystem(message, losses);
            }
            else if (isSystem && !isOwn)
            {
                losses.Lose($"{message.Place}.role");
                laid.Add(Role.User, message.Parts.Select(part => Folded(part, losses)), conversation, losses);
            }
            else
            {
                laid.Add(message.Role, message.Parts, conversation, losses);
            }

            isLeading &= isSystem && !isOwn;
        }

        laid.PutResultsFirst();
        return laid;
    }

    private void AddSystem(Message message, TranslationLosses losses)
    {
        foreach (var part in message.Parts)
        {
            if (part is not TextPart text) losses.Refuse(part.Place.ToString());
            else if (!text.Text.IsBlank()) System.Add(part);
        }
    }

    /// <summary>A system text where the dialect takes none: it stands at its place, in a user turn (SEMANTICS 3).</summary>
    private static Part Folded(Part part, TranslationLosses losses)
    {
        if (part is not TextPart text)
        {
            losses.Refuse(part.Place.ToString());
            return part;
        }

        return text.Text.IsBlank() ? part : text with { Text = new JsonText((byte[])[.. "\"<system>\\n"u8, .. text.Text.Inner, .. "\\n</system>\""u8]) };
    }

    private void Add(Role role, IEnumerable<Part> parts, Conversation conversation, TranslationLosses losses)
    {
        var isJoined = Turns.Count > 0 && Turns[^1].Role == role;
        var into = isJoined ? Turns[^1].Parts : [];
        foreach (var part in parts)
        {
            if (IsForeignThought(part)) losses.Lose(conversation.Names.Thoughts); // nobody takes what another vendor thought; a turn of nothing else is none
            else if (part is not TextPart text || !text.Text.IsBlank()) into.Add(part);
        }

        if (!isJoined && into.Count > 0) Turns.Add(new MessagesTurn(role, into));
    }

    private static bool IsForeignThought(Part part) =>
        part is ThinkingPart { Signature: not { Origin: DialectNames.AnthropicMessages } } or RedactedThinkingPart { Origin: not DialectNames.AnthropicMessages };

    private void PutResultsFirst()
    {
        for (var i = 0; i < Turns.Count; i++)
        {
            var parts = Turns[i].Parts;
            var sawOther = false;
            foreach (var part in parts)
            {
                if (part is ToolResultPart && sawOther)
                {
                    Turns[i] = Turns[i] with { Parts = [.. parts.Where(part => part is ToolResultPart), .. parts.Where(part => part is not ToolResultPart)] };
                    break;
                }

                sawOther |= part is not ToolResultPart;
            }
        }
    }
}
