using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Keys;
using Fairlead.Core.Limits;
using Fairlead.Core.Requests;

namespace Fairlead.Access;

/// <summary>Keys as JSON, the same from the command line and the administration API. A secret is only in what a key is made with.</summary>
internal static class KeyAnswer
{
    /// <summary>The words of <see cref="StateOf"/>.</summary>
    public const string Live = "live";

    /// <summary>What a key is: <c>live</c>, <c>replaced</c> (live, until its rotation ends), <c>expired</c>, <c>revoked</c>, <c>unreadable</c> (as good as revoked).</summary>
    public static string StateOf(StoredKey key, DateTimeOffset now) => key switch
    {
        { RevokedAt: not null } => "revoked",
        { Defect: not null } => "unreadable",
        _ when now >= key.ExpiresAt => "expired",
        { ReplacedBy: not null } => "replaced",
        _ => Live,
    };

    /// <summary>A key as an object.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="key">The key.</param>
    /// <param name="usedAt">When this process saw it last; null for what is kept.</param>
    /// <param name="snapshot">The configuration that warnings are about; null for none.</param>
    /// <param name="now">The time.</param>
    public static void Write(Utf8JsonWriter json, StoredKey key, DateTimeOffset? usedAt, GatewaySnapshot? snapshot, DateTimeOffset now)
    {
        json.WriteStartObject();
        WriteMembers(json, key, usedAt, snapshot, now);
        json.WriteEndObject();
    }

    /// <summary>A key that was just made: the only answer that has its secret.</summary>
    public static void WriteIssued(Utf8JsonWriter json, KeyOutcome.Issued issued, GatewaySnapshot? snapshot, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("secret", issued.Secret);
        WriteMembers(json, issued.Key, null, snapshot, now);
        if (issued.Replaced is { } replaced)
        {
            json.WriteStartObject("replaces");
            json.WriteString("id", replaced.Id);
            WriteTime(json, "expires_at", replaced.ExpiresAt);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, StoredKey key, DateTimeOffset? usedAt, GatewaySnapshot? snapshot, DateTimeOffset now)
    {
        json.WriteString("id", key.Id);
        json.WriteString("name", key.Name);
        json.WriteString("state", StateOf(key, now));
        json.WriteString("prefix", key.Prefix);
        WriteUse(json, key.Owner, key.Tenant, key.Team, key.Feature, key.Permissions, key.Limits);
        json.WriteString("created_at", key.CreatedAt);
        json.WriteString("created_by", key.CreatedBy);
        WriteTime(json, "expires_at", key.ExpiresAt);
        WriteTime(json, "revoked_at", key.RevokedAt);
        json.WriteString("revoked_by", key.RevokedBy);
        json.WriteString("replaced_by", key.ReplacedBy);
        WriteTime(json, "last_used_at", usedAt > key.LastUsedAt || key.LastUsedAt is null ? usedAt : key.LastUsedAt);
        json.WriteStartArray("warnings");
        foreach (var warning in snapshot is null ? [] : KeyWarnings.Of(key, snapshot)) json.WriteStringValue(warning);
        json.WriteEndArray();
    }

    /// <summary>For whom a key is and what it may do.</summary>
    private static void WriteUse(Utf8JsonWriter json, string? owner, string tenant, string? team, string? feature, CallerPermissions permissions, RateLimits? limits)
    {
        json.WriteString("owner", owner);
        json.WriteString("tenant", tenant);
        json.WriteString("team", team);
        json.WriteString("feature", feature);
        KeyJson.Write(json, permissions);
        if (limits is null) return;
        json.WritePropertyName("limits");
        KeyJson.Write(json, limits);
    }

    /// <summary>A key of the configuration, which can be changed there only.</summary>
    public static void Write(Utf8JsonWriter json, ClientKey key)
    {
        json.WriteStartObject();
        json.WriteString("name", key.Name);
        WriteUse(json, key.Owner, key.Tenant, key.Team, key.Feature, key.Permissions, key.Limits);
        WriteTime(json, "expires_at", key.ExpiresAt);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at) json.WriteString(name, at);
        else json.WriteNull(name);
    }
}
