namespace Fairlead.Core.Configuration;

/// <summary>A configuration in force, as it is written. Immutable.</summary>
/// <param name="Snapshot">What it means.</param>
/// <param name="Content">The text that it was compiled from.</param>
/// <param name="Author">Who brought it: <see cref="ByStart"/>, <see cref="ByFile"/>, or the name that came with the change.</param>
/// <param name="Reason">Why, in the author's words; null when nobody says.</param>
public sealed record AppliedConfiguration(GatewaySnapshot Snapshot, string Content, string Author, string? Reason)
{
    /// <summary>The author of what was there when the process started.</summary>
    public const string ByStart = "start";

    /// <summary>The author of a change that was found in the file.</summary>
    public const string ByFile = "file";
}
