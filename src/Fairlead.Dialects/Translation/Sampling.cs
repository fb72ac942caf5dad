using System.Globalization;
using Fairlead.Core.Messages;

namespace Fairlead.Dialects.Translation;

/// <summary>How <c>temperature</c> and <c>top_p</c> go to models that take neither (SEMANTICS 54).</summary>
internal static class Sampling
{
    /// <summary>Whether the value is 1: what every model does unasked, so nothing is lost without it.</summary>
    public static bool IsUnasked(Parameter parameter) => double.TryParse(parameter.Value.Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value == 1;
}
