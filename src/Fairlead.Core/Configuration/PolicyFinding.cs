namespace Fairlead.Core.Configuration;

/// <summary>What was found of a policy after it was compiled.</summary>
/// <param name="At">Where.</param>
/// <param name="Message">What.</param>
public sealed record PolicyFinding(Place At, string Message);
