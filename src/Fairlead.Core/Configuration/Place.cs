namespace Fairlead.Core.Configuration;

/// <summary>Where something stands in a configuration: for errors, and for showing where a value comes from.</summary>
/// <param name="Path">Such as <c>providers.openai.keys[0]</c>; empty for the whole.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public readonly record struct Place(string Path, int Line, int Column);

/// <summary>A value with the place it was read from.</summary>
internal readonly record struct Located<T>(T Value, Place At);
