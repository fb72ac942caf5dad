using System.Text.Json;
using Fairlead.Core.Revisions;

namespace Fairlead.Revisions;

/// <summary>Revisions as the administration API and the command line write them.</summary>
internal static class RevisionJson
{
    /// <summary>The members of an application, within an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, RecordedRevision recorded)
    {
        json.WriteNumber("number", recorded.Number);
        json.WriteString("revision", recorded.Revision);
        json.WriteString("applied_at", recorded.AppliedAt);
        json.WriteString("author", recorded.Author);
        json.WriteString("reason", recorded.Reason);
        json.WriteString("previous", recorded.Previous);
        Write(json, recorded.Changes, recorded.Reach);
    }

    /// <summary>The members <c>diff</c> and <c>reach</c>; <c>reach</c> is null when it could not be counted.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<string> lines, Reach? reach)
    {
        json.WriteStartArray("diff");
        foreach (var line in lines) json.WriteStringValue(line);
        json.WriteEndArray();
        if (reach is not { } counted)
        {
            json.WriteNull("reach");
            return;
        }

        json.WriteStartObject("reach");
        json.WriteNumber("touched", counted.Touched);
        json.WriteNumber("requests", counted.Requests);
        if (counted.Share is { } share) json.WriteNumber("share", Math.Round(share, 4));
        else json.WriteNull("share");
        json.WriteString("text", counted.ToString());
        json.WriteEndObject();
    }

    /// <summary>The members <c>diff</c> and <c>reach</c> of a review.</summary>
    public static void Write(Utf8JsonWriter json, Reviewed reviewed) => Write(json, reviewed.Diff.Changes.Select(change => change.ToString()), reviewed.Reach);
}
