using Fairlead.Core.Ledger;

namespace Fairlead.Telemetry;

/// <summary>Names of outcomes in metrics and on the wire.</summary>
internal static class OutcomeNames
{
    public static string Of(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Answered => "answered",
        RequestOutcome.Failed => "failed",
        RequestOutcome.ClientGone => "client_gone",
        _ => "interrupted",
    };
}
