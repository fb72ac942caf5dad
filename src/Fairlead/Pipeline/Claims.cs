using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Core.Classification;
using Fairlead.Core.Configuration;
using Fairlead.Core.Ledger;
using Fairlead.Core.Requests;
using Fairlead.Dialects.Peeking;

namespace Fairlead.Pipeline;

/// <summary>
/// What a request says of itself, in <c>x-fairlead-*</c> headers or as <c>fairlead.*</c> in the body's <c>metadata</c>. Of one claim in
/// both places the body's holds, but for sensitivity: labels can only be added. Immutable.
/// </summary>
internal sealed record Claims
{
    /// <summary>The beginning of every claim's header.</summary>
    public const string HeaderPrefix = "x-fairlead-";

    private const string MemberPrefix = "fairlead.";
    private const int MostCharacters = 128;
    private const int MostLabels = 16;
    private const int MostMilliseconds = 86_400_000; // a day

    /// <summary>A request that claims nothing.</summary>
    public static Claims None { get; } = new();

    public string? Feature { get; private init; }

    public string? User { get; private init; }

    public string? UserTier { get; private init; }

    public string? Environment { get; private init; }

    public string? Journey { get; private init; }

    public RequestTags? Tags { get; private init; }

    public string? Template { get; private init; }

    public string? Workload { get; private init; }

    /// <summary>Where <see cref="Workload"/> stands.</summary>
    public WorkloadSource WorkloadSource { get; private init; }

    /// <summary>In ordinal order, each once.</summary>
    public ImmutableArray<string> Sensitivity { get; private init; } = [];

    public TimeSpan? LatencyBudget { get; private init; }

    public Usd? MaxCost { get; private init; }

    public TimeSpan? Timeout { get; private init; }

    public bool IsDryRun { get; private init; }

    /// <summary>Adds the claim of one header; null when it holds.</summary>
    /// <param name="header">Its name, in any case, with its prefix.</param>
    /// <param name="value">Its value.</param>
    /// <param name="may">Says which claims the caller may make.</param>
    /// <param name="snapshot">Says which workloads and labels there are.</param>
    /// <param name="claims">The claims so far, then with this one.</param>
    public static Refusal? TryAddHeader(string header, string value, CallerPermissions may, GatewaySnapshot snapshot, ref Claims claims)
    {
        var claim = header[HeaderPrefix.Length..].ToLowerInvariant();
        return claims.With(claim, value, WorkloadSource.Header, may, snapshot, out var more) switch
        {
            null => Added(more, ref claims),
            { Row: var row } when row == RefusalTable.UnknownHeader => new Refusal(row, "Fairlead has no such header.", Shown(header)),
            var refusal => refusal with { Param = HeaderPrefix + claim },
        };
    }

    /// <summary>Adds the claims that stand in a body; null when they hold.</summary>
    public static Refusal? TryAddMetadata(IReadOnlyList<MetadataClaim> members, CallerPermissions may, GatewaySnapshot snapshot, ref Claims claims)
    {
        var added = claims;
        for (var i = 0; i < members.Count; i++)
        {
            var (name, value) = members[i];
            var claim = ClaimOf(name);
            for (var before = 0; before < i; before++)
            {
                if (ClaimOf(members[before].Name) == claim) return new Refusal(RefusalTable.DuplicateMember, $"The same claim stands in the body as '{members[before].Name}' too.", "metadata." + name);
            }

            if (added.With(claim, value, WorkloadSource.Metadata, may, snapshot, out var more) is { } refusal)
            {
                return refusal with
                {
                    Row = refusal.Row == RefusalTable.UnknownHeader ? RefusalTable.UnknownMember : refusal.Row == RefusalTable.InvalidHeader ? RefusalTable.InvalidMember : refusal.Row,
                    Message = refusal.Row == RefusalTable.UnknownHeader ? "Fairlead has no such member of metadata." : refusal.Message,
                    Param = "metadata." + name,
                };
            }

            added = more;
        }

        claims = added;
        return null;
    }

    /// <summary>A caller with what it claims of itself; what its key fixes, it may not claim otherwise.</summary>
    public Refusal? Of(Caller key, out Caller caller)
    {
        caller = key;
        var environments = key.Permissions.Environments;
        if (Feature is not null && key.Feature is not null && Feature != key.Feature) return new Refusal(RefusalTable.ClaimNotAllowed, "The key is for another feature.", HeaderPrefix + "feature");
        if (Environment is not null && !environments.IsEmpty && !environments.Contains(Environment)) return new Refusal(RefusalTable.ClaimNotAllowed, "The key is for other environments.", HeaderPrefix + "environment");
        var environment = Environment ?? (environments is [var only] ? only : null);
        if (TagsWith(key.Tags, out var tags) is { } wrongTags) return wrongTags;
        if (ReferenceEquals(this, None) && environment is null) return null;
        caller = key with
        {
            Feature = Feature ?? key.Feature,
            User = User,
            UserTier = UserTier,
            Environment = environment,
            Journey = Journey,
            Tags = tags,
        };
        return null;
    }

    /// <summary>The tags of the key with those that are claimed; what the key says, no request says otherwise.</summary>
    private Refusal? TagsWith(RequestTags? ofKey, out RequestTags? tags)
    {
        tags = ofKey ?? Tags;
        if (ofKey is null || Tags is null) return null;
        if (ofKey.With(Tags, out var all) is { } name) return new Refusal(RefusalTable.ClaimNotAllowed, $"The key has another value for the tag {name}.", HeaderPrefix + "tags");
        if (all.Count > RequestTags.Most) return new Refusal(RefusalTable.InvalidHeader, $"With those of its key a request may have {RequestTags.Most} tags.", HeaderPrefix + "tags");
        tags = all;
        return null;
    }

    private static Refusal? Added(Claims more, ref Claims claims)
    {
        claims = more;
        return null;
    }

    /// <summary>The claim that a member of metadata makes: <c>fairlead.user_tier</c> is <c>user-tier</c>.</summary>
    private static string ClaimOf(string member) => member[MemberPrefix.Length..].Replace('_', '-');

    /// <summary>These claims and one more; the refusal is that of a header, its name left to the caller.</summary>
    private Refusal? With(string claim, string value, WorkloadSource source, CallerPermissions may, GatewaySnapshot snapshot, out Claims claims)
    {
        claims = this;
        if (ClaimNames.OfHeader(claim) is { } word && !may.AllowsClaim(word)) return new Refusal(RefusalTable.ClaimNotAllowed, $"The key may not set {HeaderPrefix}{claim}.");
        switch (claim)
        {
            case "feature" or "user" or "user-tier" or "environment" or "journey" or "template" when !IsPlain(value):
                return Invalid($"Must be 1 to {MostCharacters} printable ASCII characters.");
            case "feature":
                claims = this with { Feature = value };
                return null;
            case "user":
                claims = this with { User = value };
                return null;
            case "user-tier":
                claims = this with { UserTier = value };
                return null;
            case "environment":
                claims = this with { Environment = value };
                return null;
            case "journey":
                claims = this with { Journey = value };
                return null;
            case "tags":
                if (!RequestTags.TryParse(value, out var tags, out var wrongTags)) return Invalid(wrongTags);
                claims = this with { Tags = tags };
                return null;
            case "template":
                claims = this with { Template = value };
                return null;
            case "workload":
                if (!snapshot.WorkloadNames.Known(value)) return Invalid(snapshot.WorkloadNames.Unknown(value));
                claims = this with { Workload = value, WorkloadSource = source };
                return null;
            case "sensitivity":
                if (TryAddLabels(value, snapshot.SensitivityLabels, out var labels) is { } wrong) return wrong;
                claims = this with { Sensitivity = labels };
                return null;
            case "latency-budget-ms":
                if (!TryMilliseconds(value, out var budget)) return NotMilliseconds;
                claims = this with { LatencyBudget = budget };
                return null;
            case "timeout-ms":
                if (!TryMilliseconds(value, out var timeout)) return NotMilliseconds;
                claims = this with { Timeout = timeout };
                return null;
            case "max-cost-usd":
                if (!Usd.TryParse(value, out var most)) return Invalid("Must be decimal dollars from 0 to 1000000 with at most nine decimals, such as 0.05.");
                claims = this with { MaxCost = most };
                return null;
            case "dry-run":
                if (value is not ("true" or "false")) return Invalid("Must be true or false.");
                claims = this with { IsDryRun = value == "true" };
                return null;
            case "cache":
                return new Refusal(RefusalTable.NotInThisVersion, "This claim is not in this version of Fairlead.");
            default:
                return new Refusal(RefusalTable.UnknownHeader, "");
        }
    }

    /// <summary>The labels so far and those of a comma-separated list.</summary>
    private Refusal? TryAddLabels(string list, KnownNames known, out ImmutableArray<string> labels)
    {
        labels = Sensitivity;
        var all = new SortedSet<string>(labels, StringComparer.Ordinal);
        var parts = list.Split(',', MostLabels + 1);
        if (parts.Length > MostLabels) return Invalid($"May hold {MostLabels} labels at most.");
        foreach (var part in parts)
        {
            var label = part.Trim(' ');
            if (label.Length == 0) return Invalid("Must be sensitivity labels, comma-separated, none of them empty.");
            if (!known.Known(label)) return Invalid(known.Unknown(label));
            all.Add(label);
        }

        labels = [.. all];
        return null;
    }

    private static bool TryMilliseconds(string value, out TimeSpan time)
    {
        var isRead = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is >= 1 and <= MostMilliseconds;
        time = TimeSpan.FromMilliseconds(milliseconds);
        return isRead;
    }

    private static Refusal NotMilliseconds => Invalid($"Must be a whole number of milliseconds from 1 to {MostMilliseconds}.");

    private static Refusal Invalid(string message) => new(RefusalTable.InvalidHeader, message);

    private static bool IsPlain(string value) => value.Length is > 0 and <= MostCharacters && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>A header's name as it may be shown: bounded.</summary>
    public static string Shown(string header) => header.Length <= 64 ? header.ToLowerInvariant() : header[..64].ToLowerInvariant();
}
