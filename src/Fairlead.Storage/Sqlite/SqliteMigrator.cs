using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Brings a database to this version's schema: embedded scripts in the order of their numbers, each in a transaction, each once. A
/// database from a newer version, or one whose applied scripts are not ours, is refused rather than guessed at.
/// </summary>
internal static class SqliteMigrator
{
    private const string Folder = "Sqlite/";

    public static void Apply(SqliteConnection connection, TimeProvider time)
    {
        Execute(connection, null, "CREATE TABLE IF NOT EXISTS migrations (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
        var scripts = Scripts();
        var applied = Applied(connection);
        foreach (var (number, (name, checksum)) in applied)
        {
            if (!scripts.TryGetValue(number, out var script)) throw new LedgerException($"The ledger was written by a newer version of Fairlead (its schema has step {number}, {name}); this version does not know it.");
            if (script.Checksum != checksum) throw new LedgerException($"Step {number} of the ledger's schema ({name}) is not the one that this version knows; the file belongs to another build.");
        }

        foreach (var (number, script) in scripts)
        {
            if (applied.ContainsKey(number)) continue;
            using var transaction = connection.BeginTransaction();
            Execute(connection, transaction, script.Sql);
            using var record = connection.CreateCommand();
            record.Transaction = transaction;
            record.CommandText = "INSERT INTO migrations (number, name, checksum, applied_at) VALUES ($number, $name, $checksum, $at)";
            record.Parameters.AddWithValue("$number", number);
            record.Parameters.AddWithValue("$name", script.Name);
            record.Parameters.AddWithValue("$checksum", script.Checksum);
            record.Parameters.AddWithValue("$at", Columns.Micros(time.GetUtcNow()));
            record.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    private static SortedDictionary<int, (string Name, string Sql, string Checksum)> Scripts()
    {
        var assembly = typeof(SqliteMigrator).Assembly;
        var scripts = new SortedDictionary<int, (string, string, string)>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var path = resource.Replace('\\', '/');
            if (!path.StartsWith(Folder, StringComparison.Ordinal)) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var sql = reader.ReadToEnd().ReplaceLineEndings("\n");
            var name = Path.GetFileNameWithoutExtension(path);
            scripts.Add(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), (name, sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)))));
        }

        return scripts;
    }

    private static SortedDictionary<int, (string Name, string Checksum)> Applied(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT number, name, checksum FROM migrations";
        using var rows = query.ExecuteReader();
        var applied = new SortedDictionary<int, (string, string)>();
        while (rows.Read()) applied.Add(rows.GetInt32(0), (rows.GetString(1), rows.GetString(2)));
        return applied;
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
