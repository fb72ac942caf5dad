using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Keys;

/// <summary>A key that somebody wants made, as it was asked for. Immutable.</summary>
public sealed record KeyRequest
{
    /// <summary>What a member of it may be called, in the words of the configuration.</summary>
    public static ImmutableArray<string> Members { get; } =
        ["name", "owner", "tenant", "team", "feature", "expires", "routes", "targets", "environments", "may_set", "operations", "tools", "expose", "criticality", "limits"];

    private const int MostNames = 1000;
    private const int MostShort = 64;
    private const int MostTools = 256;
    private const int MostText = 256;
    private const int MostOfLimit = 1_000_000_000;

    /// <summary>What records and logs will say.</summary>
    public required string Name { get; init; }

    /// <summary>Who answers for it; null for nobody.</summary>
    public string? Owner { get; init; }

    /// <summary>Whose requests these will be.</summary>
    public string Tenant { get; init; } = "default";

    /// <summary>The team; null for none.</summary>
    public string? Team { get; init; }

    /// <summary>The feature; null: what the request says.</summary>
    public string? Feature { get; init; }

    /// <summary>The last day that it holds, in UTC; null: it never ends.</summary>
    public DateOnly? Expires { get; init; }

    /// <summary>Null: all that are not restricted.</summary>
    public ImmutableArray<string>? Routes { get; init; }

    /// <summary>Null: all that are not restricted.</summary>
    public ImmutableArray<string>? Targets { get; init; }

    /// <summary>Null: any.</summary>
    public ImmutableArray<string>? Environments { get; init; }

    /// <summary>Null: all claims.</summary>
    public ImmutableArray<string>? MaySet { get; init; }

    /// <summary>Null: everything.</summary>
    public ImmutableArray<string>? Operations { get; init; }

    /// <summary>Null: any; empty: none.</summary>
    public ImmutableArray<string>? Tools { get; init; }

    /// <summary>Whether it hears nothing of how its requests are served.</summary>
    public bool IsMinimal { get; init; }

    /// <summary>How much its requests matter while there is no room for all.</summary>
    public Criticality Criticality { get; init; } = Criticality.Normal;

    /// <summary>What may be asked with it; null: anything.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>The first moment after the last day; null: it never ends.</summary>
    public DateTimeOffset? ExpiresAt => Expires is { } day ? EndOf(day) : null;

    /// <summary>What it may do.</summary>
    public CallerPermissions Permissions => new()
    {
        Routes = Set(Routes),
        Targets = Set(Targets),
        Environments = Environments ?? [],
        MaySet = Set(MaySet),
        Operations = Set(Operations),
        Tools = Set(Tools),
        IsMinimal = IsMinimal,
        Criticality = Criticality,
    };

    /// <summary>The first moment after a day, in UTC.</summary>
    public static DateTimeOffset EndOf(DateOnly day) =>
        day == DateOnly.MaxValue ? DateTimeOffset.MaxValue : new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    /// <summary>What is wrong with it, in the order of its members; null when nothing is.</summary>
    /// <param name="now">The time.</param>
    public KeyDefect? Defect(DateTimeOffset now)
    {
        if (!Names.IsName(Name)) return new KeyDefect("name", Names.Rule);
        if (Name.StartsWith("key_", StringComparison.Ordinal)) return new KeyDefect("name", "must not begin with 'key_', as ids do");
        if (!Names.IsName(Tenant)) return new KeyDefect("tenant", Names.Rule);
        if (Caller.IsProberOf(Tenant, Name)) return new KeyDefect("name", "with this tenant is what Fairlead itself asks with; choose another one");
        if (ExpiresAt <= now) return new KeyDefect("expires", "is past");
        return Text("owner", Owner, MostText) ?? Text("team", Team, MostShort) ?? Text("feature", Feature, MostShort)
            ?? Texts("routes", Routes, MostNames) ?? Texts("targets", Targets, MostNames)
            ?? (Environments is { IsEmpty: true } ? new KeyDefect("environments", "needs at least one; leave it out for any") : Texts("environments", Environments, MostShort))
            ?? Words("may_set", MaySet, ClaimNames.All)
            ?? (Operations is { IsEmpty: true } ? new KeyDefect("operations", "needs at least one; leave it out for all") : Words("operations", Operations, Requests.Operations.All))
            ?? Texts("tools", Tools, MostTools)
            ?? Number("limits.rpm", Limits?.RequestsPerMinute) ?? Number("limits.tpm", Limits?.TokensPerMinute) ?? Number("limits.concurrent", Limits?.Concurrent);
    }

    private static FrozenSet<string>? Set(ImmutableArray<string>? names) => names?.ToFrozenSet(StringComparer.Ordinal);

    private static KeyDefect? Text(string member, string? text, int most) =>
        text is null || (text.Length > 0 && text.Length <= most && !text.Any(char.IsControl)) ? null : new KeyDefect(member, $"must be 1 to {most} characters without control characters");

    private static KeyDefect? Texts(string member, ImmutableArray<string>? texts, int most)
    {
        if (texts is not { } all) return null;
        if (all.Length > most) return new KeyDefect(member, $"may have {most} entries at most");
        foreach (var text in all)
        {
            if (Text(member, text, MostText) is { } defect) return defect;
        }

        return null;
    }

    private static KeyDefect? Words(string member, ImmutableArray<string>? words, ImmutableArray<string> known)
    {
        if (words is not { } all) return null;
        foreach (var word in all)
        {
            if (known.Contains(word)) continue;
            var nearest = Configuration.Words.Nearest(word, known);
            return new KeyDefect(member, $"{Configuration.Words.Quote(word)} is none of {string.Join(", ", known)}{(nearest is null ? "" : $"; did you mean '{nearest}'?")}");
        }

        return null;
    }

    private static KeyDefect? Number(string member, int? number) => number is null or (>= 1 and <= MostOfLimit) ? null : new KeyDefect(member, $"must be a whole number from 1 to {MostOfLimit}");
}

/// <summary>What is wrong with a key that is to be made.</summary>
/// <param name="Member">The member, as the request calls it.</param>
/// <param name="Message">The rest of a sentence about it.</param>
public sealed record KeyDefect(string Member, string Message);
