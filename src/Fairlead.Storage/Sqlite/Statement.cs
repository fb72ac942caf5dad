using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fairlead.Storage.Sqlite;

/// <summary>
/// A prepared statement, bound from left to right and run over and over without allocating. <see cref="SqliteCommand"/> boxes every
/// value and looks parameters up by name, which costs more than the insert itself. SQLite keeps what was bound for the last run:
/// a value that is there already, as most are from row to row, is not bound again. Texts stay in buffers of ours, where SQLite reads
/// them: it would copy each one otherwise. Used by one thread at a time.
/// </summary>
internal sealed unsafe partial class Statement : IDisposable
{
    private const string Library = "e_sqlite3";

    /// <summary>SQLITE_STATIC: the text stays where it is until the parameter is bound anew.</summary>
    private const nint StaysInPlace = 0;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle; // valid until _statement is disposed
    private readonly Held[] _held;
    private readonly byte[]?[] _texts;
    private int _bound;

    /// <exception cref="SqliteException">The statement cannot be prepared.</exception>
    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out _statement), _database);
        _handle = _statement.DangerousGetHandle();
        _held = new Held[raw.sqlite3_bind_parameter_count(_statement)]; // SQLite starts with nulls too
        _texts = new byte[_held.Length][];
    }

    public void Bind(string? value)
    {
        if (value is null)
        {
            BindNull();
            return;
        }

        ref var text = ref _texts[_bound];
        ref var held = ref _held[_bound++];
        if (ReferenceEquals(held.Text, value)) return;
        held = default;
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (text is null || text.Length < most)
        {
            BindNullTo(_bound); // before SQLite loses the buffer that it reads from
            text = GC.AllocateUninitializedArray<byte>(Math.Max(most, 64), pinned: true);
        }

        var length = Encoding.UTF8.GetBytes(value, text);
        Check(BindText(_handle, _bound, (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(text, 0), length, StaysInPlace));
        held = new Held(value, null);
    }

    public void Bind(long value)
    {
        ref var held = ref _held[_bound++];
        if (held.Number == value) return;
        held = default;
        Check(BindNumber(_handle, _bound, value));
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
        var result = Step(_handle);
        // Before the reset, which repeats the result and may overwrite the message.
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW)) Fail(result);
        _ = Reset(_handle);
        return raw.sqlite3_changes(_database);
    }

    /// <summary>Forgets values that were bound for a run that did not come to be.</summary>
    public void Clear() => _bound = 0;

    public void Dispose() => _statement.Dispose();

    private void BindNull()
    {
        ref var held = ref _held[_bound++];
        if (held == default) return;
        BindNullTo(_bound);
        held = default;
    }

    private void BindNullTo(int parameter) => Check(BindNull(_handle, parameter));

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
            _ = Reset(_handle);
        }
    }

    // The functions that run for every value, without what the package's own imports do on top: count references to the handle, find
    // the provider. The binding ones only set a field, which is shorter than telling the garbage collector about the call.
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    private static partial int BindNumber(nint statement, int parameter, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    private static partial int BindNull(nint statement, int parameter);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    [SuppressGCTransition]
    private static partial int BindText(nint statement, int parameter, byte* text, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    private static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    private static partial int Reset(nint statement);

    /// <summary>What SQLite holds for a parameter: a text, a number, or null.</summary>
    private readonly record struct Held(string? Text, long? Number);
}
