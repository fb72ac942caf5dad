namespace Fairlead.Core.Auditing;

/// <summary>
/// Where administrative changes are written down: a chain of records, each holding the hash of the one before it, so that a record that was changed,
/// taken out or put in later is found. Safe for any number of threads.
/// </summary>
public interface IAuditLog
{
    /// <summary>
    /// Writes a record. It completes when the record is durable: what the record is about may have its effect from then on, and not before.
    /// </summary>
    /// <param name="entry">What is about to happen, or has happened.</param>
    /// <param name="cancellationToken">Gives up before it is written.</param>
    /// <exception cref="AuditException">It could not be written: the effect must not be.</exception>
    ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken);
}

/// <summary>One thing that is written down.</summary>
/// <param name="Action">What: a stable dotted name, such as <c>key.create</c> or <c>configuration.apply</c>.</param>
/// <param name="Actor">Who: the author of a change, <c>admin</c>, <c>file</c>, <c>start</c>.</param>
/// <param name="Subject">To what: a key's name, a revision; empty where there is none.</param>
public sealed record AuditEntry(string Action, string Actor, string Subject)
{
    /// <summary>Why, in the actor's words; null when nobody says.</summary>
    public string? Reason { get; init; }

    /// <summary>More of it, a JSON object without secrets and without anybody's prompt; null for nothing.</summary>
    public string? Detail { get; init; }
}

/// <summary>A record could not be written down. The message says why.</summary>
public sealed class AuditException(string message, Exception? inner = null) : Exception(message, inner);
