using System.Globalization;

namespace Fairlead.Server.Tests.Translation;

/// <summary>What an answer says, whatever dialect it says it in.</summary>
internal sealed class WireAnswer
{
    public string Text { get; set; } = "";

    public string Thinking { get; set; } = "";

    /// <summary>Signatures and sealed thoughts of Anthropic's, in order.</summary>
    public List<string> Seals { get; } = [];

    public string Refusal { get; set; } = "";

    public List<WirePart.Call> Calls { get; } = [];

    /// <summary><c>stop</c>, <c>length</c>, <c>calls</c>, <c>refused</c>, or what else the dialect says.</summary>
    public string Finish { get; set; } = "";

    /// <summary>Null where the vendor tells none.</summary>
    public WireUsage? Usage { get; set; }

    public IReadOnlyDictionary<string, string> Facts()
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["text"] = Text,
            ["thinking"] = Thinking,
            ["refusal"] = Refusal,
            ["finish"] = Finish,
        };
        for (var i = 0; i < Seals.Count; i++) facts[$"seals[{i}]"] = Seals[i];
        for (var i = 0; i < Calls.Count; i++) facts[$"calls[{i}]"] = Calls[i].Fact;
        if (Usage is not { } usage) return facts;
        facts["input tokens"] = Number(usage.Input);
        facts["cached tokens"] = Number(usage.Cached);
        facts["output tokens"] = Number(usage.Output);
        facts["reasoning tokens"] = Number(usage.Reasoning);
        return facts;
    }

    private static string Number(decimal value) => value.ToString("G29", CultureInfo.InvariantCulture);
}

/// <summary>Tokens as the record has them: cached within input, reasoning within output.</summary>
internal sealed record WireUsage(decimal Input, decimal Cached, decimal Output, decimal Reasoning);
