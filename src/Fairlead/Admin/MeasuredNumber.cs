using System.Text.Json;

namespace Fairlead.Admin;

/// <summary>How reports write what was measured.</summary>
internal static class MeasuredNumber
{
    /// <summary>Shares and milliseconds to six places, which is more than the histogram knows; null where nothing is known.</summary>
    public static void WriteMeasured(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known) json.WriteNumber(name, Math.Round(known, 6));
        else json.WriteNull(name);
    }
}
