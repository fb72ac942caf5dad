namespace Fairlead.Dialects.Peeking;

/// <summary>A claim that stands in the body's <c>metadata</c>: <c>fairlead.feature</c> and its like. Never travels upstream.</summary>
/// <param name="Name">The member's name, with its prefix.</param>
/// <param name="Value">Its text.</param>
public readonly record struct MetadataClaim(string Name, string Value);
