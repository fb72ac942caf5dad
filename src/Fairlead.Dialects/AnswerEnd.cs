using Fairlead.Core.Execution;

namespace Fairlead.Dialects;

/// <summary>What an answer's end tells: whether it says anything, and why it ended. Collected while it is read.</summary>
internal struct AnswerEnd
{
    /// <summary>Whether it has text, a refusal, a tool call or media: thinking alone is no answer.</summary>
    public bool HasOutput;

    /// <summary>Whether a filter of the vendor's ended it.</summary>
    public bool IsFiltered;

    /// <summary>Whether it reached its length limit.</summary>
    public bool IsCut;

    /// <summary>Whether the model declined in the member that the dialect has for it.</summary>
    public bool IsRefused;

    /// <summary>Whether it waits to be continued: what it has is not all.</summary>
    public bool IsPaused;

    /// <summary>Whether the vendor says that its filter did not run.</summary>
    public bool IsUnfiltered;

    /// <summary>What of it is to be noted.</summary>
    /// <param name="isFinished">Whether it has ended; before, nothing can be said of what it lacks.</param>
    public readonly AnswerNotes Notes(bool isFinished) => AnswerNotes.None
        .With(FailureClass.OutputFiltered, IsFiltered)
        .With(FailureClass.FilterSkipped, IsUnfiltered)
        .With(FailureClass.Refused, IsRefused)
        .With(FailureClass.LengthReached, IsCut)
        .With(FailureClass.EmptyOutput, isFinished && !HasOutput && !IsFiltered && !IsCut && !IsRefused && !IsPaused);

    /// <summary>Adds what another piece told.</summary>
    public void Add(in AnswerEnd piece)
    {
        HasOutput |= piece.HasOutput;
        IsFiltered |= piece.IsFiltered;
        IsCut |= piece.IsCut;
        IsRefused |= piece.IsRefused;
        IsPaused |= piece.IsPaused;
        IsUnfiltered |= piece.IsUnfiltered;
    }
}
