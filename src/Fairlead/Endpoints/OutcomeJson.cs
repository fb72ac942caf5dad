using System.Text.Json;
using Fairlead.Core.Outcomes;

namespace Fairlead.Endpoints;

/// <summary>How a reported outcome is written.</summary>
internal static class OutcomeJson
{
    /// <summary>Its members.</summary>
    public static void Write(Utf8JsonWriter json, StoredOutcome outcome)
    {
        json.WriteString("outcome", OutcomeKinds.NameOf(outcome.Kind));
        if (outcome.Value is { } value) json.WriteString("value_usd", value.ToString());
        else json.WriteNull("value_usd");
        if (outcome.Score is { } score) json.WriteNumber("score", score);
        else json.WriteNull("score");
        json.WriteString("note", outcome.Note);
        json.WriteString("reported_at", outcome.ReportedAt);
        json.WriteNumber("reports", outcome.Reports);
    }
}
