using System.Buffers;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Messages;
using Fairlead.Dialects.Streaming;

namespace Fairlead.Dialects.Translation;

/// <summary>Reads and writes one dialect's requests and answers in canonical form. Without state; safe for any number of threads.</summary>
public interface IDialectCodec
{
    /// <summary>Reads a request that the dialect has peeked at; null when it is refused, with the reason in <paramref name="losses"/>.</summary>
    Conversation? ReadRequest(ReadOnlyMemory<byte> body, TranslationLosses losses);

    /// <summary>Writes a request for a target; worthless when <paramref name="losses"/> then refuses.</summary>
    void WriteRequest(IBufferWriter<byte> body, Conversation conversation, Target target, TranslationLosses losses);

    /// <summary>Reads a whole JSON answer that is one of the dialect; null when something in it is broken.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="facts">What was read of it before.</param>
    /// <param name="losses">Takes what the canonical form has no word for.</param>
    Answer? ReadAnswer(ReadOnlyMemory<byte> body, in AnswerFacts facts, TranslationLosses losses);

    /// <summary>Writes a whole JSON answer.</summary>
    void WriteAnswer(IBufferWriter<byte> body, Answer answer, in AnswerSetting setting);

    /// <summary>Watches a stream of the dialect and tells its answer piece by piece.</summary>
    StreamObserver Observe(IAnswerEvents events);

    /// <summary>Writes a stream of the dialect.</summary>
    AnswerStreamWriter OpenStream(in AnswerSetting setting);
}

/// <summary>What an answer in another dialect than the vendor's needs beside what the vendor said.</summary>
public readonly record struct AnswerSetting
{
    /// <summary>Our id of the request: stands in where the vendor gave no id.</summary>
    public required string RequestId { get; init; }

    /// <summary>The target's model: stands in where the vendor names none.</summary>
    public required string Model { get; init; }

    /// <summary>When the answer was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Tokens as estimated: for a dialect that must have counts, where the vendor tells none, or at its end alone.</summary>
    public required TokenUsage Estimate { get; init; }

    /// <summary>Whether the client asked for the usage of a stream.</summary>
    public bool IncludesUsage { get; init; }

    /// <summary>Whether calls are told in OpenAI's first form.</summary>
    public bool UsesFunctions { get; init; }
}

/// <summary>
/// Writes a stream of a dialect from the pieces of an answer. Everything but the end may be sent as soon as it is written. Not safe for
/// several threads.
/// </summary>
public abstract class AnswerStreamWriter : IAnswerEvents
{
    private readonly TranslationLosses _losses = new();

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

    private protected bool HasBegun { get; private set; }

    private protected string Id { get; private set; } = "";

    private protected string Model { get; private set; } = "";

    /// <inheritdoc />
    public void Begin(string? id, string? model)
    {
        if (HasBegun) return;
        HasBegun = true;
        Id = id ?? Setting.RequestId;
        Model = model ?? Setting.Model;
        WriteBegin();
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

    private protected abstract void WriteEnd(Finish finish, TokenUsage? usage, TokenUsage estimate);

    /// <summary>An id for a call whose vendor gives none, unique within the request.</summary>
    private protected string IdOf(string? id, int number) => AnswerIds.OfCall(id, Setting.RequestId, number);
}

/// <summary>Ids that a vendor left out.</summary>
internal static class AnswerIds
{
    /// <summary>The call's own id, or one made of the request's and the call's number in it (SEMANTICS 13, 26).</summary>
    public static string OfCall(string? id, string requestId, int number) => id is { Length: > 0 } ? id : $"call_{requestId}_{number}";
}
