using Fairlead.Core.Execution;

namespace Fairlead.Core.Tests.Execution;

/// <summary>What is noted of an answer, and which of it a route refuses.</summary>
public sealed class AnswerNotesTests
{
    [Fact]
    public void Notes_AreASetInTheOrderOfTheClasses()
    {
        var notes = AnswerNotes.None.With(FailureClass.TooSlow).With(FailureClass.EmptyOutput).With(FailureClass.EmptyOutput).With(FailureClass.Refused, holds: false);

        Assert.Equal("noted: too_slow, empty_output", notes.Text);
        Assert.True(notes.Has(FailureClass.TooSlow));
        Assert.False(notes.Has(FailureClass.Refused));
        Assert.Null(AnswerNotes.None.Text);
        Assert.True(AnswerNotes.None.IsEmpty);
    }

    [Fact]
    public void Refused_IsTheFirstThatTheRouteDoesNotAccept()
    {
        var notes = AnswerNotes.None.With(FailureClass.TooSlow).With(FailureClass.FilterSkipped).With(FailureClass.EmptyOutput).With(FailureClass.WrongModel);

        Assert.Equal(FailureClass.None, notes.Refused(FailurePolicy.Default)); // slow, and the client has it already
        Assert.Equal(FailureClass.EmptyOutput, notes.Refused(FailurePolicy.Default.With(FailureClass.EmptyOutput, FailureAction.NextCandidate)));
        Assert.Equal(FailureClass.FilterSkipped, notes.Refused(FailurePolicy.Default.With(FailureClass.FilterSkipped, FailureAction.Surface).With(FailureClass.WrongModel, FailureAction.Surface)));
        Assert.Equal(FailureClass.None, AnswerNotes.None.Refused(FailurePolicy.Default.With(FailureClass.EmptyOutput, FailureAction.Surface)));
    }

    [Fact]
    public void Notes_HaveRoomForEveryClass() => Assert.All(Enum.GetValues<FailureClass>(), failure => Assert.InRange((int)failure, 0, 63));

    [Theory]
    [InlineData("gpt-4o", "gpt-4o", true)]
    [InlineData("gpt-4o", "gpt-4o-2024-08-06", true)]
    [InlineData("gpt-4o-2024-08-06", "gpt-4o", true)]
    [InlineData("GPT-4o", "gpt-4o", true)]
    [InlineData("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", true)]
    [InlineData("openai/gpt-4.1", "gpt-4.1", true)]
    [InlineData("gpt-4.1", "openai/gpt-4.1-2025-04-14", true)]
    [InlineData("mistral-large-latest", "mistral-large-2411", true)]
    [InlineData("gemini-1.5-pro", "gemini-1.5-pro-002", true)]
    [InlineData("gemini-2.5-flash", "gemini-2.5-flash-preview-05-20", true)]
    [InlineData("text-bison", "text-bison@001", true)]
    [InlineData("gpt-4o", "gpt-4o-mini", false)]
    [InlineData("gpt-4o-mini", "gpt-4o", false)]
    [InlineData("gpt-4o", "gpt-4o-mini-2024-07-18", false)]
    [InlineData("gpt-4", "gpt-4.1", false)]
    [InlineData("claude-sonnet-4", "claude-sonnet-4-5", false)]
    [InlineData("claude-sonnet-4-5", "claude-haiku-4-5-20251001", false)]
    [InlineData("qwen3-32b", "qwen3-8b", false)]
    public void AreOne_Models_ByTheirNamesButForTheRelease(string asked, string answered, bool areOne) => Assert.Equal(areOne, ModelNames.AreOne(asked, answered));
}
