using System.Buffers;
using System.Text.Json;
using Fairlead.Core.Messages;

namespace Fairlead.Core.Validation;

/// <summary>
/// An answer as far as its form is judged: its text and the inputs of its calls, heard piece by piece or taken from a whole one. Keeps
/// 1 MiB at most; what says more is not judged. Not safe for several threads.
/// </summary>
public sealed class HeardAnswer : IAnswerEvents
{
    /// <summary>The most that is kept.</summary>
    public const int MostBytes = 1024 * 1024;

    private const int MostCalls = 256;

    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly List<HeardCall> _calls = [];

    /// <summary>Bytes that are kept.</summary>
    public int Bytes { get; private set; }

    /// <summary>Whether not all of it is here: it was too much, or pieces could not be read.</summary>
    public bool IsIncomplete { get; set; }

    /// <summary>Whether the model said that it will not answer.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Whether it holds what the canonical form has no word for, such as a call of a tool that only its vendor knows.</summary>
    public bool HasOthers { get; private set; }

    /// <summary>Whether a call's input is no JSON object, as the reader of a whole answer found.</summary>
    public bool HasBrokenCall { get; set; }

    /// <summary>Why it ended.</summary>
    public FinishReason Finish { get; set; } = FinishReason.Unknown;

    internal IReadOnlyList<HeardCall> Calls => _calls;

    /// <summary>Takes a whole answer. Its inputs are not copied.</summary>
    public static HeardAnswer Of(Answer answer)
    {
        var heard = new HeardAnswer { Finish = answer.Finish.Reason };
        foreach (var part in answer.Parts)
        {
            if (part is TextPart text) heard.Text(text.Text.Inner);
            else if (part is RefusalPart) heard.IsRefused = true;
            else if (part is ToolCallPart call && heard.Takes(call.Input.Raw.Length)) heard.Add(new HeardCall(heard._calls.Count, call.Name) { Input = call.Input.Raw });
        }

        return heard;
    }

    /// <inheritdoc />
    public void Begin(string? id, string? model)
    {
    }

    /// <inheritdoc />
    public void Text(ReadOnlySpan<byte> spelled)
    {
        if (Takes(spelled.Length)) _text.Write(spelled);
    }

    /// <inheritdoc />
    public void Thinking(ReadOnlySpan<byte> spelled)
    {
    }

    /// <inheritdoc />
    public void Signature(string origin, ReadOnlySpan<byte> spelled)
    {
    }

    /// <inheritdoc />
    public void RedactedThinking(string origin, ReadOnlySpan<byte> spelled)
    {
    }

    /// <inheritdoc />
    public void Refusal(ReadOnlySpan<byte> spelled) => IsRefused = true;

    /// <inheritdoc />
    public void ToolCall(int key, string? id, string name)
    {
        if (Takes(name.Length)) Add(new HeardCall(key, name) { Pieces = new ArrayBufferWriter<byte>() });
    }

    /// <inheritdoc />
    public void ToolInput(int key, ReadOnlySpan<byte> spelled)
    {
        if (_calls.FindLast(call => call.Key == key)?.Pieces is { } pieces && Takes(spelled.Length)) pieces.Write(spelled);
    }

    /// <inheritdoc />
    public void Unsupported(string what) => HasOthers = true;

    /// <summary>The text; null when it is none: it holds half a character.</summary>
    internal ReadOnlyMemory<byte>? Said() => Unescaped(_text.WrittenSpan);

    /// <summary>The input of a call; null when it is no text.</summary>
    internal static ReadOnlyMemory<byte>? InputOf(HeardCall call) => call.Pieces is { } pieces ? Unescaped(pieces.WrittenSpan) : call.Input;

    private void Add(HeardCall call)
    {
        if (_calls.Count == MostCalls) IsIncomplete = true;
        else _calls.Add(call);
    }

    private bool Takes(int bytes)
    {
        if (IsIncomplete || bytes > MostBytes - Bytes)
        {
            IsIncomplete = true;
            return false;
        }

        Bytes += bytes;
        return true;
    }

    private static ReadOnlyMemory<byte>? Unescaped(ReadOnlySpan<byte> spelled)
    {
        byte[] quoted = [(byte)'"', .. spelled, (byte)'"'];
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            var text = new byte[spelled.Length];
            return text.AsMemory(0, reader.CopyString(text));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>A call that was heard.</summary>
/// <param name="Key">Names it within its answer.</param>
/// <param name="Name">The tool.</param>
internal sealed record HeardCall(int Key, string Name)
{
    /// <summary>Its input as JSON, of a whole answer.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Its input as a stream spells it; null of a whole answer.</summary>
    public ArrayBufferWriter<byte>? Pieces { get; init; }
}
