using Fairlead.Core.Classification;

namespace Fairlead.Core.Tests.Classification;

public sealed class StructuralWorkloadTests
{
    [Theory]
    [InlineData(false, true, "Summarize this.", "agentic_tool_use")]
    [InlineData(true, true, "Summarize this.", "agentic_tool_use")]
    [InlineData(true, false, "Summarize this.", "extraction")]
    [InlineData(false, false, "Please SUMMARISE the letter below.", "summarization")]
    [InlineData(false, false, "Rephrase it politely", "rewriting_generation")]
    [InlineData(false, false, "Write a\nfunction that adds.", "code_generation")]
    [InlineData(false, false, "What is wrong?\n```\nx = y\n```", "code_generation")]
    [InlineData(false, false, "Is the sentiment good?", "classification")]
    [InlineData(false, false, "Ann has 3 pears and eats 1. How many are left?", "deep_reasoning")]
    [InlineData(false, false, "Who built the tower?", "open_qa")]
    [InlineData(false, false, "Who has my card?", null)]
    [InlineData(false, false, "Hello", null)]
    [InlineData(false, false, "Hello, resummarize", null)]
    public void Guess_ByWhatItLooksLike_NamesTheWorkload(bool hasSchema, bool hasTools, string text, string? workload)
    {
        var guess = StructuralWorkload.Guess(hasSchema, hasTools, new PlainContent(text));

        Assert.Equal(workload, guess?.Name);
        if (guess is null) return;
        Assert.Equal(WorkloadSource.Structure, guess.Source);
        Assert.InRange(guess.Confidence, 0.6, 0.99);
        Assert.True(Workloads.Names.Known(guess.Name));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Guess_ToolsOrSchema_DoesNotLookAtTheText(bool hasSchema, bool hasTools)
    {
        var content = new PlainContent("Summarize this.");

        Assert.NotNull(StructuralWorkload.Guess(hasSchema, hasTools, content));
        Assert.Equal(0, content.Looks);
    }

    [Fact]
    public void Guess_WordsInALongText_SayNothing() =>
        Assert.Null(StructuralWorkload.Guess(false, false, new PlainContent("Summarize this. " + new string('x', 6_000))));
}
