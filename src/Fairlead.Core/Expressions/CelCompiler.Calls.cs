using System.Collections.Immutable;
using Fairlead.Core.Configuration;
using Fairlead.Core.Expressions.Nodes;
using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions;

/// <summary>Calls: signals first, then macros, then functions and methods.</summary>
internal sealed partial class CelCompiler
{
    private CelNode Call(CelSyntax.Call call)
    {
        if (call.Target is null) return call.Function == "has" ? Has(call) : Function(call, call.Function, isMethod: false, Compile(call.Arguments), call.Arguments);
        if (Dotted(call.Target) is { } receiver)
        {
            if (_declarations.LaterOf($"{receiver}.{call.Function}") is { } words) return Wrong(call, call.Offset, call.NameOffset + call.Function.Length - call.Offset, $"'{receiver}.{call.Function}' {words}");
            if (_declarations.SignalOf(receiver, call.Function) is { } argument) return Signal(call, receiver, argument);
            if (IsObject(call.Target)) return UnknownMethod(call, receiver);
            var name = $"{receiver}.{call.Function}";
            if (name == "cel.bind") return Bind(call);
            if (CelFunctions.Arities(name, isMethod: false).Any()) return Function(call, name, isMethod: false, Compile(call.Arguments), call.Arguments);
        }

        if (Macro(call) is { } macro) return macro;
        return Function(call, call.Function, isMethod: true, [Compile(call.Target), .. Compile(call.Arguments)], [call.Target, .. call.Arguments]);
    }

    private CelNode UnknownMethod(CelSyntax.Call call, string receiver)
    {
        var isMember = _declarations.LeafOf($"{receiver}.{call.Function}") >= 0;
        var message = isMember ? $"'{call.Function}' is a value of '{receiver}', not a method" : $"no method is named {Words.Quote(call.Function)}";
        return Wrong(call, call.NameOffset, call.Function.Length, message, isMember ? null : Words.Nearest(call.Function, _declarations.SignalsOf(receiver)));
    }

    private CelNode Signal(CelSyntax.Call call, string receiver, CelType due)
    {
        if (call.Arguments is not [var written]) return Wrong(call, call.NameOffset, call.Function.Length, $"'{call.Function}' takes 1 argument, not {call.Arguments.Length}");
        var argument = Compile(written);
        if (argument.Type.IsDyn && argument is FailNode) return argument;
        if (!argument.Type.Fits(due)) return Wrong(call, written.Offset, written.End - written.Offset, $"'{call.Function}' takes {due}, not {argument.Type}");
        if (argument is not ConstantNode constant || !Holds(due, constant.Value)) return Wrong(call, written.Offset, written.End - written.Offset, $"'{call.Function}' takes a literal {due}");
        try
        {
            var number = _signals.Register(new CelSignalCall(receiver, call.Function, constant.Value, _source[call.Offset..call.End]));
            return new SignalNode(number).At(call.Offset, call.End, CelType.Bool);
        }
        catch (FormatException refused)
        {
            return Wrong(call, written.Offset, written.End - written.Offset, refused.Message);
        }
    }

    /// <summary>Whether a value has a type throughout: the checker lets members of type dyn pass.</summary>
    private static bool Holds(CelType type, CelValue value) => type.Kind switch
    {
        CelKind.Unknown => true,
        CelKind.List => value.Kind == CelKind.List && Enumerable.Range(0, value.Count).All(i => Holds(type.Element!, value[i])),
        CelKind.Map => value.Kind == CelKind.Map && value.Entries.All(entry => Holds(type.Key!, entry.Key) && Holds(type.Element!, entry.Value)),
        _ => value.Kind == type.Kind,
    };

    private CelNode Function(CelSyntax.Call call, string name, bool isMethod, CelNode[] arguments, ImmutableArray<CelSyntax> written)
    {
        if (CelFunctions.Find(name, isMethod, arguments.Length) is not { } overloads) return NoFunction(call, name, isMethod, arguments.Length);
        var given = new CelSignature([.. arguments.Select(argument => argument.Type)], CelType.Dyn);
        var type = overloads.ResultOf(given.Parameters);
        if (type is null)
        {
            Report(call.NameOffset, call.Function.Length, $"'{name}' takes {string.Join(" or ", overloads.Signatures.AsEnumerable())}, not {given}");
        }

        if (name == "matches" && arguments is [_, ConstantNode { Value.Kind: CelKind.String } pattern])
        {
            if (CelPattern.TryCompile(pattern.Value.AsString, out var compiled, out var problem)) return Fold(new MatchesNode(arguments[0], compiled).At(call.Offset, call.End, CelType.Bool));
            return Wrong(call, written[1].Offset, written[1].End - written[1].Offset, problem);
        }

        CelNode node = overloads switch
        {
            { One: { } one } => new Call1Node(one, arguments[0]),
            { Two: { } two } => new Call2Node(two, arguments[0], arguments[1]),
            _ => new CallNode(overloads.Many!, arguments),
        };
        var folded = Fold(node.At(call.Offset, call.End, type ?? CelType.Dyn));
        if (_isChecked && name is "timestamp" or "duration" && folded is not ConstantNode && arguments is [ConstantNode { Value.Kind: CelKind.String }])
        {
            // A literal that cannot be read is a mistake of whoever wrote it, not of the request.
            var frame = new CelFrame(null!, 0);
            Report(written[0], folded.Evaluate(ref frame).AsString);
        }

        return folded;
    }

    private CelNode NoFunction(CelSyntax.Call call, string name, bool isMethod, int arguments)
    {
        var kind = isMethod ? "method" : "function";
        var receiver = isMethod ? 1 : 0;
        var arities = CelFunctions.Arities(name, isMethod).Select(arity => arity - receiver).ToList();
        if (arities.Count > 0) return Wrong(call, call.NameOffset, call.Function.Length, $"'{name}' takes {string.Join(" or ", arities)} {(arities is [1] ? "argument" : "arguments")}, not {arguments - receiver}");
        if (CelFunctions.Arities(name, !isMethod).Any())
        {
            return Wrong(call, call.NameOffset, call.Function.Length, isMethod ? $"'{name}' is a function: write {name}(…)" : $"'{name}' is a method: write it behind a value and a dot");
        }

        var known = isMethod ? CelFunctions.Names(true).Concat(MacroNames) : CelFunctions.Names(false).Append("has");
        return Wrong(call, call.NameOffset, call.Function.Length, $"no {kind} is named {Words.Quote(name)}", Words.Nearest(name, known));
    }
}
