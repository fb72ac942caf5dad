namespace Fairlead.Dialects.Errors;

/// <summary>An error as a client is told it, whatever its dialect.</summary>
/// <param name="Status">The HTTP status; within a stream, the one it would have had.</param>
/// <param name="Type">The dialect's error type; null: the usual one of the status.</param>
/// <param name="Code">The stable code.</param>
/// <param name="Message">What is wrong, and what to do.</param>
/// <param name="Param">The member of the request at fault; null for none.</param>
/// <param name="RequestId">Our id of the request.</param>
/// <param name="Retryable">Whether the same request may succeed later.</param>
public sealed record ClientError(int Status, string? Type, string Code, string Message, string? Param, string RequestId, bool Retryable);
