using System.Collections.Frozen;
using System.Collections.Immutable;
using Fairlead.Core.Keys;
using Fairlead.Core.Limits;
using Fairlead.Core.Requests;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Keys as rows. Used by one thread at a time.</summary>
internal static class KeyRows
{
    private const string Columns =
        "id, name, prefix, digest, tenant, team, feature, owner, permissions, limits, created_at_us, created_by, expires_at_us, revoked_at_us, revoked_by, replaced_by, last_used_at_us";

    private static readonly CallerPermissions Nothing = new() { Operations = FrozenSet<string>.Empty };

    private const string IsLive = "revoked_at_us IS NULL AND (expires_at_us IS NULL OR expires_at_us > $now)";

    public static long Version(SqliteConnection connection)
    {
        using var query = Command(connection, null, "SELECT version FROM client_keys_version");
        return (long)query.ExecuteScalar()!;
    }

    public static StoredKeys Read(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: true); // version and rows of one moment
        using var version = Command(connection, transaction, "SELECT version FROM client_keys_version");
        var number = (long)version.ExecuteScalar()!;
        using var query = Command(connection, transaction, $"SELECT {Columns} FROM client_keys ORDER BY seq");
        using var row = query.ExecuteReader();
        var keys = ImmutableArray.CreateBuilder<StoredKey>();
        while (row.Read()) keys.Add(Read(row));
        return new StoredKeys(number, keys.DrainToImmutable());
    }

    public static KeyAddition Add(SqliteConnection connection, StoredKey key)
    {
        using var transaction = connection.BeginTransaction();
        if (Count(connection, transaction, $"SELECT count(*) FROM client_keys WHERE name = $name AND {IsLive}", key) > 0) return KeyAddition.Taken;
        return Insert(connection, transaction, key);
    }

    public static KeyAddition Replace(SqliteConnection connection, string id, DateTimeOffset until, StoredKey key)
    {
        using var transaction = connection.BeginTransaction();
        using (var replace = Command(
            connection,
            transaction,
            $"""
             UPDATE client_keys SET replaced_by = $by, expires_at_us = min(coalesce(expires_at_us, $until), $until)
             WHERE id = $id AND replaced_by IS NULL AND {IsLive}
                 AND NOT EXISTS (SELECT 1 FROM client_keys WHERE name = $name AND id <> $id AND {IsLive})
             """))
        {
            replace.Parameters.AddWithValue("$name", key.Name);
            replace.Parameters.AddWithValue("$by", key.Id);
            replace.Parameters.AddWithValue("$until", Sqlite.Columns.Micros(until));
            replace.Parameters.AddWithValue("$id", id);
            replace.Parameters.AddWithValue("$now", Sqlite.Columns.Micros(key.CreatedAt));
            if (replace.ExecuteNonQuery() == 0) return KeyAddition.Taken;
        }

        return Insert(connection, transaction, key);
    }

    public static void Revoke(SqliteConnection connection, ImmutableArray<string> ids, DateTimeOffset at, string by)
    {
        using var transaction = connection.BeginTransaction();
        using var revoke = Command(connection, transaction, "UPDATE client_keys SET revoked_at_us = $at, revoked_by = $by WHERE id = $id AND revoked_at_us IS NULL");
        revoke.Parameters.AddWithValue("$at", Sqlite.Columns.Micros(at));
        revoke.Parameters.AddWithValue("$by", by);
        var id = revoke.Parameters.Add("$id", SqliteType.Text);
        foreach (var each in ids)
        {
            id.Value = each;
            revoke.ExecuteNonQuery();
        }

        Change(connection, transaction);
        transaction.Commit();
    }

    public static void NoteUse(SqliteConnection connection, IReadOnlyList<(string Id, DateTimeOffset At)> uses)
    {
        using var transaction = connection.BeginTransaction();
        using var note = Command(connection, transaction, "UPDATE client_keys SET last_used_at_us = max(coalesce(last_used_at_us, $at), $at) WHERE id = $id");
        var at = note.Parameters.Add("$at", SqliteType.Integer);
        var id = note.Parameters.Add("$id", SqliteType.Text);
        foreach (var use in uses)
        {
            (at.Value, id.Value) = (Sqlite.Columns.Micros(use.At), use.Id);
            note.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static KeyAddition Insert(SqliteConnection connection, SqliteTransaction transaction, StoredKey key)
    {
        if (Count(connection, transaction, $"SELECT count(*) FROM client_keys WHERE {IsLive}", key) >= IKeyStore.MostLive) return KeyAddition.TooMany;
        using (var add = Command(
            connection,
            transaction,
            """
            INSERT INTO client_keys (id, name, prefix, digest, tenant, team, feature, owner, permissions, limits, created_at_us, created_by, expires_at_us)
            VALUES ($id, $name, $prefix, $digest, $tenant, $team, $feature, $owner, $permissions, $limits, $now, $by, $expires)
            """))
        {
            add.Parameters.AddWithValue("$id", key.Id);
            add.Parameters.AddWithValue("$name", key.Name);
            add.Parameters.AddWithValue("$prefix", key.Prefix);
            add.Parameters.AddWithValue("$digest", key.Digest.ToArray());
            add.Parameters.AddWithValue("$tenant", key.Tenant);
            add.Parameters.AddWithValue("$team", Optional(key.Team));
            add.Parameters.AddWithValue("$feature", Optional(key.Feature));
            add.Parameters.AddWithValue("$owner", Optional(key.Owner));
            add.Parameters.AddWithValue("$permissions", KeyJson.Of(key.Permissions));
            add.Parameters.AddWithValue("$limits", Optional(KeyJson.Of(key.Limits)));
            add.Parameters.AddWithValue("$now", Sqlite.Columns.Micros(key.CreatedAt));
            add.Parameters.AddWithValue("$by", key.CreatedBy);
            add.Parameters.AddWithValue("$expires", key.ExpiresAt is { } end ? Sqlite.Columns.Micros(end) : DBNull.Value);
            add.ExecuteNonQuery();
        }

        Change(connection, transaction);
        transaction.Commit();
        return KeyAddition.Added;
    }

    private static void Change(SqliteConnection connection, SqliteTransaction transaction)
    {
        using var change = Command(connection, transaction, "UPDATE client_keys_version SET version = version + 1");
        change.ExecuteNonQuery();
    }

    private static long Count(SqliteConnection connection, SqliteTransaction transaction, string sql, StoredKey key)
    {
        using var query = Command(connection, transaction, sql);
        query.Parameters.AddWithValue("$name", key.Name);
        query.Parameters.AddWithValue("$now", Sqlite.Columns.Micros(key.CreatedAt));
        return (long)query.ExecuteScalar()!;
    }

    private static StoredKey Read(SqliteDataReader row)
    {
        var (permissions, limits, defect) = Reading(row);
        return new StoredKey
        {
            Id = row.GetString(0),
            Name = row.GetString(1),
            Prefix = row.GetString(2),
            Digest = [.. (byte[])row.GetValue(3)],
            Tenant = row.GetString(4),
            Team = Text(row, 5),
            Feature = Text(row, 6),
            Owner = Text(row, 7),
            Permissions = permissions,
            Limits = limits,
            CreatedAt = Sqlite.Columns.Time(row.GetInt64(10)),
            CreatedBy = row.GetString(11),
            ExpiresAt = Time(row, 12),
            RevokedAt = Time(row, 13),
            RevokedBy = Text(row, 14),
            ReplacedBy = Text(row, 15),
            LastUsedAt = Time(row, 16),
            Defect = defect,
        };
    }

    /// <summary>What a key may do. Where it is not understood, as a newer version may write what this one does not know, it may nothing.</summary>
    private static (CallerPermissions Permissions, RateLimits? Limits, string? Defect) Reading(SqliteDataReader row)
    {
        try
        {
            return (KeyJson.Permissions(row.GetString(8)), KeyJson.Limits(Text(row, 9)), null);
        }
        catch (FormatException exception)
        {
            return (Nothing, null, exception.Message);
        }
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset? Time(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Sqlite.Columns.Time(row.GetInt64(column));

    private static object Optional(string? text) => (object?)text ?? DBNull.Value;

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        return command;
    }
}
