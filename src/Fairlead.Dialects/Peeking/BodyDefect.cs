namespace Fairlead.Dialects.Peeking;

/// <summary>Why a client's body is refused before anything is sent.</summary>
/// <param name="Code">A stable code: <c>invalid_json</c>, <c>duplicate_member</c>, <c>ambiguous_member</c>, <c>too_deep</c>, <c>missing_member</c>, <c>invalid_type</c>, <c>invalid_value</c>.</param>
/// <param name="Message">What is wrong, and what to do. Holds no text of the body.</param>
/// <param name="Member">The member at fault; null when it is the body's structure.</param>
public readonly record struct BodyDefect(string Code, string Message, string? Member);
