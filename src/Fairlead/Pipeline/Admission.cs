using System.Collections.Frozen;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fairlead.Access;
using Fairlead.Core.Configuration;
using Fairlead.Core.Limits;
using Fairlead.Core.Requests;

namespace Fairlead.Pipeline;

/// <summary>Why a request is not let in.</summary>
internal sealed record Refusal(RefusalRow Row, string Message, string? Param = null)
{
    /// <summary>What the server says in place of the row's status; null mostly.</summary>
    public int? OtherStatus { get; init; }

    /// <summary>How long the client should wait; null where that is not known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The limit that is reached; null where it is about something else.</summary>
    public LimitRefusal? Limit { get; init; }

    public int Status => OtherStatus ?? Row.Status;

    public string Code => Row.Code;
}

/// <summary>What admission knows of a request.</summary>
/// <param name="Caller">Who asks, by the key alone.</param>
/// <param name="Claims">What the request says of itself.</param>
/// <param name="ExpiresAt">When its key ends; null: never.</param>
internal readonly record struct Admitted(Caller Caller, Claims Claims, DateTimeOffset? ExpiresAt = null);

/// <summary>
/// Who asks, and whether they may. Configured keys are found by the hash of a string, whose seed is another one in each process, and then compared in
/// constant time: how long a lookup takes tells nothing of a key. What is none of them is looked for in the store's. Immutable per snapshot and stored keys.
/// </summary>
internal sealed class Admission
{
    private readonly FrozenDictionary<int, ConfiguredKey[]> _callers;
    private readonly FrozenSet<string> _names;
    private readonly Secret? _adminKey;
    private readonly TimeProvider _time;

    public Admission(GatewaySnapshot snapshot, KeySet stored, TimeProvider time)
    {
        Snapshot = snapshot;
        Stored = stored;
        _time = time;
        _callers = snapshot.Keys
            .GroupBy(key => key.Secret.Reveal().GetHashCode(StringComparison.Ordinal), key => new ConfiguredKey(key.Secret, CallerOf(key), key.ExpiresAt))
            .ToFrozenDictionary(group => group.Key, group => group.ToArray());
        _names = snapshot.Keys.Select(key => key.Name).ToFrozenSet(StringComparer.Ordinal);
        _adminKey = snapshot.AdminKey;
    }

    public GatewaySnapshot Snapshot { get; }

    /// <summary>The keys of the store.</summary>
    public KeySet Stored { get; }

    /// <summary>Whether there is a client's key, or ever was one in the store.</summary>
    private bool HasKeys => _callers.Count > 0 || Stored.HasAny;

    /// <summary>Who a key speaks for.</summary>
    public static Caller CallerOf(ClientKey key) => new(key.Tenant, key.Name) { Team = key.Team, Feature = key.Feature, Limits = key.Limits, Tags = key.Tags, Permissions = key.Permissions };

    /// <summary>What a key hears that may not ask for something.</summary>
    public static Refusal NotAllowed(string operation) => new(RefusalTable.OperationNotAllowed, $"The key may not ask for this: it is not for the operation '{operation}'.");

    /// <summary>Who asks, or why they may not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">What is asked: that of the endpoint which the request came to.</param>
    /// <param name="caller">Who asks.</param>
    public Refusal? Identify(HttpContext context, string operation, out Caller caller) => Identify(context, operation, out caller, out _);

    private Refusal? Identify(HttpContext context, string operation, out Caller caller, out DateTimeOffset? expiresAt) =>
        Identify(context, out caller, out expiresAt) ?? (caller.Permissions.AllowsOperation(operation) ? null : NotAllowed(operation));

    private Refusal? Identify(HttpContext context, out Caller caller, out DateTimeOffset? expiresAt)
    {
        caller = Caller.Anonymous;
        expiresAt = null;
        var refusal = Credential(context.Request.Headers, out var credential);
        if (refusal is not null) return refusal;
        if (!HasKeys)
        {
            // Without keys only this machine is served; a page in its browser must not get in under another name (DNS rebinding).
            return IsLoopbackHost(context.Request.Host.Host)
                ? null
                : new Refusal(RefusalTable.HostNotAllowed, "Without configured keys Fairlead answers to localhost and loopback addresses only.");
        }

        if (credential.IsEmpty)
        {
            return new Refusal(RefusalTable.MissingApiKey, "No key: send one as 'Authorization: Bearer KEY', 'x-api-key', 'api-key' or 'x-goog-api-key'.");
        }

        if (credential.Length <= ClientKey.MostCharacters && _callers.TryGetValue(string.GetHashCode(credential, StringComparison.Ordinal), out var candidates))
        {
            foreach (var candidate in candidates)
            {
                if (!AreSame(credential, candidate.Secret)) continue;
                if (_time.GetUtcNow() >= candidate.ExpiresAt) return Expired;
                (caller, expiresAt) = (candidate.Caller, candidate.ExpiresAt);
                return null;
            }
        }

        return Stored.Find(credential) is { } key ? Identify(key, out caller, out expiresAt) : Unknown;
    }

    private Refusal? Identify(LiveKey key, out Caller caller, out DateTimeOffset? expiresAt)
    {
        caller = Caller.Anonymous;
        expiresAt = null;
        var stored = key.Stored;
        if (stored.IsShut) return Revoked;
        var now = _time.GetUtcNow();
        if (now >= stored.ExpiresAt) return Expired;
        if (_names.Contains(stored.Name)) return Unknown; // records could not tell the two apart; the configuration's comes first
        key.Use(now);
        (caller, expiresAt) = (key.Caller, stored.ExpiresAt);
        return null;
    }

    /// <summary>Identity plus the request's own claims in headers.</summary>
    public Refusal? Admit(HttpContext context, string operation, out Admitted admitted)
    {
        admitted = default;
        if (Identify(context, operation, out var caller, out var expiresAt) is { } refusal) return refusal;

        var claims = Claims.None;
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!name.StartsWith(Claims.HeaderPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            if (values.Count != 1) return new Refusal(RefusalTable.InvalidHeader, "The header may be sent once only.", Claims.Shown(name));
            if (Claims.TryAddHeader(name, values[0] ?? "", caller.Permissions, Snapshot, ref claims) is { } invalid) return invalid;
        }

        admitted = new Admitted(caller, claims, expiresAt);
        return null;
    }

    /// <summary>
    /// Why the request may not administer; null when it may: it carries the admin key, or it comes from this machine while there is no key of any kind. Where
    /// there are keys, somebody else is served, maybe through a proxy of this machine, and an address tells nothing any more.
    /// </summary>
    public Refusal? AdmitAdmin(HttpContext context)
    {
        if (_adminKey is not null)
        {
            return Credential(context.Request.Headers, out var credential) is null && !credential.IsEmpty && AreSame(credential, _adminKey) ? null : NotAdmin;
        }

        if (HasKeys) return NoAdminKey;
        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && IsLoopbackHost(context.Request.Host.Host) ? null : NotThisMachine;
    }

    /// <summary>The credential, from any of the four places; two different ones are an error, never a choice.</summary>
    private static Refusal? Credential(IHeaderDictionary headers, out ReadOnlySpan<char> credential)
    {
        credential = default;
        foreach (var value in headers.Authorization)
        {
            if (string.IsNullOrEmpty(value)) continue;
            if (!value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return new Refusal(RefusalTable.InvalidAuthorization, "The Authorization header must be 'Bearer KEY'.");
            if (!IsOnly(value.AsSpan(7).Trim(), ref credential)) return Ambiguous;
        }

        foreach (var name in KeyHeaders)
        {
            if (!headers.TryGetValue(name, out var values)) continue;
            foreach (var value in values)
            {
                // Some SDKs always send the header of their vendor.
                if (!string.IsNullOrEmpty(value) && !IsOnly(value, ref credential)) return Ambiguous;
            }
        }

        return null;
    }

    private static bool IsOnly(ReadOnlySpan<char> value, ref ReadOnlySpan<char> credential)
    {
        if (!credential.IsEmpty) return credential.SequenceEqual(value);
        credential = value;
        return true;
    }

    private static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static readonly string[] KeyHeaders = ["x-api-key", "api-key", "x-goog-api-key"];

    private static readonly Refusal Ambiguous = new(RefusalTable.AmbiguousCredentials, "The request carries two different keys; send one.");
    private static readonly Refusal Unknown = new(RefusalTable.InvalidApiKey, "The key is not one that this gateway knows.");
    private static readonly Refusal Revoked = new(RefusalTable.KeyRevoked, "The key was revoked.");
    private static readonly Refusal Expired = new(RefusalTable.KeyExpired, "The key has expired.");

    private static readonly Refusal NotAdmin = new(RefusalTable.AdminKeyRequired, "This needs the admin key, sent as 'Authorization: Bearer KEY'.");
    private static readonly Refusal NoAdminKey = new(RefusalTable.AdminKeyRequired, "There are keys, and no admin key: set 'admin.key' in the configuration and send its secret as 'Authorization: Bearer KEY'.");
    private static readonly Refusal NotThisMachine = new(RefusalTable.AdminKeyRequired, "Without an admin key this is served to this machine only: set 'admin.key' in the configuration.");

    /// <summary>Compares in a time that tells the length of the texts at most.</summary>
    private static bool AreSame(ReadOnlySpan<char> credential, Secret secret) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(credential), MemoryMarshal.AsBytes(secret.Reveal().AsSpan()));

    private sealed record ConfiguredKey(Secret Secret, Caller Caller, DateTimeOffset? ExpiresAt);
}
