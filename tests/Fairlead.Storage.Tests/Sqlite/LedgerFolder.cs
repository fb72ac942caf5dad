using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Fairlead.Storage.Tests.Sqlite;

/// <summary>A folder of its own for a ledger, and plain SQL beside it, as the sqlite3 command line would see it.</summary>
internal sealed class LedgerFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-ledger-");

    public string Ledger => Of("ledger.db");

    public string Of(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Runs SQL over a connection of its own.</summary>
    public void Execute(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public long Number(string sql) => long.Parse(Rows(sql)[0][0].Value, CultureInfo.InvariantCulture);

    /// <summary>Every row as its columns' names and values in plain text, <c>NULL</c> for none.</summary>
    public List<List<(string Column, string Value)>> Rows(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<List<(string, string)>>();
        while (reader.Read())
        {
            rows.Add(
                [.. Enumerable.Range(0, reader.FieldCount).Select(i =>
                    (reader.GetName(i), reader.IsDBNull(i) ? "NULL" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!))]);
        }

        return rows;
    }

    /// <summary>Holds the database's write lock, as another process would, until it is disposed.</summary>
    public IDisposable LockForWriting()
    {
        var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection; // closing it rolls back
    }

    /// <summary>Stands in the midst of reading, as another process would, until it is disposed.</summary>
    public IDisposable ReadInTheMidst(string sql)
    {
        var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; " + sql;
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>What a crash leaves: the files as they lie there now, without the farewell of a close.</summary>
    public LedgerFolder CopyAsAfterACrash()
    {
        var copy = new LedgerFolder();
        foreach (var file in _folder.EnumerateFiles("ledger.db*").Where(file => !file.Name.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Copy(file.FullName, copy.Of(file.Name));
        }

        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Ledger};Pooling=False");
        connection.Open();
        return connection;
    }
}
