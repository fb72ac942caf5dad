using Fairlead.Core.Ledger;
using Fairlead.Core.Limits;
using Fairlead.Core.Requests;

namespace Fairlead.Core.Configuration;

/// <summary>A key that a client presents, and who it speaks for. Immutable.</summary>
/// <param name="Name">The key's name: what records and logs say instead of the secret.</param>
/// <param name="Secret">What the client sends.</param>
/// <param name="Tenant">Whose requests these are; <c>default</c> when not given. Records are visible within one tenant only.</param>
public sealed record ClientKey(string Name, Secret Secret, string Tenant)
{
    /// <summary>How long a client's key may be; a longer text is nobody's, and not looked for.</summary>
    public const int MostCharacters = 512;

    /// <summary>The team it is for; null where none is given.</summary>
    public string? Team { get; init; }

    /// <summary>The feature it is for, which no request of it may claim otherwise; null: what the request says.</summary>
    public string? Feature { get; init; }

    /// <summary>Tags of all its requests, which none of them may claim otherwise; null where there are none.</summary>
    public RequestTags? Tags { get; init; }

    /// <summary>What may be asked with it per minute and at once; null: anything.</summary>
    public RateLimits? Limits { get; init; }

    /// <summary>Who answers for it, such as a mail address; null where nobody is named.</summary>
    public string? Owner { get; init; }

    /// <summary>From when on it is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What it may use.</summary>
    public CallerPermissions Permissions { get; init; } = CallerPermissions.Unrestricted;
}
