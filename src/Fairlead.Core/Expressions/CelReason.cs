using System.Collections.Immutable;

namespace Fairlead.Core.Expressions;

/// <summary>What an expression came to, and the part of it that decided that.</summary>
/// <param name="Value">What the whole came to.</param>
/// <param name="Part">
/// The smallest part that decided it, as it is written: of operands joined by <c>&amp;&amp;</c> the first false one, of operands joined by
/// <c>||</c> the first true one, else all of them; of an error or unknown, where it arose.
/// </param>
/// <param name="Offset">Where the part stands, in UTF-16 units of the expression's source.</param>
/// <param name="PartValue">What the part came to.</param>
/// <param name="Reads">The leaves and signals that the part names, with their values, in the order in which they stand.</param>
public sealed record CelReason(CelValue Value, string Part, int Offset, CelValue PartValue, ImmutableArray<(string Name, CelValue Value)> Reads);
