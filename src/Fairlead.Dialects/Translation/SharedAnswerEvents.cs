using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>Tells an answer's pieces to two receivers, the first one first. Not safe for several threads.</summary>
public sealed class SharedAnswerEvents(IAnswerEvents first, IAnswerEvents second) : IAnswerEvents
{
    /// <inheritdoc />
    public void Begin(string? id, string? model)
    {
        first.Begin(id, model);
        second.Begin(id, model);
    }

    /// <inheritdoc />
    public void Text(ReadOnlySpan<byte> spelled)
    {
        first.Text(spelled);
        second.Text(spelled);
    }

    /// <inheritdoc />
    public void Thinking(ReadOnlySpan<byte> spelled)
    {
        first.Thinking(spelled);
        second.Thinking(spelled);
    }

    /// <inheritdoc />
    public void Signature(string origin, ReadOnlySpan<byte> spelled)
    {
        first.Signature(origin, spelled);
        second.Signature(origin, spelled);
    }

    /// <inheritdoc />
    public void RedactedThinking(string origin, ReadOnlySpan<byte> spelled)
    {
        first.RedactedThinking(origin, spelled);
        second.RedactedThinking(origin, spelled);
    }

    /// <inheritdoc />
    public void Refusal(ReadOnlySpan<byte> spelled)
    {
        first.Refusal(spelled);
        second.Refusal(spelled);
    }

    /// <inheritdoc />
    public void ToolCall(int key, string? id, string name)
    {
        first.ToolCall(key, id, name);
        second.ToolCall(key, id, name);
    }

    /// <inheritdoc />
    public void ToolInput(int key, ReadOnlySpan<byte> spelled)
    {
        first.ToolInput(key, spelled);
        second.ToolInput(key, spelled);
    }

    /// <inheritdoc />
    public void Unsupported(string what)
    {
        first.Unsupported(what);
        second.Unsupported(what);
    }
}
