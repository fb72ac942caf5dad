using System.Globalization;
using System.Text;
using static Fairlead.Core.Expressions.CelFunctionList;

namespace Fairlead.Core.Expressions;

/// <summary>The standard's functions of texts, sizes and conversions.</summary>
internal static class CelStandardFunctions
{
    private const double TwoTo63 = 9223372036854775808.0;
    private const double TwoTo64 = 18446744073709551616.0;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static void AddTo(CelFunctionList functions)
    {
        CelType text = CelType.String, bytes = CelType.Bytes, integer = CelType.Int, unsigned = CelType.Uint, number = CelType.Double, any = CelType.Dyn;
        CelSignature[] sizes = [Takes(text, integer), Takes(bytes, integer), Takes(CelType.List(any), integer), Takes(CelType.Map(any, any), integer)];
        functions.Function("size", Size, sizes);
        functions.Method("size", Size, sizes);
        functions.Method("startsWith", StartsWith, Takes(text, text, CelType.Bool));
        functions.Method("endsWith", EndsWith, Takes(text, text, CelType.Bool));
        functions.Method("contains", Contains, Takes(text, text, CelType.Bool));
        functions.Method("matches", Matches, Takes(text, text, CelType.Bool));
        functions.Function("matches", Matches, Takes(text, text, CelType.Bool));
        functions.Function("dyn", (ref _, in value) => value, Takes(any, any));
        functions.Function("type", (ref _, in value) => CelValue.OfType(CelType.NameOf(value)), Takes(any, CelType.Type));
        functions.Function("int", ToInt, Takes(integer, integer), Takes(unsigned, integer), Takes(number, integer), Takes(text, integer), Takes(CelType.Timestamp, integer));
        functions.Function("uint", ToUint, Takes(unsigned, unsigned), Takes(integer, unsigned), Takes(number, unsigned), Takes(text, unsigned));
        functions.Function("double", ToDouble, Takes(number, number), Takes(integer, number), Takes(unsigned, number), Takes(text, number));
        functions.Function("bool", ToBool, Takes(CelType.Bool, CelType.Bool), Takes(text, CelType.Bool));
        functions.Function("bytes", ToBytes, Takes(bytes, bytes), Takes(text, bytes));
        functions.Function("string", ToText, Takes(text, text), Takes(integer, text), Takes(unsigned, text), Takes(number, text), Takes(CelType.Bool, text), Takes(bytes, text), Takes(CelType.Timestamp, text), Takes(CelType.Duration, text));
        functions.Function("timestamp", ToTimestamp, Takes(CelType.Timestamp, CelType.Timestamp), Takes(text, CelType.Timestamp), Takes(integer, CelType.Timestamp));
        functions.Function("duration", ToDuration, Takes(CelType.Duration, CelType.Duration), Takes(text, CelType.Duration));
    }

    /// <summary>The error of a function that was given, as dyn, what it does not take.</summary>
    public static CelValue NoOverload(string name, in CelValue value) => CelValue.Error($"'{name}' does not take {CelType.NameOf(value)}");

    private static CelValue NoOverload(string name, in CelValue first, in CelValue second) =>
        CelValue.Error($"'{name}' does not take {CelType.NameOf(first)} and {CelType.NameOf(second)}");

    private static CelValue Size(ref CelFrame frame, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.String:
                if (!SpendOn(ref frame, value.AsString)) return CelValue.Error(CelFrame.OutOfSteps);
                return CelValue.Of(CodePoints(value.AsString));
            case CelKind.Bytes: return CelValue.Of((long)value.AsBytes.Length);
            case CelKind.List or CelKind.Map: return CelValue.Of((long)value.Count);
            default: return NoOverload("size", value);
        }
    }

    /// <summary>Characters, not UTF-16 units.</summary>
    public static long CodePoints(ReadOnlySpan<char> text)
    {
        long count = text.Length;
        for (var at = text.IndexOfAnyInRange('\uD800', '\uDBFF'); at >= 0 && at < text.Length - 1; at++)
        {
            if (char.IsSurrogatePair(text[at], text[at + 1])) count--;
        }

        return count;
    }

    /// <summary>What it costs to walk through a text once.</summary>
    public static bool SpendOn(ref CelFrame frame, string text) => frame.Spend(text.Length >> 10);

    private static CelValue StartsWith(ref CelFrame frame, in CelValue first, in CelValue second) =>
        first.Kind == CelKind.String && second.Kind == CelKind.String ? CelValue.Of(first.AsString.StartsWith(second.AsString, StringComparison.Ordinal)) : NoOverload("startsWith", first, second);

    private static CelValue EndsWith(ref CelFrame frame, in CelValue first, in CelValue second) =>
        first.Kind == CelKind.String && second.Kind == CelKind.String ? CelValue.Of(first.AsString.EndsWith(second.AsString, StringComparison.Ordinal)) : NoOverload("endsWith", first, second);

    private static CelValue Contains(ref CelFrame frame, in CelValue first, in CelValue second)
    {
        if (first.Kind != CelKind.String || second.Kind != CelKind.String) return NoOverload("contains", first, second);
        return SpendOn(ref frame, first.AsString) ? CelValue.Of(first.AsString.Contains(second.AsString, StringComparison.Ordinal)) : CelValue.Error(CelFrame.OutOfSteps);
    }

    /// <summary>With a pattern that is only known now; one that stands in the rule is compiled with it.</summary>
    private static CelValue Matches(ref CelFrame frame, in CelValue first, in CelValue second)
    {
        if (first.Kind != CelKind.String || second.Kind != CelKind.String) return NoOverload("matches", first, second);
        if (!frame.Spend(CelPattern.StepsToCompile)) return CelValue.Error(CelFrame.OutOfSteps);
        return CelPattern.TryCompile(second.AsString, out var pattern, out _) ? pattern.IsIn(ref frame, first.AsString) : CelValue.Error("the text is no pattern that 'matches' takes");
    }

    private static CelValue ToInt(ref CelFrame frame, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Int: return value;
            case CelKind.Uint: return value.AsUint <= long.MaxValue ? CelValue.Of((long)value.AsUint) : DoesNotFit(value, "an int");
            case CelKind.Double: return value.Number is > -TwoTo63 and < TwoTo63 ? CelValue.Of((long)value.Number) : DoesNotFit(value, "an int");
            case CelKind.Timestamp: return CelValue.Of(value.Bits);
            case CelKind.String:
                return long.TryParse(value.AsString, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? CelValue.Of(whole) : DoesNotFit(value, "an int");
            default: return NoOverload("int", value);
        }
    }

    private static CelValue ToUint(ref CelFrame frame, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Uint: return value;
            case CelKind.Int: return value.Bits >= 0 ? CelValue.OfUint((ulong)value.Bits) : DoesNotFit(value, "a uint");
            case CelKind.Double: return value.Number is >= 0 and < TwoTo64 ? CelValue.OfUint((ulong)value.Number) : DoesNotFit(value, "a uint");
            case CelKind.String:
                return ulong.TryParse(value.AsString, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? CelValue.OfUint(whole) : DoesNotFit(value, "a uint");
            default: return NoOverload("uint", value);
        }
    }

    private static CelValue ToDouble(ref CelFrame frame, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Double: return value;
            case CelKind.Int or CelKind.Uint: return CelValue.Of(CelOrder.AsNumber(value));
            case CelKind.String:
                const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
                return double.TryParse(value.AsString, Styles, CultureInfo.InvariantCulture, out var number) ? CelValue.Of(number) : DoesNotFit(value, "a double");
            default: return NoOverload("double", value);
        }
    }

    private static CelValue ToBool(ref CelFrame frame, in CelValue value) => value.Kind switch
    {
        CelKind.Bool => value,
        CelKind.String when value.AsString is "true" or "TRUE" or "True" or "t" or "1" => CelValue.Of(true),
        CelKind.String when value.AsString is "false" or "FALSE" or "False" or "f" or "0" => CelValue.Of(false),
        CelKind.String => DoesNotFit(value, "a bool"),
        _ => NoOverload("bool", value),
    };

    private static CelValue ToBytes(ref CelFrame frame, in CelValue value)
    {
        if (value.Kind == CelKind.Bytes) return value;
        if (value.Kind != CelKind.String) return NoOverload("bytes", value);
        return frame.Spend(value.AsString.Length >> 6) ? CelValue.OfBytes(Encoding.UTF8.GetBytes(value.AsString)) : CelValue.Error(CelFrame.OutOfSteps);
    }

    private static CelValue ToText(ref CelFrame frame, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.String: return value;
            case CelKind.Int: return CelValue.Of(value.Bits.ToString(CultureInfo.InvariantCulture));
            case CelKind.Uint: return CelValue.Of(value.AsUint.ToString(CultureInfo.InvariantCulture));
            case CelKind.Double: return CelValue.Of(CelValue.Text(value.Number));
            case CelKind.Bool: return CelValue.Of(value.IsTrue ? "true" : "false");
            case CelKind.Timestamp: return CelValue.Of(CelTime.Text(value));
            case CelKind.Duration: return CelValue.Of(CelTime.DurationText(value.Bits));
            case CelKind.Bytes:
                if (!frame.Spend(value.AsBytes.Length >> 6)) return CelValue.Error(CelFrame.OutOfSteps);
                try
                {
                    return CelValue.Of(Strict.GetString(value.AsBytes));
                }
                catch (DecoderFallbackException)
                {
                    return CelValue.Error("the bytes are not UTF-8");
                }

            default: return NoOverload("string", value);
        }
    }

    private static CelValue ToTimestamp(ref CelFrame frame, in CelValue value) => value.Kind switch
    {
        CelKind.Timestamp => value,
        CelKind.Int => CelTime.Timestamp(value.Bits, 0),
        CelKind.String => CelTime.ParseTimestamp(value.AsString),
        _ => NoOverload("timestamp", value),
    };

    private static CelValue ToDuration(ref CelFrame frame, in CelValue value) => value.Kind switch
    {
        CelKind.Duration => value,
        CelKind.String => CelTime.ParseDuration(value.AsString),
        _ => NoOverload("duration", value),
    };

    private static CelValue DoesNotFit(in CelValue value, string type) => CelValue.Error($"{KindOf(value)} does not fit {type}");

    private static string KindOf(in CelValue value) => value.Kind switch
    {
        CelKind.String => "a text",
        CelKind.Int => "an int",
        _ => "a " + CelType.NameOf(value),
    };
}
