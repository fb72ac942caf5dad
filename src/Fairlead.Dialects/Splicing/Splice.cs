namespace Fairlead.Dialects.Splicing;

/// <summary>One change of a body: a range of its bytes and what stands there instead.</summary>
/// <param name="Start">Where the range starts.</param>
/// <param name="Length">Its length; 0 inserts.</param>
/// <param name="Replacement">What stands there instead; empty removes.</param>
public readonly record struct Splice(int Start, int Length, ReadOnlyMemory<byte> Replacement);
