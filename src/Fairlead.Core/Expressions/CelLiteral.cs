namespace Fairlead.Core.Expressions;

/// <summary>A text of an expression that a leaf is compared with.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Text">The text.</param>
/// <param name="Offset">Where the comparison stands, in UTF-16 units of the source.</param>
/// <param name="Length">How long it is.</param>
public readonly record struct CelLiteral(int Leaf, string Text, int Offset, int Length);
