using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Auditing;

namespace Fairlead.Core.Keys;

/// <summary>Who changes keys, and why.</summary>
/// <param name="Author">The name that the audit log has.</param>
/// <param name="Reason">Null when nobody says.</param>
public sealed record KeyAuthor(string Author, string? Reason);

/// <summary>
/// Makes, replaces and revokes keys, the same for the command line and the administration API. Each change is written down before it has its effect; a
/// change that cannot be written down is not made. Safe for any number of threads.
/// </summary>
/// <param name="store">Where keys are kept.</param>
/// <param name="digester">Makes digests of secrets.</param>
/// <param name="audit">Where changes are written down.</param>
/// <param name="time">The clock.</param>
public sealed class KeyAdministration(IKeyStore store, KeyDigester digester, IAuditLog audit, TimeProvider time)
{
    /// <summary>How long a replaced key goes on, where nobody says.</summary>
    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromHours(24);

    /// <summary>How long a replaced key may go on at most.</summary>
    public static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    private const string IdBeginning = "key_";
    private const string IdAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int IdCharacters = 20;

    /// <summary>Makes a key.</summary>
    /// <param name="request">What it is to be.</param>
    /// <param name="isConfigured">Whether a name is one of the configuration's keys, which come first.</param>
    /// <param name="author">Who asks.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="AuditException">It could not be written down, and was not made.</exception>
    public async Task<KeyOutcome> CreateAsync(KeyRequest request, Func<string, bool> isConfigured, KeyAuthor author, CancellationToken cancellationToken)
    {
        var now = Now();
        if (request.Defect(now) is { } defect) return new KeyOutcome.Invalid(defect);
        if (isConfigured(request.Name)) return new KeyOutcome.Conflict($"The configuration has a key {request.Name}.");
        var all = (await store.ReadAsync(cancellationToken).ConfigureAwait(false)).Keys;
        if (all.Any(other => other.Name == request.Name && other.IsLive(now))) return Taken(request.Name);
        if (all.Count(other => other.IsLive(now)) >= IKeyStore.MostLive) return TooMany;

        var (key, secret) = Make(request, now, author.Author);
        var entry = Entry(AuditActions.KeyCreate, author, key, null, null);
        await audit.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
        // From here on it is made whole, whoever hangs up.
        return await KeepAsync(entry, () => store.AddAsync(key, CancellationToken.None)).ConfigureAwait(false) switch
        {
            KeyAddition.Added => new KeyOutcome.Issued(key, secret, null),
            KeyAddition.TooMany => TooMany,
            _ => Taken(request.Name),
        };
    }

    /// <summary>Makes a new key of the same name and permissions; the old one goes on for a while and then ends by itself.</summary>
    /// <param name="idOrName">The key: of a name the last one.</param>
    /// <param name="overlap">How long both hold.</param>
    /// <param name="author">Who asks.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="AuditException">It could not be written down, and was not made.</exception>
    public async Task<KeyOutcome> RotateAsync(string idOrName, TimeSpan overlap, KeyAuthor author, CancellationToken cancellationToken)
    {
        if (overlap < TimeSpan.Zero || overlap > LongestOverlap) return new KeyOutcome.Invalid(new KeyDefect("overlap", $"must be from 0 to {LongestOverlap.TotalDays} days"));
        var now = Now();
        var all = (await store.ReadAsync(cancellationToken).ConfigureAwait(false)).Keys;
        if (Find(all, idOrName) is not { } old) return new KeyOutcome.Unknown();
        if (old.ReplacedBy is { } successor) return new KeyOutcome.Conflict($"The key {old.Id} is replaced already, by {successor}.");
        if (!old.IsLive(now)) return new KeyOutcome.Conflict($"The key {old.Id} {(old.RevokedAt is not null ? "is revoked" : old.Defect is not null ? "cannot be read" : "has expired")}: make a new one.");
        if (all.FirstOrDefault(other => other.Name == old.Name && other.Id != old.Id && other.IsLive(now)) is { } earlier)
        {
            return new KeyOutcome.Conflict($"The key {earlier.Id} of the last rotation still holds until {earlier.ExpiresAt:u}: wait, or revoke it first.");
        }

        if (all.Count(other => other.IsLive(now)) >= IKeyStore.MostLive) return TooMany;

        var (key, secret) = Issue(old with { CreatedAt = now, CreatedBy = author.Author, LastUsedAt = null, ReplacedBy = null });
        var until = now + overlap;
        var entry = Entry(AuditActions.KeyRotate, author, key, old, until);
        await audit.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
        return await KeepAsync(entry, () => store.ReplaceAsync(old.Id, until, key, CancellationToken.None)).ConfigureAwait(false) switch
        {
            KeyAddition.Added => new KeyOutcome.Issued(key, secret, old with { ReplacedBy = key.Id, ExpiresAt = old.ExpiresAt < until ? old.ExpiresAt : until }),
            KeyAddition.TooMany => TooMany,
            _ => new KeyOutcome.Conflict($"The key {old.Id} has just been replaced or revoked by somebody else."),
        };
    }

    /// <summary>Ends keys for good, those too that have expired: whatever the clock says later, they stay shut.</summary>
    /// <param name="idOrName">A key by its id, or every one of a name, with those that are made in their place meanwhile.</param>
    /// <param name="author">Who asks.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <exception cref="AuditException">It could not be written down, and was not done.</exception>
    public async Task<KeyOutcome> RevokeAsync(string idOrName, KeyAuthor author, CancellationToken cancellationToken)
    {
        var now = Now();
        var all = (await store.ReadAsync(cancellationToken).ConfigureAwait(false)).Keys;
        var isId = all.Any(key => key.Id == idOrName);
        if (!isId && !all.Any(key => key.Name == idOrName)) return new KeyOutcome.Unknown();
        var revoked = ImmutableArray.CreateBuilder<StoredKey>();
        while (all.Where(key => key.RevokedAt is null && (isId ? key.Id : key.Name) == idOrName).ToImmutableArray() is { IsEmpty: false } open)
        {
            foreach (var key in open)
            {
                var entry = Entry(AuditActions.KeyRevoke, author, key, null, null);
                await audit.AppendAsync(entry, cancellationToken).ConfigureAwait(false);
                await KeepAsync(entry, () => RevokeAsync(key, now, author)).ConfigureAwait(false);
                revoked.Add(key with { RevokedAt = now, RevokedBy = author.Author });
            }

            // A rotation beside this may have replaced a key after it was read and before it was shut.
            all = (await store.ReadAsync(cancellationToken).ConfigureAwait(false)).Keys;
        }

        return new KeyOutcome.Revoked(revoked.DrainToImmutable());
    }

    /// <summary>A key by its id, or the last one of a name; null when there is none.</summary>
    public static StoredKey? Find(ImmutableArray<StoredKey> keys, string idOrName) =>
        keys.LastOrDefault(key => key.Id == idOrName) ?? keys.LastOrDefault(key => key.Name == idOrName);

    /// <summary>To the microsecond, as stores keep times: what is told now and what is read later are the same.</summary>
    private DateTimeOffset Now() => new(time.GetUtcNow().Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    private static KeyOutcome.Conflict Taken(string name) => new($"There is a live key {name}: rotate it, or revoke it first.");

    private static KeyOutcome.Conflict TooMany => new($"There are {IKeyStore.MostLive} live keys, as many as there may be.");

    private (StoredKey Key, string Secret) Make(KeyRequest request, DateTimeOffset now, string author) => Issue(new StoredKey
    {
        Id = "",
        Name = request.Name,
        Prefix = "",
        Digest = [],
        Tenant = request.Tenant,
        Team = request.Team,
        Feature = request.Feature,
        Owner = request.Owner,
        Permissions = request.Permissions,
        Limits = request.Limits,
        CreatedAt = now,
        CreatedBy = author,
        ExpiresAt = request.ExpiresAt,
    });

    /// <summary>Gives a key an id and a secret of its own.</summary>
    private (StoredKey Key, string Secret) Issue(StoredKey key)
    {
        var secret = KeySecret.Create();
        var digest = new byte[KeyDigester.Length];
        digester.Digest(secret, digest);
        var id = IdBeginning + RandomNumberGenerator.GetString(IdAlphabet, IdCharacters);
        return (key with { Id = id, Prefix = secret[..KeySecret.ShownCharacters], Digest = [.. digest] }, secret);
    }

    private async ValueTask<KeyAddition> RevokeAsync(StoredKey key, DateTimeOffset at, KeyAuthor author)
    {
        await store.RevokeAsync([key.Id], at, author.Author, CancellationToken.None).ConfigureAwait(false);
        return KeyAddition.Added;
    }

    /// <summary>Brings about what was written down; where that fails, this is written down too.</summary>
    private async Task<KeyAddition> KeepAsync(AuditEntry entry, Func<ValueTask<KeyAddition>> keepAsync)
    {
        KeyAddition kept;
        try
        {
            kept = await keepAsync().ConfigureAwait(false);
        }
        catch
        {
            await WithdrawAsync(entry).ConfigureAwait(false);
            throw;
        }

        if (kept != KeyAddition.Added) await WithdrawAsync(entry).ConfigureAwait(false);
        return kept;
    }

    private async Task WithdrawAsync(AuditEntry entry)
    {
        try
        {
            await audit.AppendAsync(entry with { Action = entry.Action + AuditActions.Failed }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (AuditException)
        {
            // The change itself has failed, and that is what its author hears.
        }
    }

    private static AuditEntry Entry(string action, KeyAuthor author, StoredKey key, StoredKey? replaced, DateTimeOffset? until)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", key.Id);
            json.WriteString("prefix", key.Prefix);
            json.WriteString("tenant", key.Tenant);
            if (key.ExpiresAt is { } end) json.WriteString("expires_at", end);
            if (replaced is not null) json.WriteString("replaces", replaced.Id);
            if (until is { } last) json.WriteString("overlap_until", last);
            json.WriteStartObject("permissions");
            KeyJson.Write(json, key.Permissions);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new AuditEntry(action, author.Author, key.Name) { Reason = author.Reason, Detail = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) };
    }
}
