using Fairlead.Core.Expressions.Nodes;
using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions;

/// <summary>Macros: calls whose arguments are parts to evaluate, with variables of their own.</summary>
internal sealed partial class CelCompiler
{
    private static readonly string[] MacroNames = ["all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap"];

    /// <summary>The macro of a call; null when it is none.</summary>
    private CelNode? Macro(CelSyntax.Call call)
    {
        var arguments = call.Arguments.Length;
        var variables = (call.Function, arguments) switch
        {
            ("all" or "exists" or "exists_one" or "existsOne" or "filter" or "map", 2) or ("map", 3) => 1,
            ("all" or "exists" or "existsOne" or "transformList" or "transformMap", 3) or ("transformList" or "transformMap", 4) => 2,
            _ => 0,
        };
        if (variables == 0) return null;
        for (var i = 0; i < variables; i++)
        {
            if (call.Arguments[i] is not CelSyntax.Name { IsAbsolute: false })
            {
                var at = call.Arguments[i];
                return Wrong(call, at.Offset, at.End - at.Offset, $"'{call.Function}' takes the name of a variable here");
            }
        }

        var range = Compile(call.Target!);
        if (range.Type.Kind is not (CelKind.Unknown or CelKind.List or CelKind.Map)) Report(call.Target!, $"'{call.Function}' goes over a list or a map, not over {range.Type}");
        var (first, second) = VariablesOf(range.Type, variables);
        var slots = Enter(((CelSyntax.Name)call.Arguments[0]).Text, first, variables == 2 ? ((CelSyntax.Name)call.Arguments[1]).Text : null, second);
        var bodies = Compile(call.Arguments[variables..]);
        _locals.RemoveRange(slots.First, _locals.Count - slots.First);

        var test = call.Function is "map" or "transformList" or "transformMap" ? bodies.Length - 2 : 0;
        if (test == 0 && !bodies[0].Type.Fits(CelType.Bool)) Report(call.Arguments[variables], $"'{call.Function}' takes a bool here, not {bodies[0].Type}");
        return MacroOf(call.Function, range, slots, bodies).At(call.Offset, call.End, TypeOf(call.Function, range.Type, first, bodies[^1].Type));
    }

    private static CelNode MacroOf(string function, CelNode range, MacroSlots slots, CelNode[] bodies) => function switch
    {
        "all" or "exists" => new QuantifierNode(range, slots, bodies[0], isAll: function == "all"),
        "exists_one" or "existsOne" => new ExistsOneNode(range, slots, bodies[0]),
        "filter" => new CollectNode(range, slots, bodies[0], transform: null),
        "transformMap" => new CollectMapNode(range, slots, bodies.Length == 2 ? bodies[0] : null, bodies[^1]),
        _ => new CollectNode(range, slots, bodies.Length == 2 ? bodies[0] : null, bodies[^1]),
    };

    private static CelType TypeOf(string function, CelType range, CelType first, CelType body) => function switch
    {
        "filter" => CelType.List(first),
        "map" or "transformList" => CelType.List(body),
        "transformMap" => CelType.Map(range.Kind == CelKind.Map ? range.Key! : range.Kind == CelKind.List ? CelType.Int : CelType.Dyn, body),
        _ => CelType.Bool,
    };

    /// <summary>One variable is a member or a key; two are a place and a member, or a key and a value.</summary>
    private static (CelType First, CelType Second) VariablesOf(CelType range, int variables) => range.Kind switch
    {
        CelKind.List => variables == 1 ? (range.Element!, CelType.Dyn) : (CelType.Int, range.Element!),
        CelKind.Map => (range.Key!, range.Element!),
        _ => (CelType.Dyn, CelType.Dyn),
    };

    private MacroSlots Enter(string first, CelType firstType, string? second, CelType secondType)
    {
        var slot = _locals.Count;
        _locals.Add((first, firstType));
        if (second is not null) _locals.Add((second, secondType));
        Slots = Math.Max(Slots, _locals.Count);
        return new MacroSlots(slot, second is null ? -1 : slot + 1);
    }

    private CelNode Bind(CelSyntax.Call call)
    {
        if (call.Arguments is not [CelSyntax.Name { IsAbsolute: false } name, var written, var body]) return Wrong(call, call.NameOffset, call.Function.Length, "'cel.bind' takes a name, its value and the part that uses it");
        var value = Compile(written);
        var slots = Enter(name.Text, value.Type, null, CelType.Dyn);
        var result = Compile(body);
        _locals.RemoveAt(slots.First);
        return new BindNode(slots.First, value, result).At(call.Offset, call.End, result.Type);
    }
}
