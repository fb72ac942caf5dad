using System.Text;
using static Fairlead.Core.Expressions.CelFunctionList;

namespace Fairlead.Core.Expressions;

/// <summary>
/// The customary methods of texts (https://github.com/google/cel-go/tree/master/ext#strings, 2026-11), without <c>format</c>, and
/// base64. Places count characters, not UTF-16 units. What is made anew is paid for in steps before it is made.
/// </summary>
internal static class CelTextFunctions
{
    public static void AddTo(CelFunctionList functions)
    {
        CelType text = CelType.String, place = CelType.Int, list = CelType.List(CelType.String);
        functions.Method("charAt", CharAt, Takes(text, place, text));
        functions.Method("indexOf", (ref frame, in value, in part) => IndexOf(ref frame, value, part, CelValue.Of(0L)), Takes(text, text, place));
        functions.Method("indexOf", (ref frame, values) => IndexOf(ref frame, values[0], values[1], values[2]), Takes(text, text, place, place));
        functions.Method("lastIndexOf", (ref frame, in value, in part) => LastIndexOf(ref frame, value, part, null), Takes(text, text, place));
        functions.Method("lastIndexOf", (ref frame, values) => LastIndexOf(ref frame, values[0], values[1], values[2]), Takes(text, text, place, place));
        functions.Method("substring", (ref frame, in value, in start) => Substring(ref frame, value, start, null), Takes(text, place, text));
        functions.Method("substring", (ref frame, values) => Substring(ref frame, values[0], values[1], values[2]), Takes(text, place, place, text));
        functions.Method("lowerAscii", (ref frame, in value) => Mapped(ref frame, "lowerAscii", value, static text => Cased(text, 'A', 'Z')), Takes(text, text));
        functions.Method("upperAscii", (ref frame, in value) => Mapped(ref frame, "upperAscii", value, static text => Cased(text, 'a', 'z')), Takes(text, text));
        functions.Method("trim", (ref frame, in value) => Mapped(ref frame, "trim", value, static text => text.Trim(White)), Takes(text, text));
        functions.Method("reverse", (ref frame, in value) => Mapped(ref frame, "reverse", value, Reversed), Takes(text, text));
        functions.Function("strings.quote", (ref frame, in value) => Mapped(ref frame, "strings.quote", value, Quoted), Takes(text, text));
        functions.Method("replace", (ref frame, values) => Replace(ref frame, values[0], values[1], values[2], CelValue.Of(-1L)), Takes(text, text, text, text));
        functions.Method("replace", (ref frame, values) => Replace(ref frame, values[0], values[1], values[2], values[3]), new CelSignature([text, text, text, place], text));
        functions.Method("split", (ref frame, in value, in separator) => Split(ref frame, value, separator, CelValue.Of(-1L)), Takes(text, text, list));
        functions.Method("split", (ref frame, values) => Split(ref frame, values[0], values[1], values[2]), Takes(text, text, place, list));
        functions.Method("join", (ref frame, in value) => Join(ref frame, value, CelValue.Of("")), Takes(list, text));
        functions.Method("join", Join, Takes(list, text, text));
        functions.Function("base64.encode", Encode, Takes(CelType.Bytes, text));
        functions.Function("base64.decode", Decode, Takes(text, CelType.Bytes));
    }

    /// <summary>White space by Unicode's property, which leaves out what only has no width.</summary>
    private static readonly char[] White = [.. Enumerable.Range(0, 0x10000).Select(code => (char)code).Where(char.IsWhiteSpace)];

    private static CelValue OutOfSteps => CelValue.Error(CelFrame.OutOfSteps);

    private static CelValue Mapped(ref CelFrame frame, string name, in CelValue value, Func<string, string> map)
    {
        if (value.Kind != CelKind.String) return CelStandardFunctions.NoOverload(name, value);
        return frame.Spend(value.AsString.Length >> 6) ? CelValue.Of(map(value.AsString)) : OutOfSteps;
    }

    private static string Cased(string text, char first, char last) =>
        string.Create(text.Length, (text, first, last), static (cased, from) =>
        {
            for (var i = 0; i < cased.Length; i++) cased[i] = from.text[i] >= from.first && from.text[i] <= from.last ? (char)(from.text[i] ^ 0x20) : from.text[i];
        });

    private static string Reversed(string text)
    {
        var reversed = new StringBuilder(text.Length);
        for (var at = text.Length - 1; at >= 0; at--)
        {
            if (at > 0 && char.IsSurrogatePair(text[at - 1], text[at])) reversed.Append(text[--at]).Append(text[at + 1]);
            else reversed.Append(text[at]);
        }

        return reversed.ToString();
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var character in text)
        {
            _ = character switch
            {
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\v' => quoted.Append("\\v"),
                '\\' or '"' => quoted.Append('\\').Append(character),
                _ => quoted.Append(character),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>The UTF-16 unit at which a character begins; -1 when there is none, the end being one.</summary>
    private static int UnitOf(string text, long place)
    {
        if (place < 0 || place > text.Length) return -1;
        var unit = 0;
        for (; place > 0 && unit < text.Length; place--) unit += char.IsSurrogatePair(text, unit) ? 2 : 1;
        return place == 0 ? unit : -1;
    }

    private static CelValue NoPlace => CelValue.Error("there is no such place in the text");

    private static CelValue CharAt(ref CelFrame frame, in CelValue value, in CelValue place)
    {
        if (value.Kind != CelKind.String || place.Kind != CelKind.Int) return CelStandardFunctions.NoOverload("charAt", value.Kind == CelKind.String ? place : value);
        var text = value.AsString;
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var unit = UnitOf(text, place.AsInt);
        if (unit < 0) return NoPlace;
        return CelValue.Of(unit == text.Length ? "" : text.Substring(unit, char.IsSurrogatePair(text, unit) ? 2 : 1));
    }

    private static CelValue IndexOf(ref CelFrame frame, in CelValue value, in CelValue part, in CelValue from)
    {
        if (value.Kind != CelKind.String || part.Kind != CelKind.String || from.Kind != CelKind.Int) return CelStandardFunctions.NoOverload("indexOf", value.Kind != CelKind.String ? value : part.Kind != CelKind.String ? part : from);
        var text = value.AsString;
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var unit = UnitOf(text, from.AsInt);
        if (unit < 0) return NoPlace;
        var found = text.IndexOf(part.AsString, unit, StringComparison.Ordinal);
        return CelValue.Of(found < 0 ? -1 : CelStandardFunctions.CodePoints(text.AsSpan(0, found)));
    }

    private static CelValue LastIndexOf(ref CelFrame frame, in CelValue value, in CelValue part, CelValue? from)
    {
        if (value.Kind != CelKind.String || part.Kind != CelKind.String || from is { Kind: not CelKind.Int }) return CelStandardFunctions.NoOverload("lastIndexOf", value.Kind != CelKind.String ? value : part.Kind != CelKind.String ? part : from!.Value);
        var text = value.AsString;
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var unit = from is { } place ? UnitOf(text, place.AsInt) : text.Length;
        if (unit < 0) return NoPlace;
        var end = (int)Math.Min(text.Length, (long)unit + part.AsString.Length);
        var found = text.AsSpan(0, end).LastIndexOf(part.AsString, StringComparison.Ordinal);
        return CelValue.Of(found < 0 ? -1 : CelStandardFunctions.CodePoints(text.AsSpan(0, found)));
    }

    private static CelValue Substring(ref CelFrame frame, in CelValue value, in CelValue start, CelValue? end)
    {
        if (value.Kind != CelKind.String || start.Kind != CelKind.Int || end is { Kind: not CelKind.Int }) return CelStandardFunctions.NoOverload("substring", value.Kind != CelKind.String ? value : start.Kind != CelKind.Int ? start : end!.Value);
        var text = value.AsString;
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var first = UnitOf(text, start.AsInt);
        if (first < 0) return NoPlace;
        var last = end is { } place ? UnitOf(text, place.AsInt) : text.Length;
        return last < first ? NoPlace : CelValue.Of(text[first..last]);
    }

    /// <param name="limit">How many are replaced; all when it is below zero.</param>
    private static CelValue Replace(ref CelFrame frame, in CelValue value, in CelValue old, in CelValue replacement, in CelValue limit)
    {
        if (value.Kind != CelKind.String || old.Kind != CelKind.String || replacement.Kind != CelKind.String || limit.Kind != CelKind.Int) return CelValue.Error("'replace' takes texts, and how many as an int");
        var (text, sought, put) = (value.AsString, old.AsString, replacement.AsString);
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var replaced = new StringBuilder();
        var done = 0;
        var at = 0;
        while ((limit.AsInt < 0 || done < limit.AsInt) && text.IndexOf(sought, at, StringComparison.Ordinal) is >= 0 and var found)
        {
            // An empty text stands before every character and at the end.
            if (!frame.Spend(1 + (put.Length >> 6))) return OutOfSteps;
            var kept = sought.Length == 0 && done > 0 ? Math.Min(text.Length, at + (char.IsSurrogatePair(text, Math.Min(at, text.Length - 1)) ? 2 : 1)) : found;
            replaced.Append(text, at, kept - at).Append(put);
            at = kept + sought.Length;
            done++;
            if (sought.Length == 0 && at == text.Length) break;
        }

        return CelValue.Of(replaced.Append(text, at, text.Length - at).ToString());
    }

    /// <param name="limit">The most parts; any number when it is below zero.</param>
    private static CelValue Split(ref CelFrame frame, in CelValue value, in CelValue separator, in CelValue limit)
    {
        if (value.Kind != CelKind.String || separator.Kind != CelKind.String || limit.Kind != CelKind.Int) return CelValue.Error("'split' takes texts, and how many as an int");
        var (text, between) = (value.AsString, separator.AsString);
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var parts = new List<string>();
        if (limit.AsInt == 0) return CelValue.Of(parts);
        var at = 0;
        while (at < text.Length && (limit.AsInt < 0 || parts.Count < limit.AsInt - 1))
        {
            var found = between.Length == 0 ? at + (char.IsSurrogatePair(text, at) ? 2 : 1) : text.IndexOf(between, at, StringComparison.Ordinal);
            if (found < 0 || (between.Length == 0 && found >= text.Length)) break;
            if (!frame.Spend(1)) return OutOfSteps;
            parts.Add(text[at..found]);
            at = found + between.Length;
        }

        if (between.Length > 0 || at < text.Length) parts.Add(text[at..]);
        return CelValue.Of(parts);
    }

    private static CelValue Join(ref CelFrame frame, in CelValue value, in CelValue separator)
    {
        if (value.Kind != CelKind.List || separator.Kind != CelKind.String) return CelStandardFunctions.NoOverload("join", value.Kind == CelKind.List ? separator : value);
        var joined = new StringBuilder();
        for (var i = 0; i < value.Count; i++)
        {
            var member = value[i];
            if (member.Kind != CelKind.String) return CelStandardFunctions.NoOverload("join", member);
            if (!frame.Spend(1 + ((member.AsString.Length + separator.AsString.Length) >> 6))) return OutOfSteps;
            if (i > 0) joined.Append(separator.AsString);
            joined.Append(member.AsString);
        }

        return CelValue.Of(joined.ToString());
    }

    private static CelValue Encode(ref CelFrame frame, in CelValue value)
    {
        if (value.Kind != CelKind.Bytes) return CelStandardFunctions.NoOverload("base64.encode", value);
        return frame.Spend(value.AsBytes.Length >> 6) ? CelValue.Of(Convert.ToBase64String(value.AsBytes)) : OutOfSteps;
    }

    private static CelValue Decode(ref CelFrame frame, in CelValue value)
    {
        if (value.Kind != CelKind.String) return CelStandardFunctions.NoOverload("base64.decode", value);
        var text = value.AsString.TrimEnd('=');
        if (!frame.Spend(text.Length >> 6)) return OutOfSteps;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var written)
            ? CelValue.OfBytes(bytes[..written])
            : CelValue.Error("the text is not base64");
    }
}
