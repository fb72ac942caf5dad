using System.Text.Json;
using Fairlead.Dialects.Splicing;
using Fairlead.Dialects.Translation;

namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>
/// Takes the thoughts of other vendors out of a request that goes on as it is: Anthropic refuses what it did not sign, and a conversation
/// may have been answered by others before. All other bytes stay, so that its prompt cache still hits.
/// </summary>
internal static class ForeignThoughtSplices
{
    private static readonly byte[] Disabled = """{"type":"disabled"}"""u8.ToArray();

    /// <summary>The ranges to take out, in order; none when there is no such thought.</summary>
    public static IReadOnlyList<Splice> Find(ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOf("\"fairlead."u8) < 0) return [];
        try
        {
            using var json = JsonBody.Parse(body);
            if (!json.Root.Has("messages"u8, out var messages) || messages.ValueKind != JsonValueKind.Array) return [];
            var splices = Find(json, messages);
            if (splices.Count > 0 && IsInForeignLoop(json, messages) && json.Root.Has("thinking"u8, out var thinking) && thinking.String("type"u8) == "enabled")
            {
                splices.Add(new Splice(json.OffsetOf(thinking), json.Slice(thinking).Raw.Length, Disabled));
                splices.Sort(static (left, right) => left.Start.CompareTo(right.Start));
            }

            return splices;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return []; // the finer grammar is the vendor's to refuse
        }
    }

    private static List<Splice> Find(JsonBody json, JsonElement messages)
    {
        var splices = new List<Splice>();
        var turns = new List<Element>(messages.GetArrayLength());
        foreach (var message in messages.EnumerateArray())
        {
            var blocks = new List<Element>();
            if (message.Has("content"u8, out var content) && content.ValueKind == JsonValueKind.Array)
            {
                foreach (var block in content.EnumerateArray()) blocks.Add(ElementOf(json, block, IsForeign(json, block)));
            }

            var isEmptied = blocks.Count > 0 && blocks.TrueForAll(block => block.IsTaken);
            turns.Add(ElementOf(json, message, isEmptied)); // a turn of nothing is refused too
            if (!isEmptied) AddRemovals(blocks, splices);
        }

        AddRemovals(turns, splices);
        splices.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        return splices;
    }

    /// <summary>
    /// Whether the model's last turn called tools behind a thought that is taken out: within such a loop the vendor takes no budget to
    /// think in (SEMANTICS 39).
    /// </summary>
    private static bool IsInForeignLoop(JsonBody json, JsonElement messages)
    {
        for (var i = messages.GetArrayLength() - 1; i >= 0; i--)
        {
            var message = messages[i];
            if (message.String("role"u8) != "assistant") continue;
            if (!message.Has("content"u8, out var content) || content.ValueKind != JsonValueKind.Array) return false;
            var first = content.EnumerateArray().FirstOrDefault(block => !IsForeign(json, block));
            return first.String("type"u8) is not (null or "thinking" or "redacted_thinking") && content.EnumerateArray().Any(block => block.String("type"u8) == "tool_use");
        }

        return false;
    }

    private static bool IsForeign(JsonBody json, JsonElement block) => block.String("type"u8) switch
    {
        "thinking" => json.Text(block, "signature"u8)?.Inner.StartsWith(ForeignThought.Mark) == true,
        "redacted_thinking" => json.Text(block, "data"u8)?.Inner.StartsWith(ForeignThought.Mark) == true,
        _ => false,
    };

    /// <summary>Ranges of the taken elements of an array, each with the comma that falls away with it.</summary>
    private static void AddRemovals(List<Element> elements, List<Splice> splices)
    {
        var keptEnd = -1;
        for (var i = 0; i < elements.Count; i++)
        {
            var (start, end, isTaken) = elements[i];
            if (isTaken && keptEnd >= 0) splices.Add(new Splice(keptEnd, end - keptEnd, default));
            else if (isTaken && i + 1 < elements.Count) splices.Add(new Splice(start, elements[i + 1].Start - start, default));
            if (!isTaken || keptEnd >= 0) keptEnd = end;
        }
    }

    private static Element ElementOf(JsonBody json, JsonElement value, bool isTaken)
    {
        var start = json.OffsetOf(value);
        return new Element(start, start + json.Slice(value).Raw.Length, isTaken);
    }

    private readonly record struct Element(int Start, int End, bool IsTaken);
}
