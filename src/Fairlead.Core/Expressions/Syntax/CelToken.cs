namespace Fairlead.Core.Expressions.Syntax;

internal enum CelTokenKind : byte
{
    End,

    /// <summary>An operator or punctuation, or one of the words that are: <c>in</c>, <c>true</c>, <c>false</c>, <c>null</c>.</summary>
    Sign,
    Name,

    /// <summary>A member's name between back quotes.</summary>
    QuotedName,
    Literal,

    /// <summary>Something that is no token and was reported already.</summary>
    Bad,
}

/// <summary>A word of an expression.</summary>
/// <param name="Text">The sign or name; of a literal, its source.</param>
/// <param name="Value">The value of a literal.</param>
internal readonly record struct CelToken(CelTokenKind Kind, int Offset, int Length, string Text, CelValue Value)
{
    public int End => Offset + Length;

    public bool Is(string sign) => Kind == CelTokenKind.Sign && Text == sign;

    public bool IsNumber => Kind == CelTokenKind.Literal && Value.IsNumber;
}
