namespace Fairlead.Dialects.AnthropicMessages;

/// <summary>What the schemas of one request that the vendor is to guarantee leave to choose (SEMANTICS 63). It bounds their sum.</summary>
/// <param name="Optional">Properties that need not be there.</param>
/// <param name="Unions">Values that may be of several types.</param>
/// <param name="Tools">Tools among them.</param>
internal readonly record struct StrictSize(int Optional, int Unions, int Tools)
{
    private const int MostOptional = 24;
    private const int MostUnions = 16;
    private const int MostTools = 20;

    /// <summary>Whether the vendor takes so much.</summary>
    public bool IsTaken => Optional <= MostOptional && Unions <= MostUnions && Tools <= MostTools;

    public static StrictSize operator +(StrictSize left, StrictSize right) => new(left.Optional + right.Optional, left.Unions + right.Unions, left.Tools + right.Tools);
}
