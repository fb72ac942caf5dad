using static Fairlead.Core.Expressions.CelFunctionList;

namespace Fairlead.Core.Expressions;

/// <summary>The customary mathematics (https://github.com/google/cel-go/tree/master/ext#math, 2026-11).</summary>
internal static class CelMathFunctions
{
    private const int MostCompared = 8;

    private static readonly CelType[] Numbers = [CelType.Int, CelType.Uint, CelType.Double];

    public static void AddTo(CelFunctionList functions)
    {
        AddExtreme(functions, "math.greatest", 1);
        AddExtreme(functions, "math.least", -1);
        AddRounding(functions, "math.ceil", Math.Ceiling);
        AddRounding(functions, "math.floor", Math.Floor);
        AddRounding(functions, "math.round", number => Math.Round(number, MidpointRounding.AwayFromZero));
        AddRounding(functions, "math.trunc", Math.Truncate);
        AddRounding(functions, "math.sqrt", Math.Sqrt);
        AddQuestion(functions, "math.isNaN", double.IsNaN);
        AddQuestion(functions, "math.isInf", double.IsInfinity);
        AddQuestion(functions, "math.isFinite", double.IsFinite);
        CelSignature[] same = [.. Numbers.Select(number => Takes(number, number))];
        functions.Function("math.abs", Abs, same);
        functions.Function("math.sign", Sign, same);
        AddBits(functions, "math.bitAnd", (left, right) => left & right);
        AddBits(functions, "math.bitOr", (left, right) => left | right);
        AddBits(functions, "math.bitXor", (left, right) => left ^ right);
        functions.Function("math.bitNot", (ref _, in value) => IsWhole(value) ? Whole(value.Kind, ~value.Bits) : CelStandardFunctions.NoOverload("math.bitNot", value), [.. same.Take(2)]);
        AddShift(functions, "math.bitShiftLeft", (bits, by) => bits << by);
        AddShift(functions, "math.bitShiftRight", (bits, by) => bits >>> by);
    }

    private static bool IsWhole(in CelValue value) => value.Kind is CelKind.Int or CelKind.Uint;

    private static CelValue Whole(CelKind kind, long bits) => kind == CelKind.Int ? CelValue.Of(bits) : CelValue.OfUint(unchecked((ulong)bits));

    /// <param name="sign">The sign of the order by which a number takes the place of another: the first of equals stays.</param>
    private static void AddExtreme(CelFunctionList functions, string name, int sign)
    {
        functions.Function(name, (ref frame, in value) =>
        {
            if (value.Kind != CelKind.List) return value.IsNumber ? value : CelStandardFunctions.NoOverload(name, value);
            if (value.Count == 0) return CelValue.Error($"'{name}' takes at least one number");
            if (!frame.Spend(value.Count)) return CelValue.Error(CelFrame.OutOfSteps);
            var members = new CelValue[value.Count];
            for (var i = 0; i < members.Length; i++) members[i] = value[i];
            return Extreme(name, members, sign);
        }, [.. Numbers.Select(number => Takes(number, number)), .. Numbers.Select(number => Takes(CelType.List(number), number))]);
        for (var count = 2; count <= MostCompared; count++)
        {
            var arguments = count;
            CelSignature[] signatures =
            [
                .. Numbers.Select(number => new CelSignature([.. Enumerable.Repeat(number, arguments)], number)),
                new CelSignature([.. Enumerable.Repeat(CelType.Dyn, arguments)], CelType.Dyn),
            ];
            if (count == 2) functions.Function(name, (ref _, in first, in second) => Extreme(name, [first, second], sign), signatures);
            else functions.Function(name, (ref _, values) => Extreme(name, values, sign), signatures);
        }
    }

    private static CelValue Extreme(string name, ReadOnlySpan<CelValue> values, int sign)
    {
        var best = values[0];
        foreach (var value in values)
        {
            if (!value.IsNumber) return CelStandardFunctions.NoOverload(name, value);
            var order = CelOrder.CompareNumbers(value, best);
            if (order != CelOrder.Unordered && order * sign > 0) best = value;
        }

        return best;
    }

    private static void AddRounding(CelFunctionList functions, string name, Func<double, double> round) =>
        functions.Function(name, (ref _, in value) => value.Kind == CelKind.Double ? CelValue.Of(round(value.AsDouble)) : CelStandardFunctions.NoOverload(name, value), Takes(CelType.Double, CelType.Double));

    private static void AddQuestion(CelFunctionList functions, string name, Func<double, bool> question) =>
        functions.Function(name, (ref _, in value) => value.Kind == CelKind.Double ? CelValue.Of(question(value.AsDouble)) : CelStandardFunctions.NoOverload(name, value), Takes(CelType.Double, CelType.Bool));

    private static CelValue Abs(ref CelFrame frame, in CelValue value) => value.Kind switch
    {
        CelKind.Uint => value,
        CelKind.Double => CelValue.Of(Math.Abs(value.AsDouble)),
        CelKind.Int => value.AsInt == long.MinValue ? CelValue.Error("the integer does not fit 64 bits") : CelValue.Of(Math.Abs(value.AsInt)),
        _ => CelStandardFunctions.NoOverload("math.abs", value),
    };

    private static CelValue Sign(ref CelFrame frame, in CelValue value) => value.Kind switch
    {
        CelKind.Uint => CelValue.OfUint(value.AsUint == 0 ? 0UL : 1UL),
        CelKind.Double => double.IsNaN(value.AsDouble) ? value : CelValue.Of((double)Math.Sign(value.AsDouble)),
        CelKind.Int => CelValue.Of((long)Math.Sign(value.AsInt)),
        _ => CelStandardFunctions.NoOverload("math.sign", value),
    };

    private static void AddBits(CelFunctionList functions, string name, Func<long, long, long> join) =>
        functions.Function(name, (ref _, in left, in right) => IsWhole(left) && left.Kind == right.Kind ? Whole(left.Kind, join(left.Bits, right.Bits)) : CelStandardFunctions.NoOverload(name, IsWhole(left) ? right : left), Takes(CelType.Int, CelType.Int, CelType.Int), Takes(CelType.Uint, CelType.Uint, CelType.Uint));

    private static void AddShift(CelFunctionList functions, string name, Func<long, int, long> shift) =>
        functions.Function(name, (ref _, in value, in by) =>
        {
            if (!IsWhole(value) || by.Kind != CelKind.Int) return CelStandardFunctions.NoOverload(name, IsWhole(value) ? by : value);
            if (by.AsInt < 0) return CelValue.Error($"'{name}' shifts by 0 or more");
            return Whole(value.Kind, by.AsInt > 63 ? 0 : shift(value.Bits, (int)by.AsInt));
        }, Takes(CelType.Int, CelType.Int, CelType.Int), Takes(CelType.Uint, CelType.Int, CelType.Uint));
}
