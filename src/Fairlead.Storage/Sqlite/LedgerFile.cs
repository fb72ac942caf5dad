using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Sqlite;

/// <summary>Opens a ledger's file beside the gateway that serves it: takes no lock, and makes and migrates nothing.</summary>
internal static class LedgerFile
{
    /// <summary>A connection that reads and cannot write.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">A table that it must have.</param>
    /// <param name="holds">What stands in it, for the message that it has none.</param>
    /// <exception cref="LedgerException">There is no such file, it cannot be read, or no gateway of this version has opened it yet.</exception>
    public static SqliteConnection OpenToRead(string path, string table, string holds)
    {
        var connection = Open(path, table, holds);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA query_only = ON";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <inheritdoc cref="OpenToRead"/>
    /// <summary>A connection that may write.</summary>
    public static SqliteConnection Open(string path, string table, string holds)
    {
        if (!File.Exists(path)) throw new LedgerException($"There is no ledger {path}.");
        // Reading beside a write-ahead log needs its index, which a connection that may write can make.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $name";
            command.Parameters.AddWithValue("$name", table);
            return (long)command.ExecuteScalar()! > 0 ? connection : throw new LedgerException($"The ledger {path} has no {holds}: no gateway of this version has served it yet.");
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw exception is SqliteException ? Unreadable(path, exception) : exception;
        }
    }

    /// <summary>What a failure to read is told as.</summary>
    public static LedgerException Unreadable(string path, Exception exception) => new($"The ledger {path} cannot be read: {exception.Message}", exception);
}
