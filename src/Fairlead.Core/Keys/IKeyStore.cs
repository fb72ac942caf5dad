using System.Collections.Immutable;

namespace Fairlead.Core.Keys;

/// <summary>Every key of a store, at one moment.</summary>
/// <param name="Version">Grows with every change but that of a last use.</param>
/// <param name="Keys">In the order in which they were made.</param>
public sealed record StoredKeys(long Version, ImmutableArray<StoredKey> Keys);

/// <summary>What came of keeping a new key.</summary>
public enum KeyAddition
{
    /// <summary>It is kept.</summary>
    Added = 0,

    /// <summary>A live key has its name, or the one that it was to replace is no longer the last of its name.</summary>
    Taken,

    /// <summary>There are as many live keys as there may be.</summary>
    TooMany,
}

/// <summary>
/// Where keys are kept that are made while gateways run. What is kept is on disk when a call completes. A key is never taken out, and but for its end,
/// its successor and its last use it never changes. Safe for any number of threads, and for several processes at once.
/// </summary>
public interface IKeyStore
{
    /// <summary>How many live keys there may be.</summary>
    const int MostLive = 10_000;

    /// <summary>The version of what is kept: it is another one after every change, whoever made it. Cheap enough to be asked several times a second.</summary>
    ValueTask<long> VersionAsync(CancellationToken cancellationToken);

    /// <summary>Every key that was ever kept; one that cannot be read has a <see cref="StoredKey.Defect"/>, and is no reason to know nothing of the others.</summary>
    ValueTask<StoredKeys> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Keeps a new key whose name no live one has.</summary>
    /// <param name="key">The key; what is live is asked at its <see cref="StoredKey.CreatedAt"/>.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    ValueTask<KeyAddition> AddAsync(StoredKey key, CancellationToken cancellationToken);

    /// <summary>Keeps a new key in the place of one that is live and the only live one of its name, which then ends by itself.</summary>
    /// <param name="id">The one that is replaced.</param>
    /// <param name="until">Its end, unless it has an earlier one.</param>
    /// <param name="key">The new one.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    ValueTask<KeyAddition> ReplaceAsync(string id, DateTimeOffset until, StoredKey key, CancellationToken cancellationToken);

    /// <summary>Ends keys for good; one that is revoked already stays as it is.</summary>
    /// <param name="ids">The keys.</param>
    /// <param name="at">When.</param>
    /// <param name="by">Who.</param>
    /// <param name="cancellationToken">Gives up before it starts.</param>
    ValueTask RevokeAsync(ImmutableArray<string> ids, DateTimeOffset at, string by, CancellationToken cancellationToken);

    /// <summary>Notes when keys were last used. It is no change: the version stays.</summary>
    ValueTask NoteUseAsync(IReadOnlyList<(string Id, DateTimeOffset At)> uses, CancellationToken cancellationToken);
}
