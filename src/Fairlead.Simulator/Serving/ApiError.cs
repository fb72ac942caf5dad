namespace Fairlead.Simulator.Serving;

/// <summary>An error as a vendor words it; a dialect gives it its shape.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The error's type.</param>
/// <param name="Code">The error's code; null where the vendor has none.</param>
/// <param name="Param">The request member at fault; null for none.</param>
/// <param name="Message">The sentence.</param>
internal sealed record ApiError(int Status, string Type, string? Code, string? Param, string Message);
