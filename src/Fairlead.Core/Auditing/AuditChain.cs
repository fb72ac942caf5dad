using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Core.Auditing;

/// <summary>
/// The arithmetic of the chain. A record's hash is over the hash before it, its number, its time and its texts, each with its length in front, so that no
/// two records are the same bytes. Its MAC is over its hash: whoever has the database and not the key can make hashes that fit, and no MAC. Pure.
/// </summary>
public static class AuditChain
{
    /// <summary>What stands for the hash before the first record.</summary>
    public const string Genesis = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>The purpose that the key of the MACs is derived for.</summary>
    public const string KeyPurpose = "audit";

    /// <summary>The most that the texts of a record may have, together.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>First in what is hashed, so that another version's records are none of this one's.</summary>
    private const string Version = "fairlead audit record 1";

    /// <summary>The record that follows another one.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="previous">The hash before it; <see cref="Genesis"/> for the first.</param>
    /// <param name="at">Now; what is finer than a microsecond is dropped.</param>
    /// <param name="entry">What is written down.</param>
    /// <param name="key">The key of the MACs.</param>
    public static AuditRecord Next(long number, string previous, DateTimeOffset at, AuditEntry entry, ReadOnlySpan<byte> key)
    {
        var kept = Kept(at);
        var hash = Hash(number, previous, kept, entry);
        return new AuditRecord(number, kept, entry, previous, hash, Mac(hash, key));
    }

    /// <summary>A time as it is kept: in UTC, without what is finer than a microsecond.</summary>
    public static DateTimeOffset Kept(DateTimeOffset at) => at.ToUniversalTime().AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));

    /// <summary>The hash that a record has to have.</summary>
    public static string Hash(AuditRecord record) => Hash(record.Number, record.Previous, record.At, record.Entry);

    /// <summary>The hash that a record would have to have under another number.</summary>
    public static string HashAs(AuditRecord record, long number) => Hash(number, record.Previous, record.At, record.Entry);

    /// <summary>The MAC that belongs to a hash.</summary>
    public static string Mac(string hash, ReadOnlySpan<byte> key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(hash)));

    /// <summary>Whether two digests are the same, in a time that tells nothing of where they differ.</summary>
    public static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private static string Hash(long number, string previous, DateTimeOffset at, AuditEntry entry)
    {
        var fields = new AuditFields();
        fields.Add(Version);
        fields.Add(previous);
        fields.Add(number);
        fields.Add(at);
        fields.Add(entry.Action);
        fields.Add(entry.Actor);
        fields.Add(entry.Subject);
        fields.Add(entry.Reason);
        fields.Add(entry.Detail);
        return Convert.ToHexStringLower(SHA256.HashData(fields.Bytes));
    }
}
