using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// A prepared statement, bound from left to right and run over and over without allocating. <see cref="SqliteCommand"/> boxes every
/// value and looks parameters up by name, which costs more than the insert itself. SQLite keeps what was bound for the last run:
/// a value that is there already, as most are from row to row, is not bound again. Used by one thread at a time.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly Held[] _held;
    private byte[] _text = new byte[1024];
    private int _bound;

    /// <exception cref="SqliteException">The statement cannot be prepared.</exception>
    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out _statement), _database);
        _held = new Held[raw.sqlite3_bind_parameter_count(_statement)]; // SQLite starts with nulls too
    }

    public void Bind(string? value)
    {
        if (value is null)
        {
            BindNull();
            return;
        }

        ref var held = ref _held[_bound++];
        if (ReferenceEquals(held.Text, value)) return;
        held = default;
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_text.Length < most) _text = new byte[most];
        Check(raw.sqlite3_bind_text(_statement, _bound, _text.AsSpan(0, Encoding.UTF8.GetBytes(value, _text))));
        held = new Held(value, null);
    }

    public void Bind(long value)
    {
        ref var held = ref _held[_bound++];
        if (held.Number == value) return;
        held = default;
        Check(raw.sqlite3_bind_int64(_statement, _bound, value));
        held = new Held(null, value);
    }

    public void Bind(long? value)
    {
        if (value is { } known) Bind(known);
        else BindNull();
    }

    /// <summary>Runs the statement and makes it ready for the next values.</summary>
    /// <returns>How many rows it changed.</returns>
    /// <exception cref="SqliteException">It failed.</exception>
    /// <exception cref="InvalidOperationException">Not every parameter was bound.</exception>
    public int Run()
    {
        if (_bound != _held.Length) throw new InvalidOperationException($"Bound {_bound} of {_held.Length} values.");
        _bound = 0;
        var result = raw.sqlite3_step(_statement);
        // Before the reset, which repeats the result and may overwrite the message.
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW)) Fail(result);
        raw.sqlite3_reset(_statement);
        return raw.sqlite3_changes(_database);
    }

    /// <summary>Forgets values that were bound for a run that did not come to be.</summary>
    public void Clear() => _bound = 0;

    public void Dispose() => _statement.Dispose();

    private void BindNull()
    {
        ref var held = ref _held[_bound++];
        if (held == default) return;
        Check(raw.sqlite3_bind_null(_statement, _bound));
        held = default;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) Fail(result);
    }

    private void Fail(int result)
    {
        try
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
        finally
        {
            _bound = 0;
            raw.sqlite3_reset(_statement);
        }
    }

    /// <summary>What SQLite holds for a parameter: a text, a number, or null.</summary>
    private readonly record struct Held(string? Text, long? Number);
}
