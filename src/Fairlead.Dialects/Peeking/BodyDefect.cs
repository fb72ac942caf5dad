using Fairlead.Core.Requests;

namespace Fairlead.Dialects.Peeking;

/// <summary>Why a client's body is refused before anything is sent.</summary>
/// <param name="Row">Of the refusal table.</param>
/// <param name="Message">What is wrong, and what to do. Holds no text of the body.</param>
/// <param name="Member">The member at fault; null when it is the body's structure.</param>
public readonly record struct BodyDefect(RefusalRow Row, string Message, string? Member)
{
    /// <summary>The stable code: <c>invalid_json</c>, <c>missing_member</c>, …</summary>
    public string Code => Row.Code;
}
