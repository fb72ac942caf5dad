using System.Buffers;
using System.Security.Cryptography;

namespace Fairlead.Core.Requests;

/// <summary>
/// Our id of a request: <c>req_</c> and 26 characters of Crockford's base 32 – 48 bits of milliseconds, 80 random bits – so
/// that ids sort by time and cannot be guessed.
/// </summary>
public static class RequestId
{
    /// <summary>Characters of an id, prefix included.</summary>
    public const int Length = 30;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    /// <summary>A new id for a request accepted at <paramref name="acceptedAt"/>.</summary>
    /// <param name="acceptedAt">Sorts the id.</param>
    /// <param name="random">Ten random bytes; unguessable in production.</param>
    public static string Create(DateTimeOffset acceptedAt, ReadOnlySpan<byte> random)
    {
        Span<char> id = stackalloc char[Length];
        "req_".CopyTo(id);
        var milliseconds = acceptedAt.ToUnixTimeMilliseconds();
        for (var i = 9; i >= 0; i--, milliseconds >>= 5) id[4 + i] = Alphabet[(int)(milliseconds & 31)];
        ulong bits = 0;
        int held = 0, next = 0;
        for (var i = 14; i < Length; i++)
        {
            if (held < 5)
            {
                bits = (bits << 8) | random[next++];
                held += 8;
            }

            held -= 5;
            id[i] = Alphabet[(int)((bits >> held) & 31)];
        }

        return new string(id);
    }

    /// <summary>A new id with bits from the system's secure random source.</summary>
    public static string Create(DateTimeOffset acceptedAt)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        return Create(acceptedAt, random);
    }

    /// <summary>Whether a text has the form of an id. Says nothing about its existence.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length == Length && text.StartsWith("req_", StringComparison.Ordinal) && !text[4..].ContainsAnyExcept(Characters);
}
