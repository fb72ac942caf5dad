using System.Collections.Immutable;

namespace Fairlead.Core.Requests;

/// <summary>What may be asked of the gateway: a closed set, in the words that configurations and keys use.</summary>
public static class Operations
{
    /// <summary>An answer of a model.</summary>
    public const string Chat = "chat";

    /// <summary>The size of a prompt.</summary>
    public const string CountTokens = "count_tokens";

    /// <summary>What may be asked for as <c>model</c>.</summary>
    public const string Models = "models";

    /// <summary>A decision, nothing sent: <c>/v1/explain</c> and every dry run.</summary>
    public const string Explain = "explain";

    /// <summary>What happened to a request.</summary>
    public const string Requests = "requests";

    /// <summary>The business result of a request.</summary>
    public const string Outcomes = "outcomes";

    /// <summary>Every one.</summary>
    public static ImmutableArray<string> All { get; } = [Chat, CountTokens, Models, Explain, Requests, Outcomes];
}
