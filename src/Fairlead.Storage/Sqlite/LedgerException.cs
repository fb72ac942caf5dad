namespace Fairlead.Storage.Sqlite;

/// <summary>The ledger cannot be opened: its file is not one, is from a newer version, or may not be written. The message says which, for the operator.</summary>
public sealed class LedgerException : IOException
{
    /// <summary>An exception with its message.</summary>
    public LedgerException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with its message and cause.</summary>
    public LedgerException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
