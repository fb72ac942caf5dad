using Fairlead.Core.Budgets;
using Fairlead.Core.Catalog;
using Fairlead.Core.Classification;
using Fairlead.Core.Configuration;
using Fairlead.Core.Health;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Dialects;
using Fairlead.Dialects.Content;
using Fairlead.Dialects.Peeking;
using Fairlead.Dialects.Translation;
using Fairlead.Telemetry;

namespace Fairlead.Pipeline;

/// <summary>What was decided for one request.</summary>
/// <param name="Inputs">The request as rules read it, classified; valid while its body is.</param>
/// <param name="Claims">What it says of itself.</param>
/// <param name="Plan">Where it may go.</param>
internal sealed record Decision(RequestInputs Inputs, Claims Claims, RoutePlan Plan)
{
    public RequestFacts Facts => Inputs.Facts;

    /// <summary>Why the first target that cannot carry the request cannot; null where none was found, or none was looked for.</summary>
    public TranslationRefusal? NotCarried { get; init; }
}

/// <summary>What a decision depends on beside the request and the configuration: live when requests are served, written down in a test.</summary>
/// <param name="Health">What was measured.</param>
/// <param name="Budget">The tightest budget that applies.</param>
internal readonly record struct DecisionViews(HealthView Health, BudgetView Budget)
{
    /// <summary>Where the tightest budget is looked up once it is known who asks, in place of <see cref="Budget"/>; null where that is written down.</summary>
    public Spender? Budgets { get; init; }

    public BudgetView BudgetOf(Caller caller, DateTimeOffset acceptedAt) => Budgets?.ViewOf(caller, acceptedAt) ?? Budget;
}

/// <summary>
/// Enrich, classify, plan: from what was peeked to a decision, the same for requests that are served, explained or only counted. Safe for
/// any number of threads.
/// </summary>
internal sealed class Decider(HealthBoard health, Spender spender, RuleAlerts alerts)
{
    /// <summary>Decides; or says why the request is refused.</summary>
    public Refusal? Decide(
        IDialect dialect, RequestPeek peek, BodyContent content, string requestId, DateTimeOffset acceptedAt, in Admitted admitted, GatewaySnapshot snapshot, out Decision? decision)
    {
        var errors = new RuleErrors();
        var refusal = Decide(dialect, peek, content, requestId, acceptedAt, admitted, snapshot, Live, errors, out decision);
        if (errors.All.Count > 0) alerts.Raise(errors.All, snapshot);
        return refusal;
    }

    private DecisionViews Live => new(health.View, BudgetView.None) { Budgets = spender };

    /// <summary>Decides from given views. Pure: the same inputs, the same decision.</summary>
    /// <param name="errors">Takes the rules that could not be evaluated.</param>
    public static Refusal? Decide(
        IDialect dialect, RequestPeek peek, BodyContent content, string requestId, DateTimeOffset acceptedAt, in Admitted admitted, GatewaySnapshot snapshot, in DecisionViews views, RuleErrors errors,
        out Decision? decision)
    {
        decision = null;

        // enrich
        var claims = admitted.Claims;
        var may = admitted.Caller.Permissions;
        if (Claims.TryAddMetadata(peek.MetadataClaims, may, snapshot, ref claims) is { } wrongClaim) return wrongClaim;
        if (claims.Of(admitted.Caller, out var caller) is { } notAllowed) return notAllowed;
        if (claims.IsDryRun && !may.AllowsOperation(Operations.Explain)) return Admission.NotAllowed(Operations.Explain);
        if (may.Tools is { } tools && content.ForbiddenTool(tools) is { } tool) return ToolNotAllowed(tool);
        var inputs = new RequestInputs(Facts(requestId, acceptedAt, dialect, caller, claims, peek, content), snapshot.Signals, views.BudgetOf(caller, acceptedAt));

        // classify
        Classifier.Classify(inputs, snapshot.Workloads, snapshot.Sensitivity, errors, RoutePlanner.ReadsOf(snapshot).Workload);

        // plan
        var planning = RoutePlanner.Plan(inputs, snapshot, views.Health, errors);
        switch (planning)
        {
            case Planning.Planned planned:
                decision = new Decision(inputs, claims, planned.Plan);
                return null;
            case Planning.ForbiddenRoute forbidden:
                return new Refusal(RefusalTable.RouteNotAllowed, may.IsMinimal ? "The key may not use the route that this request comes to." : $"The key may not use route {forbidden.Route.Name}.", "model");
            default:
                return UnknownModel(inputs.Facts.Model);
        }
    }

    /// <summary>The decision of a request that is not to be sent: without the targets that cannot carry it, which execution finds out as it comes to them.</summary>
    public Refusal? DecideDry(IDialect dialect, ReadOnlyMemory<byte> body, string requestId, DateTimeOffset acceptedAt, in Admitted admitted, GatewaySnapshot snapshot, Action<Decision> use)
    {
        var errors = new RuleErrors();
        var refusal = DecideDry(dialect, body, requestId, acceptedAt, admitted, snapshot, Live, errors, use);
        if (errors.All.Count > 0) alerts.Raise(errors.All, snapshot);
        return refusal;
    }

    /// <summary>The same from given views.</summary>
    /// <param name="isWhole">Whether every target of the plan is looked at, rather than those that execution comes to first.</param>
    public static Refusal? DecideDry(
        IDialect dialect, ReadOnlyMemory<byte> body, string requestId, DateTimeOffset acceptedAt, in Admitted admitted, GatewaySnapshot snapshot, in DecisionViews views, RuleErrors errors,
        Action<Decision> use, bool isWhole = false)
    {
        if (!dialect.TryPeek(body, out var peek, out var defect)) return new Refusal(defect.Row, defect.Message, defect.Member);
        using var content = dialect.Content(peek);
        if (Decide(dialect, peek, content, requestId, acceptedAt, admitted, snapshot, views, errors, out var decision) is { } refusal) return refusal;
        var translation = new RequestTranslation(ClientCall.Plain(dialect), body, peek, decision!.Plan.Route?.RejectsLoss == true);
        use(isWhole ? Carrying(decision, translation) : AsServed(decision, translation, snapshot, views.Budgets));
        return null;
    }

    /// <summary>
    /// A decision without the targets that execution finds unable to carry the request, or without room for it in a budget, as far as it comes before it
    /// sends: what is told of a request is then what is told of it when it is served.
    /// </summary>
    public static Decision AsServed(Decision decision, RequestTranslation translation, GatewaySnapshot snapshot, Spender? spender)
    {
        var plan = decision.Plan;
        TranslationRefusal? first = null;
        var sequence = new AttemptSequence(plan, 0, OpenGate.Instance);
        for (var choice = sequence.First(); choice is { } next;)
        {
            if (next.IsLastResort) break; // what is tried for want of anything else is found out when it is
            using var translated = translation.For(next.Target);
            if ((Obstacle.Of(translated?.Refusal) ?? spender?.Look(decision.Facts, plan, translation, snapshot, next.Target)) is not { } obstacle) break;
            first ??= translated?.Refusal;
            plan = plan.Without(next.Tier, next.Target, obstacle.Reason, obstacle.Cause);
            choice = sequence.InsteadOfLast();
            if (choice is not null || plan.InPlaceOfBaseline() is not { } decided) continue;
            plan = decided;
            sequence = new AttemptSequence(plan, 0, OpenGate.Instance);
            choice = sequence.First();
        }

        return decision with { Plan = plan, NotCarried = first };
    }

    /// <summary>A decision without any target that cannot carry the request.</summary>
    public static Decision Carrying(Decision decision, RequestTranslation translation)
    {
        var plan = decision.Plan;
        TranslationRefusal? first = null;
        var known = new Dictionary<(Provider, ModelFacts), TranslationRefusal?>(); // what is written depends on nothing else
        foreach (var tier in plan.Tiers)
        {
            foreach (var (target, _) in tier.Candidates)
            {
                if (!known.TryGetValue((target.Provider, target.Facts), out var refusal))
                {
                    using var translated = translation.For(target);
                    known[(target.Provider, target.Facts)] = refusal = translated?.Refusal;
                }

                if (refusal is null) continue;
                first ??= refusal;
                plan = plan.Without(tier, target, refusal.Reason);
            }
        }

        return plan.InPlaceOfBaseline() is { } decided ? Carrying(decision with { Plan = decided }, translation) : decision with { Plan = plan, NotCarried = first };
    }

    private static RequestFacts Facts(string requestId, DateTimeOffset acceptedAt, IDialect dialect, Caller caller, Claims claims, RequestPeek peek, BodyContent content) => new()
    {
        RequestId = requestId,
        AcceptedAt = acceptedAt,
        Caller = caller,
        Operation = Operations.Chat,
        Dialect = dialect.Name,
        Model = peek.Model,
        IsStream = peek.Stream,
        MaxOutputTokens = peek.MaxOutputTokens,
        Choices = peek.Choices,
        HasTools = peek.HasTools,
        HasSchema = peek.HasSchema,
        HasEffects = peek.HasEffects,
        PromptTokensBound = peek.PromptBytes,
        BodyBytes = peek.BodyBytes,
        Template = claims.Template,
        LatencyBudget = claims.LatencyBudget,
        MaxCost = claims.MaxCost,
        Workload = claims.Workload is { } workload ? new WorkloadGuess(workload, 1, claims.WorkloadSource) : WorkloadGuess.None,
        Sensitivity = claims.Sensitivity,
        Content = content,
    };

    private static Refusal ToolNotAllowed(string name) => new(
        RefusalTable.ToolNotAllowed, name.Length == 0 ? "The request offers a tool without a name that its key allows." : $"The key may not offer the tool '{name}'.", "tools");

    private static Refusal UnknownModel(string model) => new(
        RefusalTable.ModelNotFound, $"'{(model.Length <= 64 ? model : model[..64] + "…")}' is no alias, route, target or provider/model of this gateway; GET /v1/models lists what it serves.", "model");
}
