using System.Collections.Immutable;

namespace Fairlead.Core.Classification;

/// <summary>What kind of work a request is.</summary>
/// <param name="Name">Its one name, in headers, rules and records.</param>
/// <param name="Meaning">What belongs to it, in a few words.</param>
public sealed record Workload(string Name, string Meaning);

/// <summary>The workloads that every gateway knows; a configuration may name more.</summary>
public static class Workloads
{
    /// <summary>Sort a text into given classes.</summary>
    public static Workload Classification { get; } = new("classification", "sort a text into given classes: topic, sentiment, intent, yes or no");

    /// <summary>Pull facts out of a text.</summary>
    public static Workload Extraction { get; } = new("extraction", "pull facts out of a given text, often into a schema");

    /// <summary>Say a text in fewer words.</summary>
    public static Workload Summarization { get; } = new("summarization", "say a given text in fewer words");

    /// <summary>Write a text.</summary>
    public static Workload RewritingGeneration { get; } = new("rewriting_generation", "write a text, or rewrite a given one: style, tone, language");

    /// <summary>Help a customer.</summary>
    public static Workload CustomerSupport { get; } = new("customer_support", "help a customer with an account, an order, a product");

    /// <summary>Write program code.</summary>
    public static Workload CodeGeneration { get; } = new("code_generation", "write, change or explain program code");

    /// <summary>Act by tools.</summary>
    public static Workload AgenticToolUse { get; } = new("agentic_tool_use", "reach a goal by calling tools");

    /// <summary>Think in several steps.</summary>
    public static Workload DeepReasoning { get; } = new("deep_reasoning", "mathematics, logic, planning: an answer that takes several steps of thought");

    /// <summary>Answer from general knowledge.</summary>
    public static Workload OpenQa { get; } = new("open_qa", "answer a question from general knowledge, without a given text");

    /// <summary>All of them, in the order of the docs.</summary>
    public static ImmutableArray<Workload> BuiltIn { get; } =
    [
        Classification, Extraction, Summarization, RewritingGeneration, CustomerSupport, CodeGeneration, AgenticToolUse, DeepReasoning, OpenQa,
    ];

    /// <summary>Their names.</summary>
    public static KnownNames Names { get; } = new("a workload", BuiltIn.Select(workload => workload.Name));
}
