namespace Fairlead.Core.Routing;

/// <summary>
/// A hash of texts that is the same on every machine and in every version: draws that stick, and can be derived again. FNV-1a over
/// UTF-16 units (Fowler, Noll, Vo), finished with the mixer of MurmurHash3, since FNV's high bits differ little for texts that do.
/// Not for security.
/// </summary>
internal static class StableHash
{
    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(params ReadOnlySpan<string> texts)
    {
        var hash = Basis;
        foreach (var text in texts)
        {
            foreach (var unit in text) hash = (hash ^ unit) * Prime;
            hash = (hash ^ 0x1F) * Prime; // where one text ends
        }

        hash ^= hash >> 33;
        hash *= 0xFF51AFD7ED558CCD;
        hash ^= hash >> 33;
        hash *= 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }
}
