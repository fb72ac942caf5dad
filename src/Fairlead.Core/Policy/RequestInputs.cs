using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fairlead.Core.Budgets;
using Fairlead.Core.Expressions;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Policy;

/// <summary>
/// What rules read of one request. A search in its prompt is made once, however many rules ask. Not safe for several threads; valid
/// while the request's body is.
/// </summary>
public sealed class RequestInputs : ICelInputs
{
    private static readonly ImmutableArray<Func<RequestInputs, CelValue>?> Readers = [.. PolicyVariables.All.Select(variable => ReaderOf(variable.Name))];

    private readonly RuleSignals _signals;
    private readonly CelValue[] _found; // unknown before the search is made
    private ulong _read;

    /// <summary>What rules read of a request.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="signals">What the rules look for in prompts.</param>
    /// <param name="budget">The tightest budget that applies.</param>
    public RequestInputs(RequestFacts facts, RuleSignals signals, BudgetView budget)
    {
        Facts = facts;
        ClaimedSensitivity = facts.Sensitivity;
        Budget = budget;
        _signals = signals;
        _found = signals.Count == 0 ? [] : new CelValue[signals.Count];
    }

    /// <summary>The request; changes once, when it is classified.</summary>
    public RequestFacts Facts { get; internal set; }

    /// <summary>The labels that the caller gave; those beyond them are rules'.</summary>
    public ImmutableArray<string> ClaimedSensitivity { get; }

    /// <summary>The tightest budget that applies.</summary>
    public BudgetView Budget { get; }

    /// <summary>Whether any rule has read or looked for anything.</summary>
    internal bool WasAsked => _read != 0 || Array.Exists(_found, static found => found.Kind != CelKind.Unknown);

    /// <summary>Whether a rule has read a variable of the request.</summary>
    internal bool HasRead(int leaf) => (_read >> leaf & 1) != 0;

    /// <summary>What came of a search in the prompt: a bool or an error; unknown where no rule has asked for it.</summary>
    internal CelValue Found(int signal) => _found[signal];

    /// <inheritdoc />
    public CelValue Read(int leaf)
    {
        if (Readers[leaf] is not { } reader) return CelValue.Error($"{PolicyVariables.All[leaf].Name} is not seen here");
        _read |= 1UL << leaf; // a request has fewer variables than that has bits
        return reader(this);
    }

    /// <inheritdoc />
    public CelValue Signal(int signal)
    {
        if (_found[signal].Kind == CelKind.Unknown) _found[signal] = _signals.Search(signal, Facts.Content);
        return _found[signal];
    }

    private static Func<RequestInputs, CelValue>? ReaderOf(string name) => name switch
    {
        "request.model" => static inputs => CelValue.Of(inputs.Facts.Model),
        "request.dialect" => static inputs => CelValue.Of(inputs.Facts.Dialect),
        "request.stream" => static inputs => CelValue.Of(inputs.Facts.IsStream),
        "request.max_tokens" => static inputs => CelValue.Of(inputs.Facts.MaxOutputTokens ?? 0),
        "request.prompt_tokens" => static inputs => CelValue.Of(inputs.Facts.Content.PromptTokens),
        "request.has_tools" => static inputs => CelValue.Of(inputs.Facts.HasTools),
        "request.tools" => static inputs => CelValue.Of(inputs.Facts.Content.ToolNames),
        "request.has_schema" => static inputs => CelValue.Of(inputs.Facts.HasSchema),
        "request.has_images" => static inputs => CelValue.Of(inputs.Facts.Content.HasImages),
        "request.template" => static inputs => CelValue.Of(inputs.Facts.Template ?? ""),
        "request.journey" => static inputs => CelValue.Of(inputs.Facts.Caller.Journey ?? ""),
        "request.latency_budget_ms" => static inputs => CelValue.Of((long)(inputs.Facts.LatencyBudget?.TotalMilliseconds ?? 0)),
        "request.metadata" => static inputs => CelValue.Of(inputs.Facts.Content.Metadata),
        "prompt.length" => static inputs => CelValue.Of(inputs.Facts.Content.TextLength),
        "caller.tenant" => static inputs => CelValue.Of(inputs.Facts.Caller.Tenant),
        "caller.team" => static inputs => CelValue.Of(inputs.Facts.Caller.Team ?? ""),
        "caller.feature" => static inputs => CelValue.Of(inputs.Facts.Caller.Feature ?? ""),
        "caller.user" => static inputs => CelValue.Of(inputs.Facts.Caller.User ?? ""),
        "caller.user_tier" => static inputs => CelValue.Of(inputs.Facts.Caller.UserTier ?? ""),
        "caller.environment" => static inputs => CelValue.Of(inputs.Facts.Caller.Environment ?? ""),
        "caller.key" => static inputs => CelValue.Of(inputs.Facts.Caller.Key ?? ""),
        "workload" => static inputs => CelValue.Of(inputs.Facts.Workload.Name),
        "workload_confidence" => static inputs => CelValue.Of(inputs.Facts.Workload.Confidence),
        "sensitivity" => static inputs => CelValue.Of(ImmutableCollectionsMarshal.AsArray(inputs.Facts.Sensitivity)!),
        "budget.used" => static inputs => CelValue.Of(inputs.Budget.Used),
        "budget.left" => static inputs => CelValue.Of(inputs.Budget.Left),
        _ => null, // a target's
    };
}
