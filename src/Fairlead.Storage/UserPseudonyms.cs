using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Storage;

/// <summary>
/// What the ledger calls an end user: a keyed digest of the application's own id of them. The same user of a tenant has the same one; who holds the
/// ledger alone cannot tell whose it is, nor whether two tenants have a user of one name. Safe for any number of threads.
/// </summary>
/// <param name="key">The store's key; with another one every user has another pseudonym.</param>
public sealed class UserPseudonyms(StoreKey key)
{
    /// <summary>Stands in place of the pseudonym of a user who was erased.</summary>
    public const string Erased = "erased";

    private const int Bytes = 16;

    private readonly byte[] _key = key.Derive("users");

    /// <summary>The pseudonym of a user: 32 lower-case hexadecimal digits.</summary>
    /// <param name="tenant">Whose user it is.</param>
    /// <param name="user">The application's id, as a request claims it.</param>
    public string Of(string tenant, string user)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        // No name of a tenant has the separator.
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(tenant + "\0" + user), digest);
        return Convert.ToHexStringLower(digest[..Bytes]);
    }
}
