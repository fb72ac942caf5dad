using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Core.Keys;

/// <summary>
/// Makes of a key's secret what is kept of it: HMAC-SHA256 with a key of the store's own, so that a copy of the store tells no secret, and none can be
/// tried out on it. Immutable; safe for any number of threads.
/// </summary>
/// <param name="key">The store's key for <see cref="Purpose"/>.</param>
public sealed class KeyDigester(byte[] key)
{
    /// <summary>What the store's key is derived for.</summary>
    public const string Purpose = "client keys";

    /// <summary>Bytes of a digest.</summary>
    public const int Length = HMACSHA256.HashSizeInBytes;

    /// <summary>The digest of a secret.</summary>
    /// <param name="secret">Of the form of <see cref="KeySecret"/>.</param>
    /// <param name="digest">Takes it: <see cref="Length"/> bytes.</param>
    public void Digest(ReadOnlySpan<char> secret, Span<byte> digest)
    {
        if (secret.Length != KeySecret.Length) throw new UnreachableException("Only what has the form of a secret is digested.");
        Span<byte> bytes = stackalloc byte[KeySecret.Length];
        Encoding.ASCII.GetBytes(secret, bytes);
        HMACSHA256.HashData(key, bytes, digest);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
