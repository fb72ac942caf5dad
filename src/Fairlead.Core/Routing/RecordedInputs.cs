using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Configuration;
using Fairlead.Core.Classification;
using Fairlead.Core.Expressions;
using Fairlead.Core.Policy;

namespace Fairlead.Core.Routing;

/// <summary>
/// What the rules of a configuration read of one request, as it is recorded: the value of each variable that some rule names, and whether
/// each search in the prompt found something. No text of a prompt, and not who the end user is.
/// </summary>
public static class RecordedInputs
{
    private const int MostTextCharacters = 128;
    private const int MostItems = 32;

    private static readonly ConditionalWeakTable<GatewaySnapshot, Reading> Readings = new();

    /// <summary>A JSON object; null where no rule reads anything of a request.</summary>
    public static string? Of(RequestInputs inputs, GatewaySnapshot snapshot)
    {
        var reading = Readings.GetValue(snapshot, static snapshot => new Reading(snapshot));
        var facts = inputs.Facts;
        if (reading.IsEmpty && facts.Workload.Source == WorkloadSource.None && facts.Sensitivity.IsEmpty) return null;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var leaf in reading.Leaves)
            {
                json.WritePropertyName(PolicyVariables.All[leaf].Name);
                Write(json, inputs.Read(leaf));
            }

            for (var signal = 0; signal < snapshot.Signals.Count; signal++)
            {
                json.WritePropertyName(snapshot.Signals.TextOf(signal));
                Write(json, inputs.Signal(signal));
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

    private static string Bounded(string text) => text.Length <= MostTextCharacters ? text : text[..MostTextCharacters];

    /// <summary>The variables of a request that the rules of a configuration name.</summary>
    private sealed class Reading
    {
        public Reading(GatewaySnapshot snapshot)
        {
            Leaves =
            [
                .. snapshot.Rules().SelectMany(rule => rule.Expression.Leaves).Distinct().Order()
                    .Where(leaf => leaf < PolicyVariables.FirstOfTarget && PolicyVariables.All[leaf].Name is not ("caller.user" or "workload_confidence")),
            ];
            IsEmpty = Leaves.IsEmpty && snapshot.Signals.Count == 0;
        }

        public ImmutableArray<int> Leaves { get; }

        public bool IsEmpty { get; }
    }
}
