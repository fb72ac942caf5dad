using System.Globalization;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>Values of <c>temperature</c> and <c>top_p</c> (SEMANTICS 54).</summary>
internal static class Sampling
{
    /// <summary>The number; null when it is none.</summary>
    public static double? Value(Parameter parameter) => double.TryParse(parameter.Value.Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>Whether the value is 1: what every model does unasked, so nothing is lost without it.</summary>
    public static bool IsUnasked(Parameter parameter) => Value(parameter) == 1;
}
