using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fairlead.Core.Keys;
using Fairlead.Core.Requests;

namespace Fairlead.Access;

/// <summary>A stored key as admission has it. Immutable but for its last use, which it shares with what the same key was before the keys were read anew.</summary>
internal sealed class LiveKey(StoredKey stored, Caller caller, KeyUse use)
{

    /// <summary>What is kept of it.</summary>
    public StoredKey Stored => stored;

    /// <summary>Who it speaks for.</summary>
    public Caller Caller => caller;

    /// <summary>Its last use in this process.</summary>
    public KeyUse LastUse => use;

    /// <summary>When it was last used in this process; null when it was not.</summary>
    public DateTimeOffset? UsedAt => use.At;

    /// <summary>Notes that it was used.</summary>
    public void Use(DateTimeOffset now) => use.Note(now);
}

/// <summary>When a key was last used in this process, and what of it the store knows. Safe for any number of threads, of which one writes to the store.</summary>
internal sealed class KeyUse
{
    private long _at; // UTC ticks; 0: never
    private long _written;

    /// <summary>When; null for never.</summary>
    public DateTimeOffset? At => Volatile.Read(ref _at) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>When, as long as the store does not know of it; null when it does.</summary>
    public DateTimeOffset? Unwritten => At is { } at && at.UtcTicks != _written ? at : null;

    /// <summary>It is used.</summary>
    public void Note(DateTimeOffset now) => Volatile.Write(ref _at, now.UtcTicks);

    /// <summary>The store knows of a use.</summary>
    public void Write(DateTimeOffset at) => _written = at.UtcTicks;
}

/// <summary>
/// Every stored key at one moment, found by its secret. Looking up costs one HMAC; the digest is then a number that nobody outside can choose, so that
/// how long the search takes tells nothing. Immutable; safe for any number of threads.
/// </summary>
internal sealed class KeySet
{
    private readonly Dictionary<ulong, LiveKey[]> _byDigest;
    private readonly KeyDigester _digester;

    /// <param name="stored">What the store has.</param>
    /// <param name="digester">Makes digests of secrets.</param>
    /// <param name="before">The set before it; what did not change is taken from there. Null for the first.</param>
    public KeySet(StoredKeys stored, KeyDigester digester, KeySet? before)
    {
        _digester = digester;
        Version = stored.Version;
        var known = before?.Keys.ToDictionary(key => key.Stored.Id, StringComparer.Ordinal);
        Keys = [.. stored.Keys.Select(key => LiveOf(key, known?.GetValueOrDefault(key.Id)))];
        _byDigest = Keys.GroupBy(key => Number(key.Stored.Digest.AsSpan())).ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>The store's version of it.</summary>
    public long Version { get; }

    /// <summary>Every key that was ever made, in that order.</summary>
    public ImmutableArray<LiveKey> Keys { get; }

    /// <summary>Whether any key was ever made: from then on callers need one.</summary>
    public bool HasAny => !Keys.IsEmpty;

    /// <summary>The key of a secret; null when there is none. It may be revoked or over.</summary>
    public LiveKey? Find(ReadOnlySpan<char> secret)
    {
        if (!HasAny || !KeySecret.IsWellFormed(secret)) return null;
        Span<byte> digest = stackalloc byte[KeyDigester.Length];
        _digester.Digest(secret, digest);
        if (!_byDigest.TryGetValue(Number(digest), out var keys)) return null;
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(digest, key.Stored.Digest.AsSpan())) return key;
        }

        return null;
    }

    /// <summary>Who a stored key speaks for.</summary>
    private static LiveKey LiveOf(StoredKey key, LiveKey? before)
    {
        // A key's permissions never change, once they can be read, and plans are remembered by the very instance.
        var caller = (before?.Stored.Defect is null ? before?.Caller : null) ?? new Caller(key.Tenant, key.Name) { Team = key.Team, Feature = key.Feature, Limits = key.Limits, Permissions = key.Permissions };
        return new LiveKey(key, caller, before?.LastUse ?? new KeyUse());
    }

    private static ulong Number(ReadOnlySpan<byte> digest) => MemoryMarshal.Read<ulong>(digest);
}
