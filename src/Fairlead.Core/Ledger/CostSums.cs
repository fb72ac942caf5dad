namespace Fairlead.Core.Ledger;

/// <summary>Sums over requests and their attempts. Money is in nano-dollars and includes corrections.</summary>
public sealed record CostSums
{
    /// <summary>Nothing.</summary>
    public static CostSums Zero { get; } = new();

    /// <summary>Requests. Told apart by something of their attempts, each counts with its last one.</summary>
    public long Requests { get; init; }

    /// <summary>Those that were answered.</summary>
    public long Answered { get; init; }

    /// <summary>Those that ended in an error.</summary>
    public long Failed { get; init; }

    /// <summary>Those whose client left.</summary>
    public long ClientGone { get; init; }

    /// <summary>Those that the end of a process cut off.</summary>
    public long Interrupted { get; init; }

    /// <summary>Upstream sends.</summary>
    public long Attempts { get; init; }

    /// <summary>Upstream sends that failed; a client's leaving is no failure.</summary>
    public long FailedAttempts { get; init; }

    /// <summary>Upstream sends beyond the first of their request.</summary>
    public long Retries { get; init; }

    /// <summary>Input tokens, cached ones and cache writes included.</summary>
    public long InputTokens { get; init; }

    /// <summary>Input tokens read from a vendor's cache.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Input tokens written to a vendor's cache, those for an hour included.</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Input tokens written to a vendor's cache for an hour.</summary>
    public long CacheWriteOneHourTokens { get; init; }

    /// <summary>Output tokens, those of reasoning included.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Output tokens of reasoning.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>The known costs.</summary>
    public Usd Cost { get; init; }

    /// <summary>The part that output tokens cost, as far as it was recorded.</summary>
    public Usd OutputCost { get; init; }

    /// <summary>The part that rests on our own count of tokens.</summary>
    public Usd EstimatedCost { get; init; }

    /// <summary>The part of targets without a price of their own, which count at the dearest of their route.</summary>
    public Usd UnpricedCost { get; init; }

    /// <summary>The part of attempts that failed.</summary>
    public Usd FailedCost { get; init; }

    /// <summary>What the answers would have cost at the dearest candidates of their plans, as far as it is known.</summary>
    public Usd DearestCost { get; init; }

    /// <summary>Attempts whose cost is not known: none of it is in the sums.</summary>
    public long UnknownCosts { get; init; }

    /// <summary>Corrections of costs.</summary>
    public long Corrections { get; init; }

    /// <summary>What they changed.</summary>
    public Usd CorrectionsCost { get; init; }
}
