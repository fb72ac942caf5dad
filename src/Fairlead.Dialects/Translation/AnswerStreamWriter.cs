using System.Buffers;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.Translation;

/// <summary>
/// Writes a stream of a dialect from the pieces of an answer. Everything but the end may be sent as soon as it is written. Not safe for
/// several threads.
/// </summary>
public abstract class AnswerStreamWriter : IAnswerEvents
{
    private readonly TranslationLosses _losses = new();
    private bool _hasBegun;

    private protected AnswerStreamWriter(in AnswerSetting setting) => Setting = setting;

    /// <summary>Receives what is written next.</summary>
    public IBufferWriter<byte> Output { get; set; } = new ArrayBufferWriter<byte>(1);

    /// <summary>What of the answer is lost so far.</summary>
    public IReadOnlyList<string> Lost => _losses.Listed;

    /// <summary>Whether pieces came that fit nowhere: the answer is broken.</summary>
    public bool IsMalformed { get; private protected set; }

    /// <summary>Bytes that wait for their turn.</summary>
    public virtual int HeldBytes => 0;

    private protected AnswerSetting Setting { get; }

    private protected string Id { get; private set; } = "";

    private protected string Model { get; private set; } = "";

    /// <inheritdoc />
    public void Begin(string? id, string? model)
    {
        if (_hasBegun) return;
        _hasBegun = true;
        Id = id ?? Setting.RequestId;
        Model = model ?? Setting.Model;
        WriteBegin();
    }

    /// <summary>Goes on with a stream that has come so far and was not written here: nothing is begun again.</summary>
    public void Resume(in StreamPosition position)
    {
        _hasBegun = true;
        Id = position.Id ?? Setting.RequestId;
        Model = position.Model ?? Setting.Model;
        ResumeAt(position);
    }

    /// <inheritdoc />
    public abstract void Text(ReadOnlySpan<byte> spelled);

    /// <inheritdoc />
    public abstract void Thinking(ReadOnlySpan<byte> spelled);

    /// <inheritdoc />
    public abstract void Signature(string origin, ReadOnlySpan<byte> spelled);

    /// <inheritdoc />
    public abstract void RedactedThinking(string origin, ReadOnlySpan<byte> spelled);

    /// <inheritdoc />
    public abstract void Refusal(ReadOnlySpan<byte> spelled);

    /// <inheritdoc />
    public abstract void ToolCall(int key, string? id, string name);

    /// <inheritdoc />
    public abstract void ToolInput(int key, ReadOnlySpan<byte> spelled);

    /// <inheritdoc />
    public void Unsupported(string what) => _losses.Lose(what);

    /// <summary>Writes something that says nothing, so that nobody takes the stream for dead while what comes must wait (SEMANTICS 91).</summary>
    public virtual void WriteKeepAlive() => Output.Write(": keep-alive\n\n"u8);

    /// <summary>Writes the end, once the vendor's stream has ended as its dialect ends.</summary>
    /// <param name="finish">Why the answer ended.</param>
    /// <param name="usage">What the vendor reported; null when it did not.</param>
    /// <param name="estimate">What stands in where the dialect must have numbers.</param>
    public void End(Finish finish, TokenUsage? usage, TokenUsage estimate)
    {
        Begin(null, null);
        WriteEnd(finish, usage, estimate);
    }

    private protected abstract void WriteBegin();

    private protected abstract void ResumeAt(in StreamPosition position);

    private protected abstract void WriteEnd(Finish finish, TokenUsage? usage, TokenUsage estimate);

    /// <summary>An id for a call whose vendor gives none, unique within the request.</summary>
    private protected string IdOf(string? id, int number) => CallIds.OrMade(id, Setting.RequestId, number);
}
