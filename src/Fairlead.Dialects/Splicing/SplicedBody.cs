namespace Fairlead.Dialects.Splicing;

/// <summary>A body with splices, as segments to be written one after the other. The bytes between splices are the original's own.</summary>
public readonly struct SplicedBody
{
    /// <summary>The body with its splices.</summary>
    /// <param name="body">The original; must stay valid as long as the segments are used.</param>
    /// <param name="splices">In the order of their positions, not overlapping; throws <see cref="ArgumentException"/> otherwise.</param>
    public SplicedBody(ReadOnlyMemory<byte> body, IReadOnlyList<Splice> splices)
    {
        if (splices.Count == 0)
        {
            Segments = [body];
            return;
        }

        var segments = new List<ReadOnlyMemory<byte>>((2 * splices.Count) + 1);
        var from = 0;
        foreach (var splice in splices)
        {
            if (splice.Start < from || splice.Start + splice.Length > body.Length) throw new ArgumentException("Splices overlap, are out of order or out of range.", nameof(splices));
            if (splice.Start > from) segments.Add(body[from..splice.Start]);
            if (!splice.Replacement.IsEmpty) segments.Add(splice.Replacement);
            from = splice.Start + splice.Length;
        }

        if (from < body.Length) segments.Add(body[from..]);
        Segments = segments;
    }

    /// <summary>The segments in order; none is empty unless the body is.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Segments { get; }
}
