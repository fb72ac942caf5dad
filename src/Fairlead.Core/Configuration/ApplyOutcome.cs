using System.Collections.Immutable;

namespace Fairlead.Core.Configuration;

/// <summary>What came of applying a content.</summary>
public abstract record ApplyOutcome
{
    private ApplyOutcome()
    {
    }

    /// <summary>It is in force, and in the file.</summary>
    /// <param name="Snapshot">What it means.</param>
    /// <param name="IsChange">False: it was in force already.</param>
    public sealed record Applied(GatewaySnapshot Snapshot, bool IsChange) : ApplyOutcome;

    /// <summary>It has errors; nothing was written.</summary>
    /// <param name="Errors">All of them, in the order of the content.</param>
    public sealed record Invalid(ImmutableArray<ConfigurationError> Errors) : ApplyOutcome;

    /// <summary>The configuration changed since the author read it; nothing was written.</summary>
    /// <param name="Revision">What it is now, or will be in a moment.</param>
    public sealed record MovedOn(string Revision) : ApplyOutcome;

    /// <summary>There is no file, or it cannot be written; the one in force stays.</summary>
    /// <param name="Why">A part of a sentence, without the path.</param>
    public sealed record NotWritable(string Why) : ApplyOutcome;

    /// <summary>It could not be written into the audit log, so that nothing was changed.</summary>
    /// <param name="Why">The log's own words, for the operator.</param>
    public sealed record NotRecorded(string Why) : ApplyOutcome;
}
