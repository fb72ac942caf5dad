using Fairlead.Core.Execution;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;

namespace Fairlead.Pipeline;

/// <summary>
/// What a client hears where no target may be tried at all: the weakest of the obstacles, which is what would have to change. What may be
/// otherwise in a while comes before what the request asks, and that before what policy never allows.
/// </summary>
internal static class NoCandidate
{
    /// <summary>Be it an outage, a breaker that opened for another reason, or one that was opened by hand: the sentence tells.</summary>
    public const string HeldBackMessage = "Nothing is sent to the targets of this request at the moment.";

    public static FailureRow RowOf(RoutePlan plan)
    {
        var causes = plan.Rejected.Select(rejected => rejected.Cause).ToHashSet();
        var none = FailureTable.Of(FailureClass.NoCandidate);
        if (causes.Contains(RejectionCause.NoCredentials))
        {
            return FailureTable.Of(FailureClass.CredentialsInvalid) with { Message = "No target may be tried: the gateway has no credentials for their providers." };
        }

        if (HeldBack(plan) is { } held) return held == FailureClass.VendorOutage ? FailureTable.Of(held) with { Message = HeldBackMessage } : FailureTable.Of(held);
        if (causes.Contains(RejectionCause.OverLimit)) return FailureTable.Of(FailureClass.RateLimited);
        if (causes.Contains(RejectionCause.OverBudget)) return FailureTable.Of(FailureClass.BudgetExceeded);
        if (causes.Contains(RejectionCause.Unpriced)) return FailureTable.Of(FailureClass.Unpriced);
        if (causes.Count == 0 || causes.Contains(RejectionCause.RequireForNow)) return none;
        if (causes.Contains(RejectionCause.Window)) return As(RefusalTable.TooLargeForTargets, "The prompt, or the answer it asks for, is larger than any target that may answer takes.");
        if (causes.Contains(RejectionCause.TooDear)) return As(RefusalTable.MaxCostExceeded, "No target that may answer costs as little as the request allows.");
        if (causes.Contains(RejectionCause.Capability)) return As(RefusalTable.NoCapableTarget, "No target that may answer can do what the request asks.");
        return As(RefusalTable.NoAllowedTarget, "Policy allows no target for this request.");

        static FailureClass? HeldBack(RoutePlan plan)
        {
            FailureClass? held = null;
            foreach (var rejected in plan.Rejected)
            {
                if (rejected.Cause != RejectionCause.HeldBack) continue;
                // A limit ends by itself, and soonest; then what another one of the vendor's may answer; a key is the operator's to mend.
                if (rejected.Failure == FailureClass.RateLimited) return FailureClass.RateLimited;
                if (rejected.Failure is FailureClass.QuotaExhausted or FailureClass.CredentialsInvalid or FailureClass.Forbidden or FailureClass.Timeout) held ??= rejected.Failure;
                else held = FailureClass.VendorOutage;
            }

            return held;
        }

        FailureRow As(RefusalRow row, string message) => none with { Status = row.Status, Code = row.Code, Message = message };
    }
}
