namespace Fairlead.Simulator.Quotas;

/// <summary>What one key has left for one model. Safe for any number of threads.</summary>
/// <param name="limits">Its limits.</param>
/// <param name="credit">The key's credit, shared by its models; null for none.</param>
/// <param name="time">The vendor's clock.</param>
internal sealed class QuotaAccount(IEnumerable<(QuotaKind Kind, long Limit)> limits, CreditAccount? credit, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly TokenBucket[] _buckets = [.. limits.Select(limit => new TokenBucket(limit.Kind, limit.Limit, time.GetTimestamp()))];

    /// <summary>Whether nothing is left of the credit.</summary>
    public bool IsSpent => credit?.IsSpent == true;

    /// <summary>Whether it is as a new one would be.</summary>
    public bool IsUntouched
    {
        get
        {
            lock (_gate)
            {
                Refill();
                return Array.TrueForAll(_buckets, bucket => bucket.IsFull);
            }
        }
    }

    /// <summary>Takes a request and its tokens of every limit, or of none and says why.</summary>
    /// <param name="tokens">What it counts as tokens before it is answered.</param>
    /// <param name="inputTokens">The prompt's.</param>
    public QuotaRefusal? TryTake(long tokens, long inputTokens)
    {
        lock (_gate)
        {
            Refill();
            QuotaRefusal? refusal = null;
            foreach (var bucket in _buckets)
            {
                var needed = Needed(bucket.Kind, tokens, inputTokens);
                if (bucket.Until(needed) is var wait && wait <= TimeSpan.Zero) continue;
                TimeSpan? retryAfter = needed > bucket.Limit ? null : wait;
                // The one that holds it up longest: what else is short comes back meanwhile.
                if (refusal is null || (refusal.RetryAfter is { } other && (retryAfter is null || retryAfter > other))) refusal = new QuotaRefusal(bucket.Figure(), needed, retryAfter);
            }

            if (refusal is not null) return refusal;
            foreach (var bucket in _buckets)
            {
                if (bucket.Kind != QuotaKind.OutputTokensPerMinute) bucket.Take(Needed(bucket.Kind, tokens, inputTokens));
            }

            return null;
        }
    }

    /// <summary>Takes what an answer has used.</summary>
    /// <param name="tokens">What it counts as tokens, beyond what was taken before it.</param>
    /// <param name="outputTokens">The answer's.</param>
    /// <param name="nanoDollars">Its charge.</param>
    public void Use(long tokens, long outputTokens, long nanoDollars)
    {
        credit?.Spend(nanoDollars);
        lock (_gate)
        {
            Refill();
            foreach (var bucket in _buckets)
            {
                if (bucket.Kind == QuotaKind.OutputTokensPerMinute) bucket.Take(outputTokens);
                else if (bucket.Kind is QuotaKind.TokensPerMinute or QuotaKind.TokensPerDay) bucket.Take(tokens);
            }
        }
    }

    /// <summary>How every limit stands now.</summary>
    public QuotaFigure[] Figures()
    {
        lock (_gate)
        {
            Refill();
            return Array.ConvertAll(_buckets, bucket => bucket.Figure());
        }
    }

    private static long Needed(QuotaKind kind, long tokens, long inputTokens) => kind switch
    {
        QuotaKind.TokensPerMinute or QuotaKind.TokensPerDay => tokens,
        QuotaKind.InputTokensPerMinute => inputTokens,
        _ => 1, // a request; and of the answer's tokens at least one must be left
    };

    private void Refill()
    {
        var now = time.GetTimestamp();
        foreach (var bucket in _buckets) bucket.Refill(now, time);
    }
}
