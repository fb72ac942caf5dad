using System.Globalization;
using Fairlead.Core.Budgets;
using Fairlead.Core.Catalog;
using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Messages;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Storage;
using Route = Fairlead.Core.Configuration.Route;

namespace Fairlead.Pipeline;

/// <summary>
/// What a request may spend: takes of limits when it comes in, holds of budgets and of the target's limits before each send, and settles both once the
/// send has ended, however it ended. Nothing here waits. Safe for any number of threads.
/// </summary>
internal sealed class Spender(BudgetBoard budgets, LimitBoard limits, UserPseudonyms pseudonyms)
{
    /// <summary>Tokens are about four bytes of text each.</summary>
    private const int BytesPerToken = 4;

    /// <summary>Tokens that an answer is expected to have where its client gives no limit.</summary>
    private const int ExpectedOutput = 256;

    /// <summary>Tokens that an answer may have where neither the client nor the catalog says a limit that holds: about as many as any model writes.</summary>
    private const int UnlimitedOutput = 131_072;

    /// <summary>What rules see of the tightest budget of a caller.</summary>
    public BudgetView ViewOf(Caller caller, DateTimeOffset acceptedAt) => budgets.IsEmpty ? BudgetView.None : budgets.ViewOf(new BudgetSubject(caller) { User = UserOf(caller) }, acceptedAt);

    /// <summary>Takes of the limits of the caller and of the route; or says which of them is reached.</summary>
    public Refusal? Enter(RequestFacts facts, Route? route, GatewaySnapshot snapshot, out LimitLease? lease)
    {
        lease = null;
        if (snapshot.Limits.IsEmpty && facts.Caller.Limits is null && route?.Limits is null) return null;
        return limits.Enter(new BudgetSubject(facts.Caller) { User = facts.Caller.User, Route = route?.Name }, snapshot.Limits, facts.Caller.Limits, route?.Limits, TokensOf(facts), out lease) is { } full ? RefusalOf(full, facts.Caller.Permissions.IsMinimal) : null;
    }

    /// <summary>
    /// A limit of the answer that has to be written into a request, for nobody could say else what it may cost; null where the client gives
    /// one, or no budget that blocks applies.
    /// </summary>
    public long? CapFor(GatewayRequest request, Target target) => CapFor(request.Facts, request.Plan, request.Snapshot, target);

    /// <summary>Whether a budget that a send to a target counts against is spent to this share.</summary>
    public bool IsNearEnd(GatewayRequest request, Target target, double share) =>
        !budgets.IsEmpty && budgets.UsedOf(SubjectOf(request.Facts, request.Plan.Route, target), request.Facts.AcceptedAt) >= share;

    /// <summary>Why no budget has room for a send, for a request that is only asked about; null when all have. Nothing is held.</summary>
    public Obstacle? Look(RequestFacts facts, RoutePlan plan, RequestTranslation translation, GatewaySnapshot snapshot, Target target) =>
        budgets.IsEmpty ? null : Reserve(new Ask(facts, plan, translation, Mark: null), target, CapFor(facts, plan, snapshot, target), out _, out _);

    /// <summary>Holds what a send to a target may need; or says why there is no room for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">The target.</param>
    /// <param name="cap">What <see cref="CapFor(GatewayRequest, Target)"/> said.</param>
    /// <param name="spending">What is held.</param>
    /// <param name="begunBytes">Text of an answer that is sent with the request, for the target to go on with; 0 for none.</param>
    public Obstacle? Hold(GatewayRequest request, Target target, long? cap, out Spending spending, int begunBytes = 0)
    {
        spending = default;
        LimitLease? lease = null;
        var facts = begunBytes == 0 ? request.Facts : request.Facts with { PromptTokensBound = request.Facts.PromptTokensBound + begunBytes };
        if (target.Limits is { } own && limits.EnterTarget(target.Name, own, TokensOf(facts), out lease) is { } full)
        {
            return new Obstacle(RejectionCause.OverLimit, $"at its limit of {Words(full)}", FailureClass.RateLimited, $"What may be sent to the targets of this request is sent: {full.Holder} is at its limit of {Words(full)}.", full.Wait);
        }

        if (budgets.IsEmpty)
        {
            spending = new Spending(null, lease, budgets.Mark());
            return null;
        }

        var mark = budgets.Mark(); // before: what a reload brings meanwhile is not held of
        var obstacle = Reserve(new Ask(facts, request.Plan, request.Translation, mark) { BegunTokens = begunBytes }, target, cap, out var reservation, out var cut);
        if (obstacle is not null) lease?.Dispose();
        else spending = new Spending(reservation, lease, mark) { Cut = cut };
        return obstacle;
    }

    /// <summary>Counts what a send has cost, and gives up what is left of what it held.</summary>
    public static void Settle(GatewayRequest request, Attempt attempt)
    {
        var spending = attempt.Spending;
        var charge = attempt.Charge;
        var tokens = charge.Usage.Input + charge.Usage.Output;
        request.Lease?.Used(tokens);
        spending.Lease?.Used(tokens);
        spending.Lease?.Dispose();
        spending.Reservation?.Settle(charge.Cost ?? Usd.Zero);
    }

    /// <summary>The ledger has been given a request that has ended, with all its sends.</summary>
    public void Written(GatewayRequest request)
    {
        foreach (var attempt in request.Attempts)
        {
            if (attempt.Spending.Mark is not { } mark) continue;
            attempt.Spending.Reservation?.Written();
            if (!ReferenceEquals(mark, budgets.Mark())) budgets.AddLate(mark, SubjectOf(request.Facts, request.Plan.Route, attempt.Choice.Target), request.Facts.AcceptedAt, attempt.Charge.Cost ?? Usd.Zero);
        }
    }

    private long? CapFor(RequestFacts facts, RoutePlan plan, GatewaySnapshot snapshot, Target target) =>
        budgets.IsEmpty || facts.MaxOutputTokens is not null || !budgets.IsBlocking(SubjectOf(facts, plan.Route, target)) ? null : Math.Min(snapshot.OutputCap, target.Facts.MaxOutput ?? long.MaxValue);

    private Obstacle? Reserve(in Ask ask, Target target, long? cap, out BudgetReservation? reservation, out StreamCut? cut)
    {
        (reservation, cut) = (null, null);
        var (facts, plan, translation, mark) = ask;
        var subject = SubjectOf(facts, plan.Route, target);
        if (target.Price is null && budgets.IsBlocking(subject))
        {
            return new Obstacle(RejectionCause.Unpriced, "unpriced, and a budget that blocks applies", FailureClass.Unpriced, "No price is known for the targets of this request, and a budget applies to it.", null);
        }

        if ((target.Price ?? plan.WorstPrice) is not { } price)
        {
            Take(0, 0, out reservation);
            return null;
        }

        var output = OutputOf(facts, target, cap);
        var bound = facts.PromptTokensBound + target.PromptOverhead(facts.HasTools, facts.HasSchema);
        var most = MostOf(price, target, bound, output);
        var refused = Take(most, most, out reservation);
        if (refused is null) return null;

        // The prompt's bytes are a coarse bound: near a limit its tokens are counted, where the model's own tokenizer can.
        var prompt = translation.PromptTokensOf(target) + ask.BegunTokens ?? bound;
        if (prompt < bound)
        {
            most = MostOf(price, target, prompt, output);
            refused = Take(most, most, out reservation);
            if (refused is null) return null;
        }

        if (facts.IsStream && plan.Route?.CutsOverBudget == true)
        {
            refused = Take(most, MostOf(price, target, prompt, facts.Choices), out reservation);
            if (refused is null)
            {
                if (reservation is null) return null;
                var paid = PriceArithmetic.OutputFor(price, prompt, reservation.Amount, WritesCache(target));
                cut = new StreamCut(reservation, paid, MostOf(price, target, prompt, StreamCut.Slice) - MostOf(price, target, prompt, 0));
                return null;
            }
        }

        return new Obstacle(RejectionCause.OverBudget, ReasonOf(refused), FailureClass.BudgetExceeded, MessageOf(refused), null) { Needed = refused.Needed };

        BudgetRefusal? Take(long amount, long least, out BudgetReservation? held)
        {
            held = null;
            return mark is null ? budgets.Look(subject, facts.AcceptedAt, least) : budgets.Reserve(subject, facts.AcceptedAt, amount, least, out held, mark);
        }
    }

    private static long OutputOf(RequestFacts facts, Target target, long? cap)
    {
        // No token at all may be read as no limit by a vendor that does not refuse it.
        var most = (facts.MaxOutputTokens is > 0 and var asked ? asked : cap) ?? target.Facts.MaxOutput ?? (facts.MaxOutputTokens is null ? ExpectedOutput : UnlimitedOutput);
        return Math.Min(most, target.Facts.MaxOutput ?? long.MaxValue) is var one && one > long.MaxValue / facts.Choices ? long.MaxValue : one * facts.Choices;
    }

    private static long MostOf(Price price, Target target, long promptTokens, long outputTokens) =>
        PriceArithmetic.Most(price, promptTokens, outputTokens, WritesCache(target));

    private static bool WritesCache(Target target) => target.Provider.Dialect == DialectNames.AnthropicMessages;

    /// <summary>As the ledger knows them.</summary>
    private string? UserOf(Caller caller) => caller.User is { } user && budgets.ReadsUser ? pseudonyms.Of(caller.Tenant, user) : null;

    private BudgetSubject SubjectOf(RequestFacts facts, Route? route, Target target) => new(facts.Caller)
    {
        User = UserOf(facts.Caller),
        Workload = facts.Workload.Name,
        Route = route?.Name,
        Provider = target.Provider.Name,
        Target = target.Name,
    };

    /// <summary>What a request needs of limits of tokens, until it is known better.</summary>
    private static long TokensOf(RequestFacts facts)
    {
        var output = facts.MaxOutputTokens ?? ExpectedOutput;
        return ((facts.PromptTokensBound + BytesPerToken - 1) / BytesPerToken) + (output > int.MaxValue ? int.MaxValue : output * facts.Choices);
    }

    /// <summary>A key that is to hear little hears not whose limit it is.</summary>
    private static Refusal RefusalOf(LimitRefusal full, bool isMinimal)
    {
        var isConcurrent = full.Kind == LimitKind.Concurrent;
        var message = isConcurrent ? "As many requests run as may at the same time" : "Too much was asked in the last minute";
        return new Refusal(isConcurrent ? RefusalTable.ConcurrencyLimitExceeded : RefusalTable.RateLimitExceeded, isMinimal ? message + "." : $"{message}: {full.Holder} is at its limit of {Words(full)}.") { RetryAfter = full.Wait, Limit = isMinimal ? null : full };
    }

    private static string Words(LimitRefusal full) => full.Kind switch
    {
        LimitKind.Requests => string.Create(CultureInfo.InvariantCulture, $"{full.Most} requests a minute"),
        LimitKind.Tokens => string.Create(CultureInfo.InvariantCulture, $"{full.Most} tokens a minute"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{full.Most} at the same time"),
    };

    private static string ReasonOf(BudgetRefusal refusal) => TellsAmounts(refusal.Budget)
        ? $"may cost ${refusal.Needed}, and budget {NameOf(refusal)} has ${refusal.Left} left"
        : $"may cost ${refusal.Needed}, for which budget {NameOf(refusal)} has no room";

    private static string MessageOf(BudgetRefusal refusal)
    {
        var until = refusal.ResetsAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return TellsAmounts(refusal.Budget)
            ? $"Budget {NameOf(refusal)} has ${refusal.Left} left of ${refusal.Limit} per {refusal.Budget.Per.ToString().ToLowerInvariant()}, and this request may cost ${refusal.Needed}. It begins anew at {until}."
            : $"Budget {NameOf(refusal)} has no room for this request, which may cost ${refusal.Needed}. It begins anew at {until}.";
    }

    /// <summary>Whether what is left is the caller's own matter. Of what several tenants share none learns what the others spend.</summary>
    private static bool TellsAmounts(Budget budget) =>
        budget.Each is BudgetDimension.Tenant or BudgetDimension.Key || (budget.Each is { } each && BudgetSubject.IsTenants(each)) || budget.Scope.Any(scope => scope is { Dimension: BudgetDimension.Tenant or BudgetDimension.Key, Values.Length: 1 });

    private static string NameOf(BudgetRefusal refusal) =>
        refusal.Budget.Each is not { } each || each == BudgetDimension.User || BudgetSubject.ValueOf(each, refusal.Account) is not { Length: > 0 } value ? refusal.Budget.Name : $"{refusal.Budget.Name} ({value})";

    /// <summary>What is asked for; without a mark nothing is held.</summary>
    private readonly record struct Ask(RequestFacts Facts, RoutePlan Plan, RequestTranslation Translation, object? Mark)
    {
        /// <summary>The most tokens that the text of an answer has which is sent along.</summary>
        public long BegunTokens { get; init; }
    }
}
