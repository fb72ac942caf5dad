using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Fairlead.Simulator.Notation;
using Fairlead.Simulator.Quotas;

namespace Fairlead.Simulator;

/// <summary>
/// A line of a vendor's quotas: how much a key may ask for. Immutable. A request is held to the first line that matches it, and to that line alone.
/// </summary>
/// <remarks>
/// <code>
/// rpm=60 tpm=100000        requests and tokens per minute
/// rpd=10000 tpd=1000000    … per day
/// itpm=50000 otpm=10000    tokens of prompts, and of answers, per minute
/// credit=$5                what may be spent; once it is, nothing is answered any more
/// key=KEY, model=NAME      the key, or the model, it is for; left out, every one
/// </code>
/// <para>
/// Every key has its own, and of the limits every model of a key too; the credit is the key's. Requests without a key are those of one key.
/// A limit is a token bucket, as OpenAI and Anthropic have it: it holds the limit, is full at the start, and is refilled evenly over the minute or the day.
/// A request that finds too little is refused with 429, takes nothing and costs nothing.
/// </para>
/// </remarks>
public sealed record SimulatedQuota
{
    private const long Most = 1_000_000_000_000;

    private static readonly (string Name, QuotaKind Kind)[] Kinds =
    [
        ("rpm", QuotaKind.RequestsPerMinute), ("rpd", QuotaKind.RequestsPerDay), ("tpm", QuotaKind.TokensPerMinute), ("tpd", QuotaKind.TokensPerDay),
        ("itpm", QuotaKind.InputTokensPerMinute), ("otpm", QuotaKind.OutputTokensPerMinute),
    ];

    private SimulatedQuota(ImmutableArray<(QuotaKind Kind, long Limit)> limits) => Limits = limits;

    /// <summary>The key it is for; null for every one.</summary>
    public string? Key { get; private init; }

    /// <summary>The model it is for; null for every one.</summary>
    public string? Model { get; private init; }

    /// <summary>What a key may spend, in nano-dollars; null for any sum.</summary>
    public long? CreditNanoDollars { get; private init; }

    /// <summary>The limits, in the order of their kinds; none twice.</summary>
    internal ImmutableArray<(QuotaKind Kind, long Limit)> Limits { get; }

    /// <summary>Reads one line of the notation.</summary>
    /// <exception cref="FormatException">The line is not a quota; the message says what is wrong with it.</exception>
    public static SimulatedQuota Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return Read(text);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"Quota '{text}': {exception.Message}", exception);
        }
    }

    /// <summary>Its notation; <see cref="Parse"/> reads it back.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (kind, limit) in Limits) text.Append(CultureInfo.InvariantCulture, $" {Array.Find(Kinds, known => known.Kind == kind).Name}={limit}");
        if (CreditNanoDollars is { } credit) text.Append(CultureInfo.InvariantCulture, $" credit=${credit / 1_000_000_000m:0.#########}");
        if (Key is not null) text.Append(" key=").Append(NotationWord.Quote(Key));
        if (Model is not null) text.Append(" model=").Append(NotationWord.Quote(Model));
        return text.ToString(1, text.Length - 1);
    }

    /// <summary>Whether it is for that key and model.</summary>
    internal bool IsFor(string? key, string model) => (Key is null || Key == key) && (Model is null || Model == model);

    private static SimulatedQuota Read(string text)
    {
        var clause = new NotationClause("quota");
        foreach (var word in NotationWord.Cut(text))
        {
            if (word.Name is null) throw new FormatException($"'{word.Value}' is no limit; there are rpm=, rpd=, tpm=, tpd=, itpm=, otpm=, credit=, and for whom: key=, model=.");
            clause.Add(word);
        }

        var limits = ImmutableArray.CreateBuilder<(QuotaKind, long)>();
        foreach (var (name, kind) in Kinds)
        {
            if (clause.TakeNamed(name) is { } limit) limits.Add((kind, Limit(name, limit)));
        }

        var quota = new SimulatedQuota(limits.ToImmutable()) { Key = clause.TakeNamed("key"), Model = clause.TakeNamed("model"), CreditNanoDollars = clause.TakeNamed("credit") is { } credit ? Credit(credit) : null };
        clause.RequireEmpty();
        if (quota is { Limits.Length: 0, CreditNanoDollars: null }) throw new FormatException("it limits nothing, as 'rpm=60' would.");
        return quota;
    }

    private static long Limit(string name, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= Most
            ? limit
            : throw new FormatException($"'{name}={text}' is not a number between 1 and {Most}.");

    private static long Credit(string text) =>
        text.StartsWith('$') && decimal.TryParse(text.AsSpan(1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars) && dollars <= 1_000_000 && dollars * 1_000_000_000 >= 1
            ? (long)(dollars * 1_000_000_000)
            : throw new FormatException($"'credit={text}' is not a sum such as $5, above zero and up to $1000000.");
}
