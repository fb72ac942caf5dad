using System.Security.Cryptography;

namespace Fairlead.Core.Auditing;

/// <summary>
/// What the end of the chain was at a time. Kept elsewhere it shows what the chain alone cannot: that its end was cut off, or that an older copy took its
/// place. Whoever has no key can make none.
/// </summary>
/// <param name="At">When it was taken, to the microsecond.</param>
/// <param name="Number">The number of the last record then.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Mac">Authenticates all of this.</param>
public sealed record AuditCheckpoint(DateTimeOffset At, long Number, string Hash, string Mac)
{
    /// <summary>The purpose that the key of checkpoints is derived for.</summary>
    public const string KeyPurpose = "audit checkpoints";

    private const string Version = "fairlead audit checkpoint 1";

    /// <summary>A checkpoint of a record that is the last one now.</summary>
    /// <param name="at">Now; what is finer than a microsecond is dropped.</param>
    /// <param name="last">The record.</param>
    /// <param name="key">The key of checkpoints.</param>
    public static AuditCheckpoint Of(DateTimeOffset at, AuditRecord last, ReadOnlySpan<byte> key)
    {
        var kept = AuditChain.Kept(at);
        return new AuditCheckpoint(kept, last.Number, last.Hash, MacOf(kept, last.Number, last.Hash, key));
    }

    /// <summary>Whether it was made with a key.</summary>
    public bool IsAuthentic(ReadOnlySpan<byte> key) => AuditChain.IsSame(Mac, MacOf(At, Number, Hash, key));

    private static string MacOf(DateTimeOffset at, long number, string hash, ReadOnlySpan<byte> key)
    {
        var fields = new AuditFields();
        fields.Add(Version);
        fields.Add(at);
        fields.Add(number);
        fields.Add(hash);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, fields.Bytes));
    }
}
