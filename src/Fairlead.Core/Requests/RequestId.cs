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

    /// <summary>How many characters there are to each place. The last ones are random, each as likely as another.</summary>
    public const int Digits = 32;

    private const int RandomBytes = 10;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _unused;

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

    /// <summary>A new id with bits from the system's secure random source, which is asked for many at a time: it is slow to start.</summary>
    public static string Create(DateTimeOffset acceptedAt)
    {
        var random = _random ??= new byte[64 * RandomBytes];
        if (_unused == 0)
        {
            RandomNumberGenerator.Fill(random);
            _unused = random.Length;
        }

        _unused -= RandomBytes;
        var taken = random.AsSpan(_unused, RandomBytes);
        var id = Create(acceptedAt, taken);
        taken.Clear(); // no id is found twice, in a dump of the memory neither
        return id;
    }

    /// <summary>The smallest id of a request accepted at <paramref name="acceptedAt"/>, to the millisecond: where a range of time begins.</summary>
    public static string First(DateTimeOffset acceptedAt) => Create(acceptedAt, stackalloc byte[RandomBytes]);

    /// <summary>Whether a text has the form of an id. Says nothing about its existence.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text) =>
        text.Length == Length && text.StartsWith("req_", StringComparison.Ordinal) && !text[4..].ContainsAnyExcept(Characters);
}
