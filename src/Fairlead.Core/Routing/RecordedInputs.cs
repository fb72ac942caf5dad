using System.Buffers;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Classification;
using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// What rules have read of one request, as it is recorded: the value of each variable, and whether each search in the prompt found
/// something. No text of a prompt, of metadata the names alone, and not who the end user is.
/// </summary>
public static class RecordedInputs
{
    private const int MostTextCharacters = 128;
    private const int MostItems = 32;

    /// <summary>A JSON object; null where no rule reads anything of a request.</summary>
    public static string? Of(RequestInputs inputs, GatewaySnapshot snapshot)
    {
        var facts = inputs.Facts;
        if (!inputs.WasAsked && facts.Workload.Source == WorkloadSource.None && facts.Sensitivity.IsEmpty) return null;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (var leaf = 0; leaf < PolicyVariables.FirstOfTarget; leaf++)
            {
                if (!inputs.HasRead(leaf) || PolicyVariables.All[leaf].Name is var name && name is "caller.user" or "workload_confidence") continue;
                json.WritePropertyName(name);
                if (name == "request.metadata") WriteKeys(json, inputs.Read(leaf));
                else Write(json, inputs.Read(leaf));
            }

            for (var signal = 0; signal < snapshot.Signals.Count; signal++)
            {
                if (inputs.Found(signal) is not { Kind: not CelKind.Unknown } found) continue;
                json.WritePropertyName(snapshot.Signals.TextOf(signal));
                Write(json, found);
            }

            if (facts.Workload.Source != WorkloadSource.None)
            {
                json.WriteString("workload_source", NameOf(facts.Workload.Source));
                json.WriteNumber("workload_confidence", facts.Workload.Confidence);
            }

            if (!facts.Sensitivity.IsEmpty)
            {
                json.WriteStartObject("sensitivity_sources");
                foreach (var label in facts.Sensitivity) json.WriteString(label, inputs.ClaimedSensitivity.Contains(label) ? "caller" : "rule");
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (buffer.WrittenCount <= 2) return null; // nothing was read
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A source's name in records.</summary>
    private static string NameOf(WorkloadSource source) => source switch
    {
        WorkloadSource.Header => "header",
        WorkloadSource.Metadata => "metadata",
        WorkloadSource.Template => "template",
        WorkloadSource.Feature => "feature",
        WorkloadSource.Rule => "rule",
        _ => "structure",
    };

    private static void Write(Utf8JsonWriter json, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Bool:
                json.WriteBooleanValue(value.AsBool);
                break;
            case CelKind.Int:
                json.WriteNumberValue(value.AsInt);
                break;
            case CelKind.Double when double.IsFinite(value.AsDouble):
                json.WriteNumberValue(value.AsDouble);
                break;
            case CelKind.String:
                json.WriteStringValue(Bounded(value.AsString));
                break;
            case CelKind.List:
                json.WriteStartArray();
                for (var i = 0; i < Math.Min(value.Count, MostItems); i++) Write(json, value[i]);
                json.WriteEndArray();
                break;
            case CelKind.Map:
                json.WriteStartObject();
                foreach (var (key, item) in value.Entries.Take(MostItems))
                {
                    json.WritePropertyName(Bounded(key.AsString));
                    Write(json, item);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    /// <summary>The names of a request's own metadata: what stands under them may tell who the end user is.</summary>
    private static void WriteKeys(Utf8JsonWriter json, in CelValue metadata)
    {
        json.WriteStartArray();
        foreach (var (key, _) in metadata.Entries.Take(MostItems)) json.WriteStringValue(Bounded(key.AsString));
        json.WriteEndArray();
    }

    private static string Bounded(string text) => text.Length <= MostTextCharacters ? text : text[..MostTextCharacters];
}
