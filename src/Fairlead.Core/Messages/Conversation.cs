namespace Fairlead.Core.Messages;

/// <summary>
/// A request for a model's answer in the form that no vendor owns: read from the client's dialect once, written in a target's. Built
/// only for a target of another dialect. Immutable; texts and values point into the client's body.
/// </summary>
/// <remarks>
/// Everything of a request is here: what both sides have a word for in a member of its own, the rest in <see cref="Parameters"/>, in
/// <see cref="VendorPart"/>, <see cref="VendorTool"/> and in the extras of a part, so that a writer either says it or tells that it is lost.
/// </remarks>
public sealed record Conversation
{
    /// <summary>The dialect it was read from.</summary>
    public required string Dialect { get; init; }

    /// <summary>All turns in the client's order, system texts among them.</summary>
    public required IReadOnlyList<Message> Messages { get; init; }

    /// <summary>The tools that are offered, in the client's order.</summary>
    public IReadOnlyList<Tool> Tools { get; init; } = [];

    /// <summary>Which tool is to be called; null when the client leaves it to the vendor's default.</summary>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether several tools may be called at once; null for the vendor's default.</summary>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>The form that the answer must have; null for plain text.</summary>
    public OutputFormat? OutputFormat { get; init; }

    /// <summary>How much to think first; null for the vendor's default.</summary>
    public Reasoning? Reasoning { get; init; }

    /// <summary>The most tokens of the answer, thinking included; null when the client gave no limit.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Texts that end the answer.</summary>
    public IReadOnlyList<JsonText> StopSequences { get; init; } = [];

    /// <summary>The end user, as the client names them; null when it does not.</summary>
    public JsonText? User { get; init; }

    /// <summary>A mark that asks to cache the whole prompt; null for none.</summary>
    public JsonSlice? CacheMark { get; init; }

    /// <summary>Whether a stream is asked for.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether the client asked for the usage of a stream, where its dialect lets it.</summary>
    public bool? IncludesUsage { get; init; }

    /// <summary>Whether tools were offered in OpenAI's first form, as functions: the answer then calls in that form.</summary>
    public bool UsesFunctions { get; init; }

    /// <summary>Every other member of the request, under OpenAI's name where that has one.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>What the client's dialect calls the members that dialects name differently.</summary>
    public required MemberNames Names { get; init; }
}

/// <summary>A member of a request with a value of its own: <c>temperature</c>, <c>seed</c>, or one that only its dialect knows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value as it was spelled.</param>
/// <param name="ChangesMeaning">Whether an answer without it is another answer; false for what merely tunes.</param>
public readonly record struct Parameter(string Name, JsonSlice Value, bool ChangesMeaning);

/// <summary>Names of members that differ between dialects, for telling a client what of its request is lost.</summary>
/// <param name="Stop">Texts that end the answer.</param>
/// <param name="OutputFormat">The form of the answer.</param>
/// <param name="Reasoning">How much to think.</param>
/// <param name="MaxOutputTokens">The limit of the answer.</param>
/// <param name="User">The end user.</param>
/// <param name="Thoughts">Thoughts of earlier turns.</param>
public sealed record MemberNames(string Stop, string OutputFormat, string Reasoning, string MaxOutputTokens, string User, string Thoughts);

/// <summary>Who speaks.</summary>
public enum Role
{
    /// <summary>The operator of the application.</summary>
    System = 0,

    /// <summary>The same, as OpenAI's newer models call it.</summary>
    Developer,

    /// <summary>The user; results of tools stand in user turns.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One turn.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Parts">What is said, in order; may be empty.</param>
/// <param name="Place">Where it stands in the client's body.</param>
public sealed record Message(Role Role, IReadOnlyList<Part> Parts, Place Place)
{
    /// <summary>A name of the speaker; null for none.</summary>
    public JsonText? Name { get; init; }

    /// <summary>Members that only its dialect has, such as the phase of an answer that its vendor wants back.</summary>
    public IReadOnlyList<Parameter> Extras { get; init; } = [];
}

/// <summary>Where a part stands in the client's body.</summary>
/// <param name="Message">The message's index; <see cref="SystemMember"/> for a system text beside the messages.</param>
/// <param name="Part">The part's index; -1 for the whole message.</param>
/// <param name="Inner">The index within the part, for one of a tool's result; -1 for the part itself.</param>
public readonly record struct Place(int Message, int Part = -1, int Inner = -1)
{
    /// <summary>The index that stands for a member <c>system</c> beside the messages.</summary>
    public const int SystemMember = -1;

    /// <summary>As a path: <c>messages[3].content[1]</c>.</summary>
    public override string ToString()
    {
        if (Message == SystemMember) return Part < 0 ? "system" : $"system[{Part}]";
        if (Part < 0) return $"messages[{Message}]";
        return Inner < 0 ? $"messages[{Message}].content[{Part}]" : $"messages[{Message}].content[{Part}].content[{Inner}]";
    }
}

/// <summary>How much a model is to think before it answers.</summary>
/// <param name="Mode">Off, as it sees fit, or by an effort or a budget.</param>
/// <param name="Effort">How hard: <c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>xhigh</c>, <c>max</c>; null when not said.</param>
/// <param name="BudgetTokens">The most tokens of thinking; null when not said.</param>
public sealed record Reasoning(ReasoningMode Mode, string? Effort = null, long? BudgetTokens = null);

/// <summary>Whether to think.</summary>
public enum ReasoningMode
{
    /// <summary>Not at all.</summary>
    Off = 0,

    /// <summary>As the model sees fit, harder or less hard by the effort.</summary>
    Adaptive,

    /// <summary>Within a budget of tokens.</summary>
    Budget,
}

/// <summary>The form that an answer must have.</summary>
public abstract record OutputFormat
{
    private OutputFormat()
    {
    }

    /// <summary>Any JSON object.</summary>
    public sealed record JsonObject : OutputFormat;

    /// <summary>JSON that meets a schema.</summary>
    /// <param name="Schema">The schema.</param>
    /// <param name="Name">A name of it; null where the dialect has none.</param>
    /// <param name="Description">What it is for; null for nothing said.</param>
    /// <param name="IsStrict">Whether the vendor is to guarantee it; null when not said.</param>
    public sealed record JsonSchema(JsonSlice Schema, JsonText? Name, JsonText? Description, bool? IsStrict) : OutputFormat;

    /// <summary>A form that only the client's dialect has.</summary>
    /// <param name="Raw">The whole member.</param>
    public sealed record Vendor(JsonSlice Raw) : OutputFormat;
}
