namespace Fairlead.Dialects.Splicing;

/// <summary>A limit of the answer that is written into a request whose client gave none.</summary>
/// <param name="Member">How the vendor calls it: <c>max_completion_tokens</c>.</param>
/// <param name="Tokens">Tokens of one answer.</param>
public readonly record struct OutputCap(string Member, long Tokens);
