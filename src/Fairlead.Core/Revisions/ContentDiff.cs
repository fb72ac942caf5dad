using System.Collections.Immutable;
using Fairlead.Core.Configuration;

namespace Fairlead.Core.Revisions;

/// <summary>What two contents mean differently, as this version of Fairlead reads them. Immutable.</summary>
/// <param name="Changes">From the first to the second; empty with errors.</param>
/// <param name="Errors">Why they could not be compared: one of them is no valid configuration, or was one for another version only.</param>
public sealed record ContentDiff(ImmutableArray<SnapshotChange> Changes, ImmutableArray<ConfigurationError> Errors)
{
    /// <summary>Compares two contents.</summary>
    /// <param name="read">Compiles a content without reading secrets, so that the environment makes no difference.</param>
    /// <param name="before">The first content.</param>
    /// <param name="after">The second content.</param>
    public static ContentDiff Between(Func<string, CompiledConfiguration> read, string before, string after)
    {
        var (one, other) = (read(before), read(after));
        return one.Snapshot is { } first && other.Snapshot is { } second
            ? new ContentDiff(SnapshotDiff.Between(first, second), [])
            : new ContentDiff([], other.Errors.IsEmpty ? one.Errors : other.Errors);
    }
}
