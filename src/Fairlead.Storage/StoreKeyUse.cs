using Fairlead.Core.Auditing;
using Fairlead.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage;

/// <summary>What a ledger tells of the key that it was used with: whether there was one, and two digests that it made.</summary>
/// <param name="IsUsed">Whether something in it was digested with a key.</param>
/// <param name="Digests">Hashes of the audit log with their MACs: of its first record and its last.</param>
internal sealed record StoreKeyUse(bool IsUsed, IReadOnlyList<(string Hash, string Mac)> Digests)
{
    private static readonly StoreKeyUse None = new(false, []);

    /// <summary>What a file tells; nothing where there is none, or none of this version yet.</summary>
    /// <param name="ledgerPath">The file.</param>
    /// <exception cref="LedgerException">It cannot be read.</exception>
    public static StoreKeyUse Read(string ledgerPath)
    {
        if (!File.Exists(ledgerPath)) return None;
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = ledgerPath, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
            connection.Open();
            if (!Has(connection, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit')")) return None;
            var digests = new List<(string, string)>();
            using var query = connection.CreateCommand();
            query.CommandText = "SELECT hash, mac FROM audit WHERE seq IN ((SELECT min(seq) FROM audit), (SELECT max(seq) FROM audit))";
            using var row = query.ExecuteReader();
            while (row.Read()) digests.Add((row.GetString(0), row.GetString(1)));
            var hasKeys = Has(connection, $"SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{SqliteKeys.Table}')") && Has(connection, $"SELECT EXISTS (SELECT 1 FROM {SqliteKeys.Table})");
            return new StoreKeyUse(hasKeys || digests.Count > 0, digests);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidCastException)
        {
            throw LedgerFile.Unreadable(ledgerPath, exception);
        }
    }

    /// <summary>Whether a key can be the one. One digest that fits will do: another may have been tampered with, which verifying the audit log is to find.</summary>
    public bool Fits(StoreKey key)
    {
        if (Digests.Count == 0) return true;
        var derived = key.Derive(AuditChain.KeyPurpose);
        return Digests.Any(digest => AuditChain.IsSame(AuditChain.Mac(digest.Hash, derived), digest.Mac));
    }

    private static bool Has(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()! != 0;
    }
}
