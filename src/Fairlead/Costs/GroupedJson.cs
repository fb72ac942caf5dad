using System.Collections.Immutable;
using System.Text.Json;
using Fairlead.Core.Ledger;

namespace Fairlead.Costs;

/// <summary>What reports by groups share as JSON: their time, a row for each group, the sum of those beyond the limit, and that of everything.</summary>
internal static class GroupedJson
{
    /// <summary>A whole report.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="query">What was asked for.</param>
    /// <param name="rows">The groups.</param>
    /// <param name="others">The sum of those beyond the limit; null where there are none.</param>
    /// <param name="otherGroups">How many these are.</param>
    /// <param name="total">The sum of everything.</param>
    /// <param name="write">Writes the members of a sum.</param>
    public static void Write<T>(
        Utf8JsonWriter json, CostQuery query, IEnumerable<(ImmutableArray<string?> Values, T Sums)> rows, T? others, int otherGroups, T total, Action<Utf8JsonWriter, T> write)
        where T : class
    {
        json.WriteStartObject();
        WritePeriod(json, query);
        json.WriteStartArray("rows");
        foreach (var (values, sums) in rows)
        {
            json.WriteStartObject();
            WriteGroup(json, query, values);
            write(json, sums);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (others is null)
        {
            json.WriteNull("others");
        }
        else
        {
            json.WriteStartObject("others");
            json.WriteNumber("groups", otherGroups);
            write(json, others);
            json.WriteEndObject();
        }

        json.WriteStartObject("total");
        write(json, total);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The time that a report is about, in the zone that was asked for.</summary>
    public static void WritePeriod(Utf8JsonWriter json, CostQuery query)
    {
        json.WriteString("from", TimeZoneInfo.ConvertTime(query.From, query.Zone));
        json.WriteString("until", TimeZoneInfo.ConvertTime(query.Until, query.Zone));
        json.WriteString("timezone", query.Zone.Id);
    }

    /// <summary>Which group a row is about.</summary>
    public static void WriteGroup(Utf8JsonWriter json, CostQuery query, ImmutableArray<string?> values)
    {
        json.WriteStartObject("group");
        for (var i = 0; i < values.Length; i++) json.WriteString(query.By[i].Name, values[i]);
        json.WriteEndObject();
    }
}
