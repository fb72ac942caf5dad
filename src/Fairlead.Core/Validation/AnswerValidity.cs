namespace Fairlead.Core.Validation;

/// <summary>Whether an answer has the form that its client asked for.</summary>
/// <param name="Schema">
/// Whether its text meets the schema that was sent along; null where none was, where the model refused or called a tool instead, where the client's
/// own limit cut it off, and where it cannot be told.
/// </param>
/// <param name="Tools">
/// Whether every call names a tool that was offered, with an input that is what the tool asks for; null where nothing was called, and where it
/// cannot be told.
/// </param>
public readonly record struct AnswerValidity(bool? Schema, bool? Tools);
