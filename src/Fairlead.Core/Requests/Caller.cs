using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Overload;

namespace Fairlead.Core.Requests;

/// <summary>Who asks: what the key fixes, and what the request claims.</summary>
/// <param name="Tenant">Whose requests these are.</param>
/// <param name="Key">The key's name; null without keys.</param>
public sealed record Caller(string Tenant, string? Key)
{
    /// <summary>The caller while no keys are configured: anyone on loopback.</summary>
    public static Caller Anonymous { get; } = new("default", null);

    /// <summary>The gateway itself, which probes fallbacks; the first to be refused where there is no room for all.</summary>
    public static Caller Prober { get; } = new("fairlead", "probe") { Permissions = new CallerPermissions { Criticality = Criticality.Sheddable } };

    /// <summary>Whether the gateway itself asks. No key may be called like it.</summary>
    public bool IsProber => IsProberOf(Tenant, Key);

    /// <summary>Team, by the key; null where it has none.</summary>
    public string? Team { get; init; }

    /// <summary>What it may use.</summary>
    public CallerPermissions Permissions { get; init; } = CallerPermissions.Unrestricted;

    /// <summary>What may be asked with its key per minute and at once; null: anything.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>Feature of the application: what the key fixes, else what is claimed.</summary>
    public string? Feature { get; init; }

    /// <summary>End user, as claimed: the application's own id of a person. For rules; recorded as a pseudonym only.</summary>
    public string? User { get; init; }

    /// <summary>Tier of the end user, as claimed.</summary>
    public string? UserTier { get; init; }

    /// <summary>Environment, as claimed.</summary>
    public string? Environment { get; init; }

    /// <summary>Tags for accounting: those of the key, and those that are claimed. Null where there are none.</summary>
    public RequestTags? Tags { get; init; }

    /// <summary>Journey that joins several requests, as claimed.</summary>
    public string? Journey { get; init; }

    /// <summary>Whether a key of a tenant would be taken for the gateway itself.</summary>
    public static bool IsProberOf(string tenant, string? key) => tenant == Prober.Tenant && key == Prober.Key;
}
