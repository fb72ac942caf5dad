using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Continuation;

/// <summary>A request as it is sent to a target that goes on with an answer that another one began. Immutable.</summary>
/// <param name="Conversation">What is asked: the conversation, with the text so far as the model's last turn.</param>
/// <param name="WhiteSpace">What the text so far ends with and the target is not given.</param>
public sealed record ContinuedRequest(Conversation Conversation, string WhiteSpace)
{
    /// <summary>The request; null where its answer is no plain text that could be gone on with.</summary>
    /// <param name="asked">What the client asked.</param>
    /// <param name="begun">What the client has of the answer.</param>
    /// <param name="tokens">About how many tokens that is: they count towards the client's limit.</param>
    public static ContinuedRequest? Of(Conversation asked, BegunAnswer begun, long tokens)
    {
        // A form is held to from an answer's first letter, a call that must be made has none before it, and probabilities would be missing for half of it.
        if (!begun.IsText || asked.OutputFormat is not null || asked.ToolChoice is { Kind: not (ToolChoiceKind.Auto or ToolChoiceKind.None) }) return null;
        foreach (var parameter in asked.Parameters)
        {
            if (parameter.Name is "logprobs" or "top_logprobs") return null;
        }

        if (TextOf(begun) is not { } text) return null;
        var kept = text.TrimEnd();
        var conversation = asked with
        {
            Messages = kept.Length == 0 ? asked.Messages : WithTurn(asked.Messages, kept),
            MaxOutputTokens = asked.MaxOutputTokens is { } most ? Math.Max(1, most - tokens) : null,
            Reasoning = null, // it has thought; vendors refuse to think on behind a text
            IncludesUsage = true,
            Parameters = [.. asked.Parameters.Where(parameter => parameter.Name != "metadata")], // claims for the gateway may stand in it
        };
        return new ContinuedRequest(conversation, text[kept.Length..]);
    }

    private static string? TextOf(BegunAnswer begun)
    {
        try
        {
            return begun.Text.ToString();
        }
        catch (InvalidOperationException)
        {
            return null; // it ends with half a character, the other half of which nobody would say
        }
    }

    /// <summary>A turn that the client began itself is gone on with, for no dialect takes two of the model's.</summary>
    private static Message[] WithTurn(IReadOnlyList<Message> messages, string text)
    {
        var place = new Place(messages.Count);
        if (messages is not [.., { Role: Role.Assistant, Parts: [.., TextPart said] } last])
        {
            return [.. messages, new Message(Role.Assistant, [new TextPart(JsonText.Of(text)) { Place = place }], place)];
        }

        var whole = said with { Text = new JsonText((byte[])[(byte)'"', .. said.Text.Inner, .. JsonText.Of(text).Inner, (byte)'"']) };
        return [.. messages.Take(messages.Count - 1), last with { Parts = [.. last.Parts.Take(last.Parts.Count - 1), whole] }];
    }
}
