using Fairlead.Core.Ledger;

namespace Fairlead.Core.Outcomes;

/// <summary>
/// What a group of requests that have ended adds up to. A request belongs to the target that answered, or was tried last, and its cost is that of
/// all its attempts, at whichever target, corrections included. Immutable; sums of groups add up.
/// </summary>
public sealed record RequestSums
{
    /// <summary>No requests.</summary>
    public static RequestSums None { get; } = new();

    /// <summary>How many there are, whether or not an outcome was reported.</summary>
    public long Requests { get; init; }

    /// <summary>Those of them that were answered.</summary>
    public long Answered { get; init; }

    /// <summary>Those of the answered ones that a tier after the first answered, or an attempt after another one; counted only where it is asked for.</summary>
    public long Rescued { get; init; }

    /// <summary>Those whose outcome is a success.</summary>
    public long Successes { get; init; }

    /// <summary>Those whose outcome is a failure.</summary>
    public long Failures { get; init; }

    /// <summary>Those whose outcome is neither.</summary>
    public long Neutrals { get; init; }

    /// <summary>The known costs.</summary>
    public Usd Cost { get; init; }

    /// <summary>Requests of which a cost is not known: <see cref="Cost"/> lacks it.</summary>
    public long UnknownCosts { get; init; }

    /// <summary>What the successes were worth, as far as it was said.</summary>
    public Usd Value { get; init; }

    /// <summary>The sum of the scores that were reported.</summary>
    public double Scores { get; init; }

    /// <summary>How many scores were reported.</summary>
    public long Scored { get; init; }

    /// <summary>What the attempts that answered cost, of the requests whose <see cref="Dearest"/> is known.</summary>
    public Usd Answering { get; init; }

    /// <summary>What the tokens of the same attempts would have cost at the dearest candidate of each plan.</summary>
    public Usd Dearest { get; init; }

    /// <summary>What the requests whose cost is known consumed.</summary>
    public Consumption Consumed { get; init; } = Consumption.None;

    /// <summary>Requests with an outcome.</summary>
    public long Reported => Successes + Failures + Neutrals;

    /// <summary>The share of the requests that have an outcome; null without requests.</summary>
    public double? Coverage => Requests == 0 ? null : (double)Reported / Requests;

    /// <summary>The share of the outcomes that are successes; null without outcomes.</summary>
    public double? SuccessRate => Reported == 0 ? null : (double)Successes / Reported;

    /// <summary>The mean of the scores; null without.</summary>
    public double? MeanScore => Scored == 0 ? null : Scores / Scored;

    /// <summary>
    /// The cost of all requests over the successes, rounded half to even to a nano-dollar; null without successes. Too low where
    /// <see cref="UnknownCosts"/> is not zero.
    /// </summary>
    public Usd? CostPerSuccess => Successes == 0 ? null : new Usd(Rounding.Divide(Cost.NanoDollars, Successes));

    /// <summary>What the successes were worth beyond what all requests cost.</summary>
    public Usd Margin => Value - Cost;

    /// <summary>What the answers would have cost at the dearest candidates beyond what they cost.</summary>
    public Usd Saved => Dearest - Answering;

    /// <summary>Both groups together.</summary>
    public static RequestSums operator +(RequestSums left, RequestSums right) => new()
    {
        Requests = left.Requests + right.Requests,
        Answered = left.Answered + right.Answered,
        Rescued = left.Rescued + right.Rescued,
        Successes = left.Successes + right.Successes,
        Failures = left.Failures + right.Failures,
        Neutrals = left.Neutrals + right.Neutrals,
        Cost = left.Cost + right.Cost,
        UnknownCosts = left.UnknownCosts + right.UnknownCosts,
        Value = left.Value + right.Value,
        Scores = left.Scores + right.Scores,
        Scored = left.Scored + right.Scored,
        Answering = left.Answering + right.Answering,
        Dearest = left.Dearest + right.Dearest,
        Consumed = left.Consumed + right.Consumed,
    };
}
