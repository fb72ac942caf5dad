using System.Collections.Immutable;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Classification;

/// <summary>
/// Guesses a request's workload from what it looks like: tools, schema, code, length and a few words. No model. The first sign that a
/// request has decides. Pure; safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>
/// The confidence of a sign is its precision, as the share of prompts that have it and none before it, on the 4,128 labelled prompts of
/// <c>classify/workload.jsonl.gz</c> (docs/classification.md). The words were chosen with these prompts at hand, so the figures are an
/// upper bound; a sign that only one of their sources shows, or that is right less than six times in ten, is none.
/// </para>
/// <para>
/// No labelled prompt has a schema or a block of code: these two stand at 0.6, the least that counts, by what they mean alone.
/// </para>
/// </remarks>
public static class StructuralWorkload
{
    /// <summary>What is not measured, and the least that counts.</summary>
    internal const double Least = 0.6;

    /// <summary>The longest labelled prompt has 5,897 characters: of longer texts the words were not measured, and a long text has any word.</summary>
    private const long LongestMeasured = 6_000;

    /// <summary>The signs, in the order in which they are looked for.</summary>
    internal static ImmutableArray<StructuralRule> Rules { get; } =
    [
        new("tools", Workloads.AgenticToolUse, 0.99) { NeedsTools = true }, // 426 of 426
        new("schema", Workloads.Extraction, Least) { NeedsSchema = true },
        new("words of shortening", Workloads.Summarization, 0.99) // 407 of 409
        {
            MostCharacters = LongestMeasured,
            Mentions = new([
                "summarize", "summarise", "summarized", "summarised", "tl;dr", "tldr", "in a nutshell", "summary of", "write a summary", "short summary", "brief summary",
                "main points", "key points",
            ]),
        },
        new("words of writing", Workloads.RewritingGeneration, 0.99) // 201 of 201
        {
            MostCharacters = LongestMeasured,
            Mentions = new([
                "paraphrase", "rewrite", "rephrase", "reword", "proofread", "write a story", "generate a story", "write a poem", "write an email", "draft an email",
                "write a letter", "write a sentence",
            ]),
        },
        new("words of programming", Workloads.CodeGeneration, 0.99) // 373 of 374
        {
            MostCharacters = LongestMeasured,
            Mentions = new([
                "write a function", "write a program", "write a script", "write code", "implement a function", "a function that", "a function to", "python function",
                "javascript function", "source code", "code snippet", "unit test", "refactor", "stack trace",
            ]),
        },
        new("words of sorting", Workloads.Classification, 0.97) // 333 of 340
        {
            MostCharacters = LongestMeasured,
            Mentions = new([
                "classify", "sentiment", "which category", "what category", "which label", "what label", "yes or no", "positive or negative", "negative or positive",
                "true or false",
            ]),
        },
        new("block of code", Workloads.CodeGeneration, Least) { NeedsCodeFence = true },
        new("question of quantity", Workloads.DeepReasoning, 0.93) // 262 of 281
        {
            MostCharacters = 1_000,
            Mentions = new(["how many", "how much"]),
        },
        new("short question", Workloads.OpenQa, 0.76) // 342 of 447
        {
            MostCharacters = 200,
            Mentions = new(["who", "when", "where", "which", "what"]),
            DoesNotMention = new(["i", "me", "my"]),
        },
    ];

    /// <summary>The workload that a request looks like; null when it looks like none.</summary>
    /// <param name="hasSchema">Whether the output must meet a schema.</param>
    /// <param name="hasTools">Whether tools are offered.</param>
    /// <param name="content">Its body; its text is read only when neither decides.</param>
    public static WorkloadGuess? Guess(bool hasSchema, bool hasTools, IRequestContent content)
    {
        foreach (var rule in Rules)
        {
            if (rule.IsMet(hasSchema, hasTools, content)) return new WorkloadGuess(rule.Workload.Name, rule.Confidence, WorkloadSource.Structure);
        }

        return null;
    }
}
