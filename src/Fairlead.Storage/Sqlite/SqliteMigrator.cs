using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// Brings a database to this version's schema: embedded scripts in the order of their numbers, each once, each in a transaction.
/// Forward only. A database of a newer version, of another application, or with scripts that are not ours is refused.
/// </summary>
internal static class SqliteMigrator
{
    private const string Folder = "Sqlite/";

    /// <exception cref="LedgerException">The database is not one that this version may touch.</exception>
    public static void Apply(SqliteConnection connection, TimeProvider time)
    {
        if (!Exists(connection, "name = 'migrations'") && Exists(connection, "name NOT LIKE 'sqlite_%'"))
        {
            throw new LedgerException($"The database {connection.DataSource} belongs to another application. Give the ledger a file of its own.");
        }

        Execute(
            connection,
            null,
            """
            CREATE TABLE IF NOT EXISTS migrations (
                number        INTEGER NOT NULL PRIMARY KEY,
                name          TEXT    NOT NULL,
                checksum      TEXT    NOT NULL, -- SHA-256 of the script
                applied_at_us INTEGER NOT NULL
            ) STRICT
            """);
        var scripts = Scripts();
        var applied = Applied(connection);
        foreach (var (number, name, checksum) in applied)
        {
            if (scripts.Find(script => script.Number == number) is not { } known)
            {
                throw new LedgerException(
                    $"The ledger {connection.DataSource} comes from a newer version of Fairlead: this one does not know step {name} of its schema. Start the newer version.");
            }

            if (known.Checksum != checksum)
            {
                throw new LedgerException(
                    $"The ledger {connection.DataSource} was made by another build: step {name} of its schema is not the one that this version has. Start that build, or give this one a store of its own.");
            }
        }

        foreach (var script in scripts)
        {
            if (!applied.Exists(step => step.Number == script.Number)) Apply(connection, script, time);
        }
    }

    private static void Apply(SqliteConnection connection, Script script, TimeProvider time)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, transaction, script.Sql);
        using var record = connection.CreateCommand();
        record.Transaction = transaction;
        record.CommandText = "INSERT INTO migrations (number, name, checksum, applied_at_us) VALUES ($number, $name, $checksum, $at)";
        record.Parameters.AddWithValue("$number", script.Number);
        record.Parameters.AddWithValue("$name", script.Name);
        record.Parameters.AddWithValue("$checksum", script.Checksum);
        record.Parameters.AddWithValue("$at", Columns.Micros(time.GetUtcNow()));
        record.ExecuteNonQuery();
        transaction.Commit();
    }

    private static List<Script> Scripts()
    {
        var assembly = typeof(SqliteMigrator).Assembly;
        var scripts = new List<Script>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            var path = resource.Replace('\\', '/');
            if (!path.StartsWith(Folder, StringComparison.Ordinal)) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            // A checkout with other line ends is the same script.
            var sql = reader.ReadToEnd().ReplaceLineEndings("\n");
            var name = Path.GetFileNameWithoutExtension(path);
            var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
            scripts.Add(new Script(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, sql, checksum));
        }

        scripts.Sort((one, other) => one.Number.CompareTo(other.Number));
        return scripts;
    }

    private static List<(int Number, string Name, string Checksum)> Applied(SqliteConnection connection)
    {
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT number, name, checksum FROM migrations ORDER BY number";
        using var rows = query.ExecuteReader();
        var applied = new List<(int, string, string)>();
        while (rows.Read()) applied.Add((rows.GetInt32(0), rows.GetString(1), rows.GetString(2)));
        return applied;
    }

    private static bool Exists(SqliteConnection connection, string condition)
    {
        using var query = connection.CreateCommand();
        query.CommandText = $"SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND {condition})";
        return (long)query.ExecuteScalar()! != 0;
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed record Script(int Number, string Name, string Sql, string Checksum);
}
