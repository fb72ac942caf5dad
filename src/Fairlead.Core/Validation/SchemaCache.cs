using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Fairlead.Core.Validation;

/// <summary>
/// Compiled schemas by their bytes: applications send the same few again and again. What cannot be compiled is remembered too. Holds so
/// many, of so many bytes together, and lets the least recently used go. Safe for any number of threads.
/// </summary>
/// <param name="most">How many it holds.</param>
public sealed class SchemaCache(int most = SchemaCache.DefaultMost)
{
    /// <summary>How many it holds unless told otherwise.</summary>
    public const int DefaultMost = 256;

    /// <summary>The bytes of all schemas that it holds, as they were sent: a compiled one takes some ten times as much.</summary>
    private const int MostBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = []; // the most recently used first
    private int _bytes;

    private readonly record struct Digest(UInt128 High, UInt128 Low);

    private sealed record Entry(Digest Digest, int Bytes, JsonSchema? Schema, string? Reason);

    /// <summary>How many it holds now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>The compiled schema of these bytes; false when there is none, with the reason.</summary>
    public bool TryGet(ReadOnlyMemory<byte> schema, [NotNullWhen(true)] out JsonSchema? compiled, [NotNullWhen(false)] out string? reason)
    {
        // SHA-256 and nothing cheaper: a client that finds two schemas of one hash would have another client's answers judged by its own.
        var digest = DigestOf(schema.Span);
        lock (_gate)
        {
            if (_entries.TryGetValue(digest, out var known))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
                (compiled, reason) = (known.Value.Schema, known.Value.Reason);
                return compiled is not null;
            }
        }

        var isSchema = JsonSchema.TryCompile(schema, out compiled, out reason); // outside the lock: two may compile the same, and one is kept
        var bytes = Math.Min(schema.Length, JsonSchema.MostBytes); // of a larger one nothing but the reason is kept
        lock (_gate)
        {
            if (_entries.ContainsKey(digest)) return isSchema;
            while (_entries.Count > 0 && (_entries.Count >= most || _bytes + bytes > MostBytes))
            {
                var oldest = _byUse.Last!.Value;
                _entries.Remove(oldest.Digest);
                _byUse.RemoveLast();
                _bytes -= oldest.Bytes;
            }

            _entries.Add(digest, _byUse.AddFirst(new Entry(digest, bytes, compiled, reason)));
            _bytes += bytes;
        }

        return isSchema;
    }

    private static Digest DigestOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new Digest(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}
