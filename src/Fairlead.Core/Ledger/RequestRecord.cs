using Fairlead.Core.Execution;

namespace Fairlead.Core.Ledger;

/// <summary>How a request ended for its client. Exactly one per accepted request.</summary>
public enum RequestOutcome
{
    /// <summary>The process died before it ended; found at the next start.</summary>
    Interrupted = 0,

    /// <summary>A full answer.</summary>
    Answered,

    /// <summary>An explicit error, before or within the answer.</summary>
    Failed,

    /// <summary>The client closed the connection.</summary>
    ClientGone,
}

/// <summary>Whether an amount rests on the target's own price.</summary>
public enum CostBasis
{
    /// <summary>No cost is known: no price, or nothing is known of what was billed.</summary>
    Unknown = 0,

    /// <summary>At the target's price.</summary>
    Priced,

    /// <summary>The target is unpriced; counted at the dearest price of its route.</summary>
    WorstOfRoute,
}

/// <summary>
/// What was known when a request was admitted and planned: written as an intent when its first attempt starts. All ledger
/// dimensions are here; those that this version cannot fill are null.
/// </summary>
public sealed record RequestIntent
{
    /// <summary>Our id, <c>req_</c> and 26 characters that sort by time. The primary key.</summary>
    public required string Id { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Whose request it is.</summary>
    public required string Tenant { get; init; }

    /// <summary>The client key's name; null without keys.</summary>
    public string? Key { get; init; }

    /// <summary>Team of the caller.</summary>
    public string? Team { get; init; }

    /// <summary>Feature of the application.</summary>
    public string? Feature { get; init; }

    /// <summary>End user, pseudonymised.</summary>
    public string? User { get; init; }

    /// <summary>Tier of the end user.</summary>
    public string? UserTier { get; init; }

    /// <summary>Environment, such as <c>prod</c>.</summary>
    public string? Environment { get; init; }

    /// <summary>Journey that joins several requests.</summary>
    public string? Journey { get; init; }

    /// <summary>Workload class.</summary>
    public string? Workload { get; init; }

    /// <summary>Sensitivity labels, comma-separated.</summary>
    public string? Sensitivity { get; init; }

    /// <summary>Tags, a JSON object of names and texts as <see cref="RequestTags.Json"/> writes it; null where there are none.</summary>
    public string? Tags { get; init; }

    /// <summary>What is asked: <c>chat</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The client's dialect: <c>openai-chat</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>What the client sent as <c>model</c>.</summary>
    public required string RequestedModel { get; init; }

    /// <summary>Whether a stream was asked for.</summary>
    public required bool IsStream { get; init; }

    /// <summary>The route that decided; null for a pinned target.</summary>
    public string? Route { get; init; }

    /// <summary>The revision of the configuration that the request kept.</summary>
    public required string Revision { get; init; }

    /// <summary>The client's limit of output tokens; null when it gave none.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>How many answers are asked for (<c>n</c>).</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Whether tools are offered.</summary>
    public bool HasTools { get; init; }

    /// <summary>Whether the output must meet a JSON Schema.</summary>
    public bool HasSchema { get; init; }

    /// <summary>An upper bound of the prompt's tokens, from its bytes: what an interrupted request is settled at.</summary>
    public required long PromptTokensBound { get; init; }

    /// <summary>
    /// What the request was decided from beside its facts above, a JSON object: candidates with their numbers, rejected ones with
    /// reasons, health and budget values read, random draws. With the facts and the attempts it derives the sentence again. Kept
    /// once for all requests that share it: the same instance where it is the same text costs least.
    /// </summary>
    public required string DecisionJson { get; init; }

    /// <summary>What rules may have read of the request itself, by name, a JSON object; null where no rule reads anything of it.</summary>
    public string? Inputs { get; init; }
}

/// <summary>How a request ended, with its attempts. One row, and one child row per attempt.</summary>
public sealed record RequestRecord
{
    /// <summary>What was known at its start.</summary>
    public required RequestIntent Intent { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>How it ended for the client.</summary>
    public required RequestOutcome Outcome { get; init; }

    /// <summary>The HTTP status the client got; 0 when it was gone before one was sent.</summary>
    public required int Status { get; init; }

    /// <summary>Why it failed; <see cref="FailureClass.None"/> when answered.</summary>
    public required FailureClass Failure { get; init; }

    /// <summary>The tier that answered, or the last one tried; null when no attempt was made.</summary>
    public string? Tier { get; init; }

    /// <summary>The target that answered, or the last one tried; null when no attempt was made.</summary>
    public string? Target { get; init; }

    /// <summary>Its provider.</summary>
    public string? Provider { get; init; }

    /// <summary>The model that the vendor says answered; null when it did not say.</summary>
    public string? AnsweredModel { get; init; }

    /// <summary>How the answer's body was passed on: <c>untouched</c>, <c>spliced</c>, <c>translated</c>; null without an answer.</summary>
    public string? BodyMode { get; init; }

    /// <summary>Why it went where it went, in one sentence.</summary>
    public required string Sentence { get; init; }

    /// <summary>From admission to the first meaningful content; null when there was none, or for a JSON answer.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>From admission to the end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Bytes of the client's body.</summary>
    public required long RequestBytes { get; init; }

    /// <summary>
    /// What the tokens of the attempt that answered would have cost at the dearest priced candidate of the plan; null when none
    /// answered, or no candidate is priced.
    /// </summary>
    public Usd? DearestCost { get; init; }

    /// <summary>Its attempts in order.</summary>
    public required IReadOnlyList<AttemptRecord> Attempts { get; init; }

    /// <summary>Whether the answer broke off at one target and went on at another. Follows from the attempts.</summary>
    public bool IsContinued
    {
        get
        {
            if (Outcome != RequestOutcome.Answered) return false;
            for (var i = 0; i < Attempts.Count - 1; i++)
            {
                if (Attempts[i] is { FirstToken: not null, Failure: not (FailureClass.None or FailureClass.HedgeLost) }) return true;
            }

            return false;
        }
    }
}

/// <summary>One upstream send.</summary>
public sealed record AttemptRecord
{
    /// <summary>1, 2, … within the request.</summary>
    public required int Number { get; init; }

    /// <summary>The tier it was made for.</summary>
    public required string Tier { get; init; }

    /// <summary>The target.</summary>
    public required string Target { get; init; }

    /// <summary>The provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The model asked for.</summary>
    public required string Model { get; init; }

    /// <summary>Which of the provider's keys: its place among those that have a value, from 0; null without a key.</summary>
    public int? KeyIndex { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From its start to the response headers; null when there were none.</summary>
    public TimeSpan? Headers { get; init; }

    /// <summary>From its start to the first meaningful content; null when there was none.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>From its start to its end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Why it failed; <see cref="FailureClass.None"/> when it answered.</summary>
    public required FailureClass Failure { get; init; }

    /// <summary>Which clock ran out.</summary>
    public required AttemptClock Clock { get; init; }

    /// <summary>The vendor's HTTP status; null when there was none.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>The vendor's own id of the answer or the request; null when it gave none.</summary>
    public string? UpstreamId { get; init; }

    /// <summary>What happened, for operators: our words and a stable code, never the prompt, a key or a header.</summary>
    public string? Detail { get; init; }

    /// <summary>Tokens.</summary>
    public required TokenUsage Usage { get; init; }

    /// <summary>Where the tokens come from.</summary>
    public required UsageSource UsageSource { get; init; }

    /// <summary>What it costs; null when unknown, which is never zero.</summary>
    public Usd? Cost { get; init; }

    /// <summary>The part of the cost that its output tokens cost, the rest being its input's; null when the cost is unknown.</summary>
    public Usd? OutputCost { get; init; }

    /// <summary>What was found out later, to be added to the cost; null where nothing was. Read only: no ledger takes it with a settlement.</summary>
    public Usd? Correction { get; init; }

    /// <summary>What it costs as far as is known by now; null when unknown, which is never zero.</summary>
    public Usd? CorrectedCost => Correction is { } correction ? (Cost ?? Usd.Zero) + correction : Cost;

    /// <summary>What the cost rests on.</summary>
    public required CostBasis CostBasis { get; init; }

    /// <summary>The version of the price it was computed with; null without one.</summary>
    public string? PriceVersion { get; init; }
}
