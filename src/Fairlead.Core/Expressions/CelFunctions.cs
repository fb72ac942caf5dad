using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Fairlead.Core.Expressions;

internal delegate CelValue CelFunction1(ref CelFrame frame, in CelValue value);

internal delegate CelValue CelFunction2(ref CelFrame frame, in CelValue first, in CelValue second);

internal delegate CelValue CelFunctionN(ref CelFrame frame, ReadOnlySpan<CelValue> values);

/// <summary>What a function takes and gives.</summary>
internal sealed record CelSignature(ImmutableArray<CelType> Parameters, CelType Result)
{
    public override string ToString() => $"({string.Join(", ", Parameters)})";
}

/// <summary>
/// All functions or methods of one name and number of arguments. The receiver of a method counts as its first argument. What is
/// called checks the kinds of its arguments itself, so that one function serves all signatures, and values of type dyn.
/// </summary>
internal sealed class CelOverloads
{
    public required string Name { get; init; }

    public required bool IsMethod { get; init; }

    public required ImmutableArray<CelSignature> Signatures { get; init; }

    /// <summary>Exactly one of the three is there, by the number of arguments.</summary>
    public CelFunction1? One { get; init; }

    public CelFunction2? Two { get; init; }

    public CelFunctionN? Many { get; init; }

    /// <summary>The type of the result; null when the arguments fit no signature. Where an argument is dyn, any signature may be meant.</summary>
    public CelType? ResultOf(IReadOnlyCollection<CelType> arguments)
    {
        CelType? result = null;
        foreach (var signature in Signatures)
        {
            if (!signature.Parameters.Zip(arguments).All(pair => pair.Second.Fits(pair.First))) continue;
            if (!arguments.Any(argument => argument.IsDyn)) return signature.Result;
            result = result is null ? signature.Result : CelType.Join(result, signature.Result);
        }

        return result;
    }
}

/// <summary>The functions of the language: the standard's, and the texts and mathematics that are customary beside it. Immutable.</summary>
internal static class CelFunctions
{
    private static readonly FrozenDictionary<(string, bool, int), CelOverloads> All = Collect();

    /// <summary>The names of all functions, or of all methods.</summary>
    public static IEnumerable<string> Names(bool isMethod) => All.Values.Where(one => one.IsMethod == isMethod).Select(one => one.Name).Distinct();

    /// <summary>The function of that name and so many arguments, the receiver included; null when there is none.</summary>
    public static CelOverloads? Find(string name, bool isMethod, int arguments) => All.GetValueOrDefault((name, isMethod, arguments));

    /// <summary>The numbers of arguments that a name takes, the receiver included.</summary>
    public static IEnumerable<int> Arities(string name, bool isMethod) =>
        All.Keys.Where(key => key.Item1 == name && key.Item2 == isMethod).Select(key => key.Item3).Order();

    private static FrozenDictionary<(string, bool, int), CelOverloads> Collect()
    {
        var functions = new CelFunctionList();
        CelStandardFunctions.AddTo(functions);
        CelTimeFunctions.AddTo(functions);
        CelTextFunctions.AddTo(functions);
        CelMathFunctions.AddTo(functions);
        return functions.ToFrozen();
    }
}

/// <summary>Collects functions.</summary>
internal sealed class CelFunctionList
{
    private readonly Dictionary<(string, bool, int), CelOverloads> _all = [];

    public void Function(string name, CelFunction1 one, params CelSignature[] signatures) => Add(name, false, signatures, one: one);

    public void Function(string name, CelFunction2 two, params CelSignature[] signatures) => Add(name, false, signatures, two: two);

    public void Function(string name, CelFunctionN many, params CelSignature[] signatures) => Add(name, false, signatures, many: many);

    public void Method(string name, CelFunction1 one, params CelSignature[] signatures) => Add(name, true, signatures, one: one);

    public void Method(string name, CelFunction2 two, params CelSignature[] signatures) => Add(name, true, signatures, two: two);

    public void Method(string name, CelFunctionN many, params CelSignature[] signatures) => Add(name, true, signatures, many: many);

    public static CelSignature Takes(CelType parameter, CelType result) => new([parameter], result);

    public static CelSignature Takes(CelType first, CelType second, CelType result) => new([first, second], result);

    public static CelSignature Takes(CelType first, CelType second, CelType third, CelType result) => new([first, second, third], result);

    public FrozenDictionary<(string, bool, int), CelOverloads> ToFrozen() => _all.ToFrozenDictionary();

    private void Add(string name, bool isMethod, CelSignature[] signatures, CelFunction1? one = null, CelFunction2? two = null, CelFunctionN? many = null) =>
        _all.Add((name, isMethod, signatures[0].Parameters.Length), new CelOverloads { Name = name, IsMethod = isMethod, Signatures = [.. signatures], One = one, Two = two, Many = many });
}
