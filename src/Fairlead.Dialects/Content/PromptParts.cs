using Fairlead.Dialects.Json;

namespace Fairlead.Dialects.Content;

/// <summary>One text of the prompt, as a range of the body.</summary>
/// <param name="Start">Behind its quote.</param>
/// <param name="Length">Its bytes, as they are spelled.</param>
/// <param name="StartsMessage">Whether it is the first of its message.</param>
internal readonly record struct PromptPart(int Start, int Length, bool StartsMessage);

/// <summary>
/// Where the system and user text stands in a body, found in one forward pass over its messages. What is broken ends the pass: what
/// stands before the break is there, the rest is as if it were not. Where parsers may differ – a member twice, a role or a type that
/// nobody knows – the text is rather taken than left out, for a rule that should have seen it is worse off than one that saw too much.
/// </summary>
internal sealed class PromptParts
{
    /// <summary>The deepest nesting that a peeked body has.</summary>
    public const int MostDepth = 128;

    private readonly List<PromptPart> _texts = [];
    private int _message; // how many texts stood before this message

    /// <summary>The texts, in the order of the body.</summary>
    public IReadOnlyList<PromptPart> Texts => _texts;

    /// <summary>Whether a message holds an image, whoever sent it.</summary>
    public bool HasImages { get; set; }

    /// <summary>Begins a message.</summary>
    public void BeginMessage() => _message = _texts.Count;

    /// <summary>Takes the message's texts out again: they are the model's or a tool's.</summary>
    public void DropMessage() => _texts.RemoveRange(_message, _texts.Count - _message);

    /// <summary>Reads the next value, a message's <c>content</c>: a text, or an array of parts.</summary>
    /// <param name="cursor">Before the value.</param>
    /// <param name="offset">Where the cursor's text starts in the body.</param>
    public void ReadContent(ref JsonCursor cursor, int offset)
    {
        if (!cursor.TryEnterArray())
        {
            TakeText(ref cursor, offset);
            return;
        }

        while (cursor.TryNextElement())
        {
            if (cursor.TryEnterObject()) ReadPart(ref cursor, offset);
            else TakeText(ref cursor, offset); // some vendors take bare texts
        }
    }

    /// <summary>Whether any of the parts in the next value, an array, is an image. Texts in it are not taken.</summary>
    private void ReadImages(ref JsonCursor cursor)
    {
        if (!cursor.TryEnterArray())
        {
            cursor.TrySkip();
            return;
        }

        while (cursor.TryNextElement())
        {
            if (!cursor.TryEnterObject())
            {
                cursor.TrySkip();
                continue;
            }

            while (cursor.TryNextSpelledMember(out var name))
            {
                if (SpelledChars.Is(name, "type"u8)) TakeType(cursor.Take());
                else cursor.TrySkip();
            }
        }
    }

    private void ReadPart(ref JsonCursor cursor, int offset)
    {
        while (cursor.TryNextSpelledMember(out var name))
        {
            if (SpelledChars.Is(name, "text"u8)) TakeText(ref cursor, offset);
            else if (SpelledChars.Is(name, "type"u8)) TakeType(cursor.Take());
            else if (SpelledChars.Is(name, "content"u8)) ReadImages(ref cursor); // of a tool's result
            else cursor.TrySkip();
        }
    }

    private void TakeText(ref JsonCursor cursor, int offset)
    {
        var value = cursor.Take();
        if (value.Length > 2 && value[0] == '"') _texts.Add(new PromptPart(offset + cursor.Position - value.Length + 1, value.Length - 2, _texts.Count == _message));
    }

    private void TakeType(ReadOnlySpan<byte> value)
    {
        if (value.Length <= 2 || value[0] != '"') return;
        var type = value[1..^1];
        HasImages |= SpelledChars.Is(type, "image_url"u8) || SpelledChars.Is(type, "image"u8) || SpelledChars.Is(type, "input_image"u8);
    }
}
