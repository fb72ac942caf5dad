using System.Globalization;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests.Translation;

/// <summary>What a request says, whatever dialect it says it in. Neighbouring turns of one role are one turn, empty texts are none.</summary>
internal sealed class WireConversation
{
    public List<WirePart> System { get; } = [];

    public List<WireTurn> Turns { get; } = [];

    public List<WireTool> Tools { get; } = [];

    /// <summary><c>auto</c>, <c>none</c>, <c>required</c> or <c>tool NAME</c>; <c>auto</c> too where nothing is said. Null without tools.</summary>
    public string? ToolChoice { get; set; }

    public bool IsParallelForbidden { get; set; }

    public JsonNode? Schema { get; set; }

    /// <summary>Whether the schema is asked for strictly; null where the dialect has no such word.</summary>
    public bool? IsSchemaStrict { get; set; }

    public decimal? MaxTokens { get; set; }

    public decimal? Temperature { get; set; }

    public decimal? TopP { get; set; }

    public List<string> Stops { get; } = [];

    public string? User { get; set; }

    public bool IsStream { get; set; }

    public WireReasoning Reasoning { get; set; } = WireReasoning.Unsaid;

    /// <summary>Adds parts to the last turn if it has the role, else to a new one; without parts nothing.</summary>
    public void Say(string role, IEnumerable<WirePart> parts)
    {
        var list = parts.ToList();
        if (list.Count == 0) return;
        if (Turns.Count > 0 && Turns[^1].Role == role) Turns[^1].Parts.AddRange(list);
        else Turns.Add(new WireTurn(role, list));
    }

    /// <summary>Every fact but the reasoning, which has rules of its own, under a name that says where it stands.</summary>
    public IReadOnlyDictionary<string, string> Facts()
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < System.Count; i++) facts[$"system[{i}]"] = System[i].Fact;
        for (var i = 0; i < Turns.Count; i++)
        {
            facts[$"turns[{i}].role"] = Turns[i].Role;
            var parts = Turns[i].Ordered();
            for (var j = 0; j < parts.Count; j++) facts[$"turns[{i}].parts[{j}]"] = parts[j].Fact;
        }

        for (var i = 0; i < Tools.Count; i++)
        {
            facts[$"tools[{i}].name"] = Tools[i].Name;
            facts[$"tools[{i}].description"] = Tools[i].Description;
            facts[$"tools[{i}].schema"] = CanonicalJson.Of(Tools[i].Schema);
            facts[$"tools[{i}].strict"] = Tools[i].IsStrict ? "true" : "false";
        }

        Add("tool choice", ToolChoice);
        Add("parallel calls forbidden", IsParallelForbidden ? "true" : "false");
        Add("schema", Schema is null ? null : CanonicalJson.Of(Schema));
        Add("schema is strict", IsSchemaStrict?.ToString());
        Add("max tokens", Number(MaxTokens));
        Add("temperature", Number(Temperature));
        Add("top_p", Number(TopP));
        for (var i = 0; i < Stops.Count; i++) facts[$"stops[{i}]"] = Stops[i];
        Add("user", User);
        Add("stream", IsStream ? "true" : "false");
        return facts;

        void Add(string name, string? value)
        {
            if (value is not null) facts[name] = value;
        }
    }

    private static string? Number(decimal? value) => value?.ToString("G29", CultureInfo.InvariantCulture);
}

internal sealed record WireTurn(string Role, List<WirePart> Parts)
{
    /// <summary>Calls without a signed thought before them: a vendor that signs takes no budget to think in then.</summary>
    public bool IsUnsignedCall => Parts.Exists(part => part is WirePart.Call) && Ordered().First(part => part is not WirePart.Thought { Signature: null }) is not (WirePart.Thought or WirePart.SealedThought);

    /// <summary>
    /// The parts in the order that both dialects can have: an assistant's thoughts, its text as one, its calls; a user's results,
    /// then the rest.
    /// </summary>
    public List<WirePart> Ordered()
    {
        if (Role != "assistant") return [.. Parts.OrderBy(part => part is WirePart.Result ? 0 : 1)];
        var ordered = new List<WirePart>(Parts.Where(IsThought));
        var texts = Parts.OfType<WirePart.Text>().ToList();
        if (texts.Count > 0) ordered.Add(new WirePart.Text(string.Concat(texts.Select(text => text.Value))) { CacheMark = texts[^1].CacheMark });
        ordered.AddRange(Parts.Where(part => part is not WirePart.Text && !IsThought(part)));
        return ordered;
    }

    private static bool IsThought(WirePart part) => part is WirePart.Thought or WirePart.SealedThought;
}

internal sealed record WireTool(string Name, string Description, JsonNode Schema, bool IsStrict);

/// <summary>How much a model is asked to think: at most one way of saying it.</summary>
internal sealed record WireReasoning(string? Effort, decimal? Budget, bool IsAdaptive, bool IsOff)
{
    public static WireReasoning Unsaid { get; } = new(null, null, false, false);

    public bool IsUnsaidOrOff => this == Unsaid || IsOff;
}
