namespace Fairlead.Core.Outcomes;

/// <summary>What the cost of requests is made of: why it may change.</summary>
public enum CostFactor
{
    /// <summary>How many requests there are; per successful outcome: how many requests a success takes.</summary>
    Volume,

    /// <summary>Which share of the requests each target and model answers.</summary>
    ModelMix,

    /// <summary>How many attempts a request takes that are billed.</summary>
    Retries,

    /// <summary>Input tokens of an attempt.</summary>
    PromptLength,

    /// <summary>Output tokens of an attempt.</summary>
    OutputLength,

    /// <summary>What a token of input, and one of output, costs: prices, discounts of cached tokens, corrections.</summary>
    Price,
}

/// <summary>Names of the factors. Stable.</summary>
public static class CostFactors
{
    private static readonly string[] Names = ["volume", "model_mix", "retries", "prompt_length", "output_length", "price"];

    /// <summary>How many there are.</summary>
    public const int Count = 6;

    /// <summary>The name, for programs: <c>model_mix</c>.</summary>
    public static string NameOf(CostFactor factor) => Names[(int)factor];

    /// <summary>The name, for people: <c>model mix</c>.</summary>
    public static string WordsOf(CostFactor factor) => Names[(int)factor].Replace('_', ' ');
}
