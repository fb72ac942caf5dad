namespace Fairlead.Storage.Sqlite;

/// <summary>
/// The ledger cannot be opened, or a record cannot be written to it. The message is for the operator and says which, and what to do.
/// </summary>
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

    /// <summary>Whether another gateway has the ledger open.</summary>
    public bool IsInUse { get; init; }
}
