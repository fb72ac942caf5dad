namespace Fairlead.Core.Expressions;

/// <summary>One thing wrong with an expression.</summary>
/// <param name="Offset">Where, in UTF-16 units of the source.</param>
/// <param name="Length">How much of the source it is about; 0 at the end.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Suggestion">The name that was probably meant; null when none is near.</param>
public sealed record CelError(int Offset, int Length, string Message, string? Suggestion);
