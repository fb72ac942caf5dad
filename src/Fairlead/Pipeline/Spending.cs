using Fairlead.Core.Budgets;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Routing;
using Fairlead.Dialects.Translation;

namespace Fairlead.Pipeline;

/// <summary>What one attempt holds of budgets and of its target's limits, until it is settled.</summary>
/// <param name="Reservation">What is held of budgets; null where none applies.</param>
/// <param name="Lease">What is taken of the target's limits; null where it has none.</param>
/// <param name="Mark">The budgets as they were.</param>
internal readonly record struct Spending(BudgetReservation? Reservation, LimitLease? Lease, object? Mark)
{
    /// <summary>Where its stream has to end; null where all that it may cost is held.</summary>
    public StreamCut? Cut { get; init; }
}

/// <summary>Why an attempt is not made, though its target may serve the request.</summary>
/// <param name="Cause">The kind.</param>
/// <param name="Reason">A few words, for the sentence.</param>
/// <param name="Failure">What the client hears where nothing else answers.</param>
/// <param name="Message">The same in words.</param>
/// <param name="Wait">How long until there is room again; null where nobody knows, or waiting is no use.</param>
internal sealed record Obstacle(RejectionCause Cause, string Reason, FailureClass Failure, string Message, TimeSpan? Wait)
{
    /// <summary>Whether the target may be sent to all the same, where nothing else is left.</summary>
    public LastResort LastResort { get; init; }

    /// <summary>What a budget would have to have left; null where it is about something else.</summary>
    public Usd? Needed { get; init; }

    /// <summary>What is left of the deadline is less than the target mostly takes.</summary>
    public static Obstacle TooLate { get; } = new(RejectionCause.HeldBack, "too slow for what is left of the deadline", FailureClass.Timeout, "", null);

    /// <summary>Its health, or that of its keys, does not let it be sent to.</summary>
    public static Obstacle? Of(SendRefusal? refusal) =>
        refusal is null ? null : new Obstacle(RejectionCause.HeldBack, refusal.Reason, refusal.Failure, refusal.Failure == FailureClass.VendorOutage ? NoCandidate.HeldBackMessage : FailureTable.Of(refusal.Failure).Message, refusal.Wait) { LastResort = refusal.LastResort };

    /// <summary>A target's dialect has no word for something; what the client hears then is the refusal's own.</summary>
    public static Obstacle? Of(TranslationRefusal? refusal) => refusal is null ? null : new Obstacle(RejectionCause.CannotCarry, refusal.Reason, FailureClass.BadRequest, "", null);
}
