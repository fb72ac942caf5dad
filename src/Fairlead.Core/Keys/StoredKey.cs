using System.Collections.Immutable;
using Fairlead.Core.Limits;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Keys;

/// <summary>A key that was made while gateways run and is kept in the store: everything but its secret, of which only a digest is known. Immutable.</summary>
public sealed record StoredKey
{
    /// <summary>How it is told from others of its name: <c>key_</c> and twenty letters and digits.</summary>
    public required string Id { get; init; }

    /// <summary>What records and logs say. A key and the one that replaces it have the same name.</summary>
    public required string Name { get; init; }

    /// <summary>The first characters of the secret, for people who look for it.</summary>
    public required string Prefix { get; init; }

    /// <summary>The digest of the secret, as <see cref="KeyDigester"/> makes it.</summary>
    public required ImmutableArray<byte> Digest { get; init; }

    /// <summary>Whose requests these are.</summary>
    public required string Tenant { get; init; }

    /// <summary>The team it is for; null where none is given.</summary>
    public string? Team { get; init; }

    /// <summary>The feature it is for; null: what the request says.</summary>
    public string? Feature { get; init; }

    /// <summary>Who answers for it; null where nobody is named.</summary>
    public string? Owner { get; init; }

    /// <summary>What it may do.</summary>
    public CallerPermissions Permissions { get; init; } = CallerPermissions.Unrestricted;

    /// <summary>What may be asked with it per minute and at once; null: anything.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>From when on it is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Since when it is revoked; null: it is not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Who revoked it; null when it is not.</summary>
    public string? RevokedBy { get; init; }

    /// <summary>The id of the key that was made in its place; null while it is the last of its name.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>When it was last used, to the minute or so; null when it was not.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Why what it may do cannot be read, as where a newer version wrote it: it then lets nobody in, as if it were revoked. Null: it can.</summary>
    public string? Defect { get; init; }

    /// <summary>Whether it is shut for good: revoked, or as good as.</summary>
    public bool IsShut => RevokedAt is not null || Defect is not null;

    /// <summary>Whether it lets anybody in.</summary>
    /// <param name="now">The time.</param>
    public bool IsLive(DateTimeOffset now) => !IsShut && !(now >= ExpiresAt);
}
