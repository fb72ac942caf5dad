using System.Text;
using System.Text.Json;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>Token counts in the canonical sense: cached and written within input, reasoning within output.</summary>
internal readonly record struct Counts(long Input, long Cached, long Write, long Output, long Reasoning);

/// <summary>
/// What a chat stream says, read event by event with the platform's JSON document. A value: copying it forks the reading.
/// </summary>
internal record struct StreamState
{
    public int Choices;
    public string? Id;
    public string? Model;
    public Counts? Usage;
    public int ContentEvents;
    public long ContentBytes;
    public bool IsDone;
    public bool IsBroken;
    public UInt128 Seen;
    public UInt128 Finished;
    public bool IsHolding;

    /// <summary>An event stood behind the end: nothing passes any more.</summary>
    public bool IsStopped;

    /// <summary>Bytes of the expected output that may have gone out, held ones not counted.</summary>
    public int Released;

    /// <summary>Bytes of the expected output, held ones counted.</summary>
    public int Output;

    /// <summary>Bytes of the input that are taken.</summary>
    public int Consumed;

    private bool _usageIsBeside;

    public readonly bool IsComplete => !IsBroken && (IsDone || IsFinished);

    private readonly bool IsFinished => Seen != 0 && Seen == Finished && (int)UInt128.PopCount(Seen) >= Choices;

    /// <summary>Takes a block in; false when it is not passed on: it is an error, stands behind the end, or is cut off.</summary>
    public bool Take(StreamBlock block, bool isUnclosed, bool withholds, out bool isWithheld)
    {
        isWithheld = false;
        if (IsBroken || IsStopped) return false;
        if (block.Data is null)
        {
            if (isUnclosed) return false;
            return Pass(block, isWithheld: false, isContent: false);
        }

        if (IsDone)
        {
            IsStopped = true;
            return false;
        }

        if (block.Data.Trim() == "[DONE]")
        {
            IsDone = true;
            return Pass(block, isWithheld: false, isContent: false);
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(block.Data, new JsonDocumentOptions { MaxDepth = 128 });
        }
        catch (JsonException)
        {
            IsBroken = !isUnclosed || block.Type == "error";
            return false;
        }

        using (document)
        {
            if (block.Type == "error" || HasError(document.RootElement))
            {
                IsBroken = true;
                return false;
            }

            var before = this;
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object) Read(root);
            if (isUnclosed && !IsComplete)
            {
                this = before; // the standard drops it, and an error event written behind it would be one event with it
                return false;
            }

            var isContent = ContentBytes > before.ContentBytes;
            if (isContent) ContentEvents++;
            isWithheld = withholds && IsUsageAlone(root);
            return Pass(block, isWithheld, isContent);
        }
    }

    /// <summary>Canonical counts of a usage object; null when it cannot be true. The total says where reasoning is counted.</summary>
    public static Counts? CountsOf(JsonElement usage)
    {
        if (!TryCount(usage, "prompt_tokens", out var prompt) || !TryCount(usage, "completion_tokens", out var completion)) return null;
        if (prompt is null || completion is null || prompt + completion == 0) return null;
        var total = TryCount(usage, "total_tokens", out var said) ? said : null;
        long? cached = null, written = null, reasoning = null;
        foreach (var name in new[] { "prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens" }) cached = Larger(cached, usage, name);
        written = Larger(written, usage, "cache_creation_input_tokens");
        if (usage.TryGetProperty("prompt_tokens_details", out var input) && input.ValueKind == JsonValueKind.Object)
        {
            cached = Larger(cached, input, "cached_tokens");
            written = Larger(written, input, "cache_write_tokens");
        }

        if (usage.TryGetProperty("completion_tokens_details", out var output) && output.ValueKind == JsonValueKind.Object) reasoning = Larger(reasoning, output, "reasoning_tokens");

        // What the total holds beyond prompt and completion is thinking that the vendor did not count as completion.
        var surplus = (total ?? 0) - prompt.Value - completion.Value;
        if (surplus > 0 && (reasoning is null or 0 || reasoning == surplus))
        {
            completion += surplus;
            reasoning = surplus;
        }

        var read = Math.Min(cached ?? 0, prompt.Value);
        return new Counts(prompt.Value, read, Math.Min(written ?? 0, prompt.Value - read), completion.Value, Math.Min(reasoning ?? 0, completion.Value));
    }

    private bool Pass(StreamBlock block, bool isWithheld, bool isContent)
    {
        if (IsHolding && isContent)
        {
            Released = Output;
            IsHolding = false;
        }

        if (block.Data is not null && (IsDone || IsFinished)) IsHolding = true;
        Output += isWithheld ? 0 : block.End - block.Start;
        if (!IsHolding) Released = Output;
        Consumed = block.End;
        return true;
    }

    private static long? Larger(long? known, JsonElement from, string name) =>
        TryCount(from, name, out var found) && found is { } value ? Math.Max(known ?? 0, value) : known;

    private static bool TryCount(JsonElement usage, string name, out long? count)
    {
        count = null;
        if (!usage.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number) || number is < 0 or > 100_000_000) return false;
        count = number;
        return true;
    }

    private static bool HasError(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return false;
        if (IsSaid(root, "error")) return true;
        if (root.TryGetProperty("x_groq", out var beside) && beside.ValueKind == JsonValueKind.Object && IsSaid(beside, "error")) return true;
        return Items(root).Any(choice => IsSaid(choice, "error"));
    }

    private static bool IsSaid(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static IEnumerable<JsonElement> Items(JsonElement root) =>
        root.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array ? choices.EnumerateArray().Where(choice => choice.ValueKind == JsonValueKind.Object) : [];

    private static bool IsUsageAlone(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object && !Items(root).Any();

    private void Read(JsonElement root)
    {
        Id ??= Text(root, "id");
        Model ??= Text(root, "model");
        foreach (var choice in Items(root))
        {
            var index = choice.TryGetProperty("index", out var said) ? said.GetInt32() : 0;
            Seen |= UInt128.One << index;
            if (Text(choice, "finish_reason") is not null) Finished |= UInt128.One << index;
            if (choice.TryGetProperty("delta", out var delta) && delta.ValueKind == JsonValueKind.Object) ContentBytes += delta.EnumerateObject().Sum(MeaningfulBytes);
        }

        if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            if (CountsOf(usage) is { } counts) (Usage, _usageIsBeside) = (counts, false);
        }
        else if (root.TryGetProperty("x_groq", out var groq) && groq.ValueKind == JsonValueKind.Object && groq.TryGetProperty("usage", out var beside) && beside.ValueKind == JsonValueKind.Object)
        {
            if ((Usage is null || _usageIsBeside) && CountsOf(beside) is { } counts) (Usage, _usageIsBeside) = (counts, true);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>Bytes between the quotes or brackets of what a delta says; a role, a signature or an empty text says nothing.</summary>
    private static long MeaningfulBytes(JsonProperty member)
    {
        var canBeText = member.Name is "content" or "reasoning_content" or "reasoning" or "thinking" or "refusal";
        var canBeParts = canBeText || member.Name is "tool_calls" or "reasoning_details" or "function_call" or "executed_tools" or "images" or "audio";
        var counts = member.Value.ValueKind switch
        {
            JsonValueKind.String => canBeText,
            JsonValueKind.Array or JsonValueKind.Object => canBeParts,
            _ => false,
        };
        return counts ? Encoding.UTF8.GetByteCount(member.Value.GetRawText()) - 2 : 0;
    }
}

/// <summary>A whole stream as the oracle reads it: its state after every block, and the bytes that must go out.</summary>
internal sealed class StreamOracle
{
    private readonly byte[] _bytes;
    private readonly bool _withholds;

    /// <param name="bytes">The stream.</param>
    /// <param name="withholds">Whether the usage chunk was asked for by the gateway alone.</param>
    /// <param name="choices">How many answers were asked for.</param>
    /// <param name="splitsLineFeeds">The bytes come one by one: a CR ends a withheld block, and its LF passes as a blank line.</param>
    public StreamOracle(byte[] bytes, bool withholds, int choices = 1, bool splitsLineFeeds = false)
    {
        _bytes = bytes;
        _withholds = withholds;
        Blocks = EventCutter.Cut(bytes, out var rest);
        var state = new StreamState { Choices = choices };
        var states = new List<StreamState> { state };
        using var output = new MemoryStream();
        foreach (var block in Blocks)
        {
            if (state.Take(block, isUnclosed: false, withholds, out var isWithheld))
            {
                if (!isWithheld) output.Write(bytes, block.Start, block.End - block.Start);
                else if (splitsLineFeeds && bytes[block.End - 1] == '\n' && bytes[block.End - 2] == '\r') output.WriteByte((byte)'\n');
            }

            states.Add(state);
        }

        States = states;
        var final = state;
        if (rest < bytes.Length && final.Take(EventCutter.Rest(bytes, rest), isUnclosed: true, withholds, out var isLastWithheld) && !isLastWithheld)
        {
            output.Write(bytes, rest, bytes.Length - rest);
        }

        Final = final;
        Output = output.ToArray();
    }

    /// <summary>The whole blocks.</summary>
    public IReadOnlyList<StreamBlock> Blocks { get; }

    /// <summary>The state after so many whole blocks.</summary>
    public IReadOnlyList<StreamState> States { get; }

    /// <summary>The state after the stream has ended.</summary>
    public StreamState Final { get; }

    /// <summary>All bytes that go out if the stream is complete.</summary>
    public byte[] Output { get; }

    /// <summary>The state after the first bytes came, while more may come.</summary>
    public StreamState After(int bytes) => States[WholeBlocks(bytes)];

    /// <summary>The state of a stream that ends after the first bytes.</summary>
    public StreamState EndedAfter(int bytes)
    {
        var whole = WholeBlocks(bytes);
        var state = States[whole];
        var start = whole == 0 ? 0 : Blocks[whole - 1].End;
        if (start < bytes) state.Take(EventCutter.Rest(_bytes.AsSpan(0, bytes), start), isUnclosed: true, _withholds, out _);
        return state;
    }

    private int WholeBlocks(int bytes)
    {
        int low = 0, high = Blocks.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Blocks[middle].End <= bytes) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
