namespace Fairlead.Core.Limits;

/// <summary>What may be asked for per minute and at once. Immutable.</summary>
/// <param name="RequestsPerMinute">Requests; null: any number.</param>
/// <param name="TokensPerMinute">Tokens of prompts and answers together; null: any number.</param>
/// <param name="Concurrent">Requests that run at the same time; null: any number.</param>
public sealed record RateLimits(int? RequestsPerMinute, int? TokensPerMinute, int? Concurrent);
