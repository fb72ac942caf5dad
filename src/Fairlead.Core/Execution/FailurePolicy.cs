using System.Collections.Immutable;

namespace Fairlead.Core.Execution;

/// <summary>
/// What follows a failure on one route: the failure table's action, but for the classes that the route says otherwise of. It moves a
/// request along its plan and never beyond it: constraints, permissions and budgets bind every candidate of it as before. Immutable.
/// </summary>
public sealed class FailurePolicy
{
    private static readonly ImmutableArray<(string Word, FailureAction Action)> WordsOfActions =
    [
        ("retry", FailureAction.Retry),
        ("next_key", FailureAction.NextKey),
        ("next_target", FailureAction.NextCandidate),
        ("surface", FailureAction.Surface),
        ("accept", FailureAction.Accept),
    ];

    private readonly FailureAction[] _actions;
    private readonly FailureAction? _ofFilter;

    private FailurePolicy(FailureAction[] actions, FailureAction? ofFilter) => (_actions, _ofFilter) = (actions, ofFilter);

    /// <summary>The failure table's.</summary>
    public static FailurePolicy Default { get; } = new(TablesActions(), null);

    /// <summary>The words for actions in a configuration.</summary>
    public static ImmutableArray<string> Words { get; } = [.. WordsOfActions.Select(one => one.Word)];

    /// <summary>
    /// The name in a configuration of a prompt that a vendor's filter refused: <c>policy_rejected</c> in records, as what a vendor refuses by its
    /// rules of use, but another vendor's filter may let it pass.
    /// </summary>
    public const string FilterName = "prompt_filtered";

    /// <summary>Names of the classes of which something else may be said.</summary>
    public static ImmutableArray<string> Names { get; } = [.. FailureTable.Rows.Where(row => Fixed(row.Class) is null).Select(row => row.Name)];

    /// <summary>The classes whose action is not the table's, in the table's order.</summary>
    public IEnumerable<KeyValuePair<FailureClass, FailureAction>> Overrides =>
        FailureTable.Rows.Where(row => _actions[(int)row.Class] != row.Action).Select(row => KeyValuePair.Create(row.Class, _actions[(int)row.Class]));

    /// <summary>What is said of prompts that a vendor's filter refused; null: the same as of other rejected prompts.</summary>
    public FailureAction? OfFilter => _ofFilter;

    /// <summary>What follows a failure of this class.</summary>
    public FailureAction ActionOf(FailureClass failure) => _actions[(int)failure];

    /// <summary>What follows a failure of this class.</summary>
    /// <param name="failure">The class.</param>
    /// <param name="isByFilter">Whether a filter of the vendor's found it.</param>
    public FailureAction ActionOf(FailureClass failure, bool isByFilter) =>
        isByFilter && failure == FailureClass.PolicyRejected && _ofFilter is { } action ? action : _actions[(int)failure];

    /// <summary>Whether an answer of which this was found is passed on as it came.</summary>
    public bool Accepts(FailureClass failure) => _actions[(int)failure] == FailureAction.Accept;

    /// <summary>Whether a request may go elsewhere after a failure of this class.</summary>
    public bool LeadsOn(FailureClass failure) => IsOn(_actions[(int)failure]) || (failure == FailureClass.PolicyRejected && _ofFilter is { } action && IsOn(action));

    /// <summary>The same policy, but for one class.</summary>
    /// <exception cref="ArgumentException">That may not be said of the class: see <see cref="RefusalOf"/>.</exception>
    public FailurePolicy With(FailureClass failure, FailureAction action)
    {
        if (RefusalOf(failure, action) is { } reason) throw new ArgumentException(reason, nameof(action));
        if (_actions[(int)failure] == action) return this;
        var actions = (FailureAction[])_actions.Clone();
        actions[(int)failure] = action;
        return new FailurePolicy(actions, _ofFilter);
    }

    /// <summary>The same policy, but for prompts that a vendor's filter refused.</summary>
    /// <exception cref="ArgumentException">That may not be said of a rejected prompt.</exception>
    public FailurePolicy WithFilter(FailureAction action)
    {
        if (RefusalOf(FailureClass.PolicyRejected, action) is { } reason) throw new ArgumentException(reason, nameof(action));
        return new FailurePolicy(_actions, action);
    }

    /// <summary>The word for an action in a configuration.</summary>
    public static string WordOf(FailureAction action) => WordsOfActions.First(one => one.Action == action).Word;

    /// <summary>The action of a word; null when there is no such word.</summary>
    public static FailureAction? Find(string word)
    {
        foreach (var (known, action) in WordsOfActions)
        {
            if (known == word) return action;
        }

        return null;
    }

    /// <summary>Why an action may not follow a class; null when it may. Said to whoever wrote it.</summary>
    public static string? RefusalOf(FailureClass failure, FailureAction action)
    {
        if (Fixed(failure) is { } why) return why;
        var isAccepted = FailureTable.Of(failure).Action == FailureAction.Accept;
        return action switch
        {
            FailureAction.Surface => null,
            FailureAction.Accept => isAccepted ? null : "there is no answer that could be accepted",
            FailureAction.NextCandidate => null,
            FailureAction.Retry => Unretried(failure),
            FailureAction.NextKey when isAccepted => "the key has no part in what the answer is",
            FailureAction.NextKey => failure switch
            {
                FailureClass.BadRequest or FailureClass.ContextLengthExceeded or FailureClass.PolicyRejected => "the same target says the same to every key",
                FailureClass.TlsFailed or FailureClass.HostileResponse => "whoever answers so gets no further key to see",
                _ => null,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, "The policy needs a rule for it."),
        };
    }

    /// <summary>Why the same target with the same key is not asked again; null when it may be.</summary>
    private static string? Unretried(FailureClass failure) => failure switch
    {
        FailureClass.BadRequest or FailureClass.ContextLengthExceeded or FailureClass.PolicyRejected => "the same target says the same again",
        FailureClass.TlsFailed => "a connection that is not trusted is not tried again",
        FailureClass.HostileResponse => "what sends such an answer is not asked again",
        FailureClass.CredentialsInvalid or FailureClass.Forbidden => "the same key is not accepted a second time",
        FailureClass.QuotaExhausted => "a quota that is used up is not back in a moment",
        FailureClass.ModelGone => "what is not there does not come back in a moment",
        FailureClass.OutputFiltered => "a filter is not asked until it gives way",
        FailureClass.WrongModel => "the same target gives the same model",
        _ => null,
    };

    /// <summary>Why nothing can be said of a class; null when something can.</summary>
    private static string? Fixed(FailureClass failure) => failure switch
    {
        FailureClass.ClientGone or FailureClass.ClientSlow => "the client is the reason, and no target can mend it",
        FailureClass.BudgetExceeded => "a budget holds whoever answers; see budgets",
        FailureClass.GatewayOverloaded or FailureClass.GatewayStopping or FailureClass.DependencyDown => "the gateway itself is the reason, and no target can mend it",
        FailureClass.HedgeLost or FailureClass.ClockSkew or FailureClass.AbsurdUsage => "it is noted, and is no failure",
        FailureClass.LengthReached => "it is the end that the request asked for",
        FailureClass.Refused => "a model that declines in words has answered, and providers are not searched for one that does not",
        FailureClass.Stalled => "the client has the beginning of the answer by then; 'on_break: continue' has another target go on with it",
        FailureClass.NoCandidate or FailureClass.Unpriced or FailureClass.VendorOutage or FailureClass.DegradedQuality => "it is no outcome of an attempt",
        FailureClass.None => "it is no failure",
        _ => null,
    };

    private static bool IsOn(FailureAction action) => action is FailureAction.Retry or FailureAction.NextKey or FailureAction.NextCandidate;

    private static FailureAction[] TablesActions()
    {
        var actions = new FailureAction[Enum.GetValues<FailureClass>().Length];
        foreach (var row in FailureTable.Rows) actions[(int)row.Class] = row.Action;
        return actions;
    }
}
