namespace Fairlead.Core.Auditing;

/// <summary>A record of the audit log, as it is kept. Hashes are lower-case hexadecimal digits.</summary>
/// <param name="Number">Its place: the first is 1, and none is left out.</param>
/// <param name="At">When it was written, to the microsecond.</param>
/// <param name="Entry">What was written down.</param>
/// <param name="Previous">The hash of the record before it; <see cref="AuditChain.Genesis"/> of the first.</param>
/// <param name="Hash">The hash of everything above.</param>
/// <param name="Mac">The hash, authenticated with a key that does not stand in the database.</param>
public sealed record AuditRecord(long Number, DateTimeOffset At, AuditEntry Entry, string Previous, string Hash, string Mac);
