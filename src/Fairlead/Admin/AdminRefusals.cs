using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Requests;
using Fairlead.Pipeline;

namespace Fairlead.Admin;

/// <summary>Why the administration API refuses, beside the rows of <see cref="RefusalTable"/> that it shares with the other endpoints.</summary>
internal static class AdminRefusals
{
    /// <summary>A page of another origin.</summary>
    public static RefusalRow OriginNotAllowed { get; } = new(403, "origin_not_allowed", "a browser sends the change for a page of another origin");

    /// <summary>No such revision.</summary>
    public static RefusalRow RevisionNotFound { get; } = new(404, "revision_not_found", "no application of this revision is kept");

    /// <summary>No such target.</summary>
    public static RefusalRow TargetNotFound { get; } = new(404, "target_not_found", "the configuration has no target of this name");

    /// <summary>No such provider.</summary>
    public static RefusalRow ProviderNotFound { get; } = new(404, "provider_not_found", "the configuration has no provider of this name");

    /// <summary>No such key.</summary>
    public static RefusalRow KeyNotFound { get; } = new(404, "key_not_found", "the store has no key of this id or name");

    /// <summary>What there is stands against a change of keys.</summary>
    public static RefusalRow KeyConflict { get; } = new(409, "key_conflict", "a live key has the name, the key is replaced or over, or there are too many");

    /// <summary>Nothing to write.</summary>
    public static RefusalRow ConfigurationReadOnly { get; } = new(409, "configuration_read_only", "the configuration does not come from a file, or its file cannot be written");

    /// <summary>Somebody else was faster.</summary>
    public static RefusalRow ConfigurationMovedOn { get; } = new(412, "configuration_moved_on", "the configuration is no longer the one that `If-Match` names");

    /// <summary>It does not compile.</summary>
    public static RefusalRow ConfigurationInvalid { get; } = new(422, "configuration_invalid", "the content has errors; `errors` lists them all");

    /// <summary>A change that says not what it replaces.</summary>
    public static RefusalRow IfMatchRequired { get; } = new(428, "if_match_required", "`If-Match` with the revision that is to be replaced is missing");

    /// <summary>Nothing happens that is not written down.</summary>
    public static RefusalRow AuditUnavailable { get; } = new(503, "audit_unavailable", "the audit log cannot be written, so that nothing is changed");

    /// <summary>The configuration has nothing of a name; says what may have been meant.</summary>
    public static Refusal NotFound(RefusalRow row, string what, string name, IEnumerable<string> known) =>
        new(row, $"The configuration has no {what} {Words.Quote(name)}{(Words.Nearest(name, known) is { } nearest ? $"; did you mean '{nearest}'?" : ".")}");

    /// <summary>Every row, by status.</summary>
    public static ImmutableArray<RefusalRow> Rows { get; } = [OriginNotAllowed, RevisionNotFound, TargetNotFound, ProviderNotFound, KeyNotFound, KeyConflict, ConfigurationReadOnly, ConfigurationMovedOn, ConfigurationInvalid, IfMatchRequired, AuditUnavailable];
}
