using System.Collections.Immutable;

namespace Fairlead.Core.Catalog;

/// <summary>What is known of a model. Null means that nobody states it; it never means false or zero.</summary>
public sealed record ModelFacts
{
    /// <summary>Nothing known.</summary>
    public static ModelFacts Unknown { get; } = new();

    /// <summary>The model's family, such as <c>gpt-mini</c>.</summary>
    public string? Family { get; init; }

    /// <summary>Total window in tokens.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>Largest output in tokens.</summary>
    public int? MaxOutput { get; init; }

    /// <summary>Whether it calls tools.</summary>
    public bool? Tools { get; init; }

    /// <summary>Whether it takes a JSON Schema for its output.</summary>
    public bool? JsonSchema { get; init; }

    /// <summary>Whether it reads images.</summary>
    public bool? Vision { get; init; }

    /// <summary>Whether it reasons before it answers.</summary>
    public bool? Reasoning { get; init; }

    /// <summary>The efforts of reasoning it can be asked for, in the vendor's words and order; empty where it takes none or nobody says.</summary>
    public ImmutableArray<string> Efforts { get; init; } = [];

    /// <summary>Whether it can be given a budget of tokens to think in.</summary>
    public bool? ThinkingBudget { get; init; }

    /// <summary>Whether it takes <c>temperature</c> and <c>top_p</c>.</summary>
    public bool? Temperature { get; init; }

    /// <summary>When the vendor retires it.</summary>
    public DateOnly? Retires { get; init; }
}
