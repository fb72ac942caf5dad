using Fairlead.Core.Configuration;
using Fairlead.Core.Execution;
using Fairlead.Core.Health;
using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Policy;
using Fairlead.Core.Requests;
using Fairlead.Core.Routing;
using Fairlead.Providers.Transport;

namespace Fairlead.Pipeline;

/// <summary>
/// One accepted request on its way: what was decided for it, and the attempts made. Written by the stages in their order, one
/// at a time; read by settlement at the end.
/// </summary>
internal sealed class GatewayRequest
{
    public required HttpContext Http { get; init; }

    /// <summary>How fast the client takes its answer.</summary>
    public required ClientPace Pace { get; init; }

    /// <summary>How the client speaks.</summary>
    public required ClientCall Call { get; init; }

    /// <summary>Taken once, kept to the end.</summary>
    public required GatewaySnapshot Snapshot { get; init; }

    /// <summary>The request as rules read it; its content is valid until an answer has begun.</summary>
    public required RequestInputs Inputs { get; init; }

    public RequestFacts Facts => Inputs.Facts;

    /// <summary>What was decided; without the targets that turned out to be unable to carry the request.</summary>
    public required RoutePlan Plan { get; set; }

    /// <summary>The request in the dialects of its targets.</summary>
    public required RequestTranslation Translation { get; init; }

    /// <summary>Timestamp of admission.</summary>
    public required long AcceptedAtTimestamp { get; init; }

    /// <summary>Timestamp of the deadline: inherited by every attempt, extended by none.</summary>
    public required long DeadlineAt { get; init; }

    /// <summary>Whether the client shortened the deadline: what it cuts off is then no fault of a vendor's.</summary>
    public bool HasClientsDeadline { get; init; }

    /// <summary>The clocks: the route's, with a deadline that the client may have shortened.</summary>
    public required Timeouts Timeouts { get; init; }

    /// <summary>Whether its answer is held against the form that it asks for.</summary>
    public required bool IsJudged { get; init; }

    public List<Attempt> Attempts { get; } = new(1);

    /// <summary>The attempts that failed, as the sentence tells them.</summary>
    public List<FailedAttempt> Failed { get; } = [];

    /// <summary>The attempt that answered, or has begun to; null while none has.</summary>
    public Attempt? Answered { get; set; }

    /// <summary>The clocks of the attempt that runs.</summary>
    public required AttemptTimer Timer { get; set; }

    /// <summary>The shortest time that a vendor asked to be left alone for; null where none did.</summary>
    public TimeSpan? RetryAfter { get; set; }

    /// <summary>When a second send is made beside one that takes long; null: never.</summary>
    public HedgeSettings? Hedge => Plan.Route?.Hedge;

    /// <summary>Whether it may be sent again after a send that may have been processed.</summary>
    public bool IsReplaySafe => !Facts.HasEffects;

    /// <summary>The attempt whose answer broke off after the client had some of it, where another one goes on with it; null where none does.</summary>
    public Attempt? BrokenOff { get; set; }

    /// <summary>What it has taken of limits; null where none applies.</summary>
    public LimitLease? Lease { get; init; }

    /// <summary>The intent, once the first attempt started.</summary>
    public RequestIntent? Intent { get; set; }

    /// <summary>Set once the request has ended for the ledger: exactly one outcome each.</summary>
    public bool IsSettled { get; set; }

    public string Id => Facts.RequestId;

    /// <summary>Whether its caller hears nothing of how it is served.</summary>
    public bool IsMinimal => Facts.Caller.Permissions.IsMinimal;

    /// <summary>Whether an answer's end waits for its settlement to be on disk.</summary>
    public bool IsStrict => Snapshot.Store.Durability == LedgerDurability.Strict;

    /// <summary>What its ended attempts cost together; null as soon as one is unknown, for unknown is never zero.</summary>
    public Usd? Cost
    {
        get
        {
            var sum = Usd.Zero;
            foreach (var attempt in Attempts)
            {
                if (attempt.Charge.Cost is not { } cost) return null;
                sum += cost;
            }

            return sum;
        }
    }
}

/// <summary>One upstream send on its way; becomes an <see cref="AttemptRecord"/>. Times are timestamps.</summary>
internal sealed class Attempt
{
    public required int Number { get; init; }

    public required AttemptChoice Choice { get; init; }

    public required long StartedAt { get; init; }

    public required DateTimeOffset StartedAtTime { get; init; }

    /// <summary>The right to send there; given back when it has ended.</summary>
    public SendPermit Permit { get; init; }

    /// <summary>Its clocks: the request's, shorter after others have run out.</summary>
    public required Timeouts Timeouts { get; init; }

    /// <summary>How long the vendor asks to be left alone; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; set; }

    /// <summary>Whether its failure may well be about what was asked: it says nothing of the target.</summary>
    public bool IsAboutRequest { get; set; }

    /// <summary>Whether a quota that is used up is that of the model.</summary>
    public bool IsOfModel { get; set; }

    public long HeadersAt { get; set; }

    /// <summary>The same as a time, of a translated attempt: what resets of the vendor's limits count from.</summary>
    public DateTimeOffset HeadersAtTime { get; set; }

    public long FirstTokenAt { get; set; }

    public long EndedAt { get; set; }

    public FailureClass Failure { get; set; }

    public AttemptClock Clock { get; set; }

    /// <summary>How long its stream had brought nothing when the clock ran out.</summary>
    public TimeSpan Silence { get; set; }

    public int? UpstreamStatus { get; set; }

    public string? UpstreamId { get; set; }

    public string? AnsweredModel { get; set; }

    /// <summary>What happened, for operators.</summary>
    public string? Detail { get; set; }

    /// <summary>What was found of the answer that is no failure by itself.</summary>
    public AnswerNotes Notes { get; set; }

    /// <summary>True once bytes of the request may have reached the vendor.</summary>
    public bool WasSent { get; set; }

    /// <summary>What the vendor reported; null when it did not, or not credibly.</summary>
    public TokenUsage? ReportedUsage { get; set; }

    /// <summary>Whether a clock ran out while the client took nothing: who was slow cannot be told, and the vendor is not blamed.</summary>
    public bool WasHeldByClient { get; set; }

    /// <summary>What the vendor says is left of its limits, 0 to 1; null when it does not, or no rule reads it.</summary>
    public double? QuotaLeft { get; set; }

    /// <summary>Bytes of generated content seen, for an estimate.</summary>
    public long ContentBytes { get; set; }

    /// <summary>How the request's body was passed on.</summary>
    public string BodyMode { get; set; } = BodyModes.Untouched;

    /// <summary>How the answer's body was passed on.</summary>
    public string AnswerBodyMode { get; set; } = BodyModes.Untouched;

    /// <summary>What of the request and of its answer a translation has lost, in the client's words.</summary>
    public IReadOnlyList<string> Losses { get; set; } = [];

    /// <summary>A limit of the answer that is written into what is sent; null where the client gave one, or no budget that blocks applies.</summary>
    public long? OutputCap { get; init; }

    /// <summary>Text of an answer that is sent with the request, for the target to go on with; 0 for none.</summary>
    public int BegunBytes { get; init; }

    /// <summary>What it holds of budgets and of its target's limits.</summary>
    public Spending Spending { get; set; }

    /// <summary>Tokens, their source, cost: filled when the attempt has ended.</summary>
    public Charge Charge { get; set; }

    /// <summary>Notes what the vendor's answer shows, and whether another model gave it than was asked for.</summary>
    /// <param name="notes">What its reader found.</param>
    /// <param name="isUsageAbsurd">Whether it reports a usage that cannot be true.</param>
    public void Note(AnswerNotes notes, bool isUsageAbsurd)
    {
        var target = Choice.Target;
        var isOther = AnsweredModel is { } answered && !ModelNames.AreOne(target.WireModel, answered) && !ModelNames.AreOne(target.Model, answered);
        if (BegunBytes > 0) notes = notes.Without(FailureClass.EmptyOutput); // the answer that it goes on with may have been all
        Notes = notes.With(FailureClass.AbsurdUsage, isUsageAbsurd).With(FailureClass.WrongModel, isOther);
    }
}

/// <summary>How bytes are passed on; names for headers and records.</summary>
internal static class BodyModes
{
    public const string Untouched = "untouched";
    public const string Spliced = "spliced";
    public const string Translated = "translated";
}
