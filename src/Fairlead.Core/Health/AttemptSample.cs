using Fairlead.Core.Execution;
using Fairlead.Core.Ledger;

namespace Fairlead.Core.Health;

/// <summary>What one ended attempt says of its target.</summary>
/// <param name="Target">The target's name; <c>provider/model</c> for one that a client named without a target.</param>
/// <param name="Failure">How it ended.</param>
/// <param name="TimeToAnswer">To the first content of a stream, to the whole of a JSON answer; null when none came.</param>
public readonly record struct AttemptSample(string Target, FailureClass Failure, TimeSpan? TimeToAnswer)
{
    /// <summary>Whether the same target had just been tried with the same key.</summary>
    public bool IsRetry { get; init; }

    /// <summary>
    /// Whether the failure is none of the target's though its class counts: a deadline that the client shortened, or that other
    /// attempts had used up.
    /// </summary>
    public bool IsExcused { get; init; }

    /// <summary>What the vendor says is left of its limit, 0 to 1; null when it does not, or nobody asked.</summary>
    public double? QuotaLeft { get; init; }

    /// <summary>What it cost; null when nobody knows.</summary>
    public Usd? Cost { get; init; }

    /// <summary>Whether the model declined, or a filter cut its answer: a usable answer, that says something of quality.</summary>
    public bool IsRefusal { get; init; }

    /// <summary>Whether the request's own deadline ended it.</summary>
    public bool IsDeadline { get; init; }

    /// <summary>How long its vendor asks to be left alone; null when it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>When it began, a timestamp of the board's clock; 0: at this moment.</summary>
    public long BeganAt { get; init; }

    /// <summary>Of a JSON answer the tokens that were generated while it was waited for; null where the time is that to a stream's first content.</summary>
    public long? AnswerTokens { get; init; }

    /// <summary>Tokens of the prompt, about: a longer one takes a stream longer to its first content.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Whether it took longer than its target may.</summary>
    internal bool IsSlow { get; init; }
}
