namespace Fairlead.Simulator.Quotas;

/// <summary>What a limit counts.</summary>
internal enum QuotaKind
{
    /// <summary>Requests per minute.</summary>
    RequestsPerMinute,

    /// <summary>Requests per day.</summary>
    RequestsPerDay,

    /// <summary>Tokens per minute, as the dialect's vendor counts them.</summary>
    TokensPerMinute,

    /// <summary>Tokens per day, counted the same.</summary>
    TokensPerDay,

    /// <summary>Tokens of prompts per minute.</summary>
    InputTokensPerMinute,

    /// <summary>Tokens of answers per minute, taken when they have been produced.</summary>
    OutputTokensPerMinute,
}

/// <summary>How one limit stands.</summary>
/// <param name="Kind">What it counts.</param>
/// <param name="Limit">How much it is.</param>
/// <param name="Remaining">What is left of it, not below zero.</param>
/// <param name="ResetIn">How long until it is whole again.</param>
internal readonly record struct QuotaFigure(QuotaKind Kind, long Limit, long Remaining, TimeSpan ResetIn)
{
    /// <summary>Whether it counts requests, not tokens.</summary>
    public bool IsOfRequests => Kind is QuotaKind.RequestsPerMinute or QuotaKind.RequestsPerDay;

    /// <summary>Whether it is of a day, not of a minute.</summary>
    public bool IsOfDay => Kind is QuotaKind.RequestsPerDay or QuotaKind.TokensPerDay;

    /// <summary>The one of these with the smallest part left; null for none.</summary>
    public static QuotaFigure? Tightest(IEnumerable<QuotaFigure> figures)
    {
        QuotaFigure? tightest = null;
        foreach (var figure in figures)
        {
            if (tightest is not { } other || figure.Remaining * (double)other.Limit < other.Remaining * (double)figure.Limit) tightest = figure;
        }

        return tightest;
    }
}

/// <summary>Why a request was refused.</summary>
/// <param name="Figure">The limit it met, as it stood.</param>
/// <param name="Requested">How much the request needs of it.</param>
/// <param name="RetryAfter">How long until there is enough; null when it needs more than the whole limit, and there never is.</param>
internal sealed record QuotaRefusal(QuotaFigure Figure, long Requested, TimeSpan? RetryAfter);
