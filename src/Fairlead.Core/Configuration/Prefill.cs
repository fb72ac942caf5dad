using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>How a target is asked to go on with an answer that is begun.</summary>
public enum PrefillForm
{
    /// <summary>It cannot: it refuses a conversation that ends with the model's turn, or answers anew.</summary>
    None = 0,

    /// <summary>By the model's turn at the end, as Anthropic has it.</summary>
    Plain,

    /// <summary>By a member <c>prefix</c> on that turn, as DeepSeek's beta has it.</summary>
    Prefix,

    /// <summary>By <c>continue_final_message</c> beside it, as vLLM has it.</summary>
    Vllm,
}

/// <summary>Which models of a vendor go on with an answer that is begun, and how they are asked to. Immutable.</summary>
/// <param name="Form">How they are asked.</param>
/// <param name="Models">Their names, a star at the end for any rest; empty: all.</param>
public sealed record Prefill(PrefillForm Form, ImmutableArray<string> Models)
{
    /// <summary>No model.</summary>
    public static Prefill None { get; } = new(PrefillForm.None, []);

    /// <summary>The words for the forms, in their order.</summary>
    internal static ImmutableArray<string> Words { get; } = ["none", "plain", "prefix", "vllm"];

    /// <summary>How a model is asked.</summary>
    public PrefillForm For(string model)
    {
        if (Form == PrefillForm.None || Models.IsEmpty) return Form;
        foreach (var name in Models)
        {
            if (name.EndsWith('*') ? model.AsSpan().StartsWith(name.AsSpan(0, name.Length - 1), StringComparison.Ordinal) : model == name) return Form;
        }

        return PrefillForm.None;
    }

    /// <summary>The form that a word names.</summary>
    internal static PrefillForm FormOf(string word) => (PrefillForm)Words.IndexOf(word);
}
