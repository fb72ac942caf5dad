using Fairlead.Core.Configuration;

namespace Fairlead.Storage.Sqlite;

/// <summary>What a ledger is opened with.</summary>
public sealed record SqliteLedgerOptions
{
    /// <summary>The path that stands for no file.</summary>
    public const string InMemory = ":memory:";

    /// <summary>What <see cref="MostWaiting"/> is unless something else is said.</summary>
    public const int DefaultMostWaiting = 200_000;

    /// <summary>
    /// The database's file; made, with its folders, when missing. Beside it stand SQLite's own <c>-wal</c> and <c>-shm</c>, and a
    /// <c>.lock</c> that keeps a second gateway away. <see cref="InMemory"/> keeps everything in memory, gone when closed.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>When a settlement counts as written. <see cref="LedgerDurability.Group"/> by default.</summary>
    public LedgerDurability Durability { get; init; }

    /// <summary>How many records may wait in memory for a disk that refuses before the ledger is full. 200,000 by default.</summary>
    public int MostWaiting { get; init; } = DefaultMostWaiting;
}
