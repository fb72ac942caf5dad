namespace Fairlead.Core.Validation;

/// <summary>What a schema says of a JSON text. Immutable.</summary>
/// <param name="Outcome">Valid, not valid, or not to be told.</param>
/// <param name="Failures">The first few failures, in the order they were met; empty unless it is not valid.</param>
public sealed record SchemaVerdict(SchemaOutcome Outcome, IReadOnlyList<SchemaFailure> Failures)
{
    /// <summary>The text meets the schema.</summary>
    public static SchemaVerdict Valid { get; } = new(SchemaOutcome.Valid, []);

    /// <summary>Nothing was found out: telling would have cost more than a validation may.</summary>
    public static SchemaVerdict TooCostly { get; } = new(SchemaOutcome.TooCostly, []);

    /// <summary>Whether the text meets the schema; false also where that was not found out.</summary>
    public bool IsValid => Outcome == SchemaOutcome.Valid;
}

/// <summary>How a validation ended.</summary>
public enum SchemaOutcome
{
    /// <summary>The text meets the schema.</summary>
    Valid = 0,

    /// <summary>It does not, or is no JSON.</summary>
    Invalid,

    /// <summary>The validation was given up: too deep, or too many steps.</summary>
    TooCostly,
}

/// <summary>One way in which a text does not meet its schema.</summary>
/// <param name="Pointer">Where in the text, as a JSON pointer (RFC 6901); empty for all of it. Cut off behind 256 characters.</param>
/// <param name="Keyword">The schema's word that is not met: <c>required</c>, <c>type</c>; <c>json</c> where the text is no JSON.</param>
/// <param name="Message">A few words of ours; nothing of the text stands in them.</param>
public sealed record SchemaFailure(string Pointer, string Keyword, string Message);
