using Fairlead.Core.Budgets;

namespace Fairlead.Pipeline;

/// <summary>
/// Where a stream has to end that was begun with what was left of a budget: once what has come of it may have cost what is held, and no more is to be
/// had. Used by one request.
/// </summary>
/// <param name="reservation">What is held.</param>
/// <param name="tokens">Tokens of output that this pays.</param>
/// <param name="sliceCost">Nano-dollars of <see cref="Slice"/> tokens more.</param>
internal sealed class StreamCut(BudgetReservation reservation, long tokens, long sliceCost)
{
    /// <summary>Tokens that are asked for at a time when those that are paid are used up.</summary>
    public const int Slice = 256;

    /// <summary>No tokenizer in use makes more tokens of ordinary text: a stream is rather cut early than too late.</summary>
    private const int LeastBytesPerToken = 2;

    private long _tokens = tokens;

    /// <summary>Whether it has to end.</summary>
    /// <param name="contentBytes">Bytes of content that have come.</param>
    public bool IsDue(long contentBytes)
    {
        while (contentBytes / LeastBytesPerToken > _tokens)
        {
            if (!reservation.TryTopUp(sliceCost)) return true;
            _tokens += Slice;
        }

        return false;
    }
}
