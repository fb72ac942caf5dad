using Fairlead.Core.Configuration;
using Fairlead.Core.Expressions.Nodes;
using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions;

/// <summary>Names and members: the longest declared name wins, a macro's variable before all.</summary>
internal sealed partial class CelCompiler
{
    /// <summary>Types as values, as in <c>type(x) == int</c>.</summary>
    private static readonly HashSet<string> TypeNames = new(StringComparer.Ordinal)
    {
        "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "google.protobuf.Timestamp", "google.protobuf.Duration",
    };

    private CelNode Name(CelSyntax.Name name)
    {
        if (TryLocal(name) is { } local) return local;
        if (Declared(name, name.Text) is { } declared) return declared;
        if (_declarations.MembersOf(name.Text) is { } members) return Wrong(name, name.Offset, name.End - name.Offset, $"'{name.Text}' is not a value; name one of its members", $"{name.Text}.{members[0]}");
        var known = _declarations.Roots.Concat(_locals.Select(one => one.Name));
        return Wrong(name, name.Offset, name.End - name.Offset, $"no variable is named {Words.Quote(name.Text)}", Words.Nearest(name.Text, known));
    }

    private LocalNode? TryLocal(CelSyntax.Name name)
    {
        var slot = name.IsAbsolute ? -1 : _locals.FindLastIndex(local => local.Name == name.Text);
        return slot < 0 ? null : (LocalNode)new LocalNode(slot).At(name.Offset, name.End, _locals[slot].Type);
    }

    /// <summary>The leaf, type or refused name of a dotted name; null when it is none of them.</summary>
    private CelNode? Declared(CelSyntax syntax, string name)
    {
        if (_declarations.LeafOf(name) is >= 0 and var leaf) return new LeafNode(leaf).At(syntax.Offset, syntax.End, _declarations.TypeOf(leaf));
        if (_declarations.LaterOf(name) is { } words) return Wrong(syntax, syntax.Offset, syntax.End - syntax.Offset, $"'{name}' {words}");
        return TypeNames.Contains(name) ? new ConstantNode(CelValue.OfType(name)).At(syntax.Offset, syntax.End, CelType.Type) : null;
    }

    /// <summary>The dotted name of a name and its members; null when there is more to it, or when it begins with a macro's variable.</summary>
    private string? Dotted(CelSyntax syntax) => syntax switch
    {
        CelSyntax.Name name => !name.IsAbsolute && _locals.Exists(local => local.Name == name.Text) ? null : name.Text,
        CelSyntax.Select select when Dotted(select.Operand) is { } operand => $"{operand}.{select.Member}",
        _ => null,
    };

    private CelNode Select(CelSyntax.Select select)
    {
        if (Dotted(select) is { } name)
        {
            if (Declared(select, name) is { } declared) return declared;
            if (_declarations.MembersOf(name) is { } members) return Wrong(select, select.Offset, select.End - select.Offset, $"'{name}' is not a value; name one of its members", $"{name}.{members[0]}");
            if (IsObject(select.Operand)) return UnknownMember(select);
        }

        var operand = Compile(select.Operand);
        CheckMember(select, operand.Type);
        return Fold(new SelectNode(operand, select.Member).At(select.Offset, select.End, operand.Type.Element is { } element && operand.Type.Kind == CelKind.Map ? element : CelType.Dyn));
    }

    /// <summary>Whether a part names an object, and no leaf of its own.</summary>
    private bool IsObject(CelSyntax syntax) =>
        Dotted(syntax) is { } name && _declarations.LeafOf(name) < 0 && (_declarations.MembersOf(name) is not null || _declarations.SignalsOf(name).Any());

    private CelNode UnknownMember(CelSyntax.Select select)
    {
        var name = Dotted(select.Operand)!;
        var members = _declarations.MembersOf(name) ?? [];
        var isMethod = _declarations.SignalOf(name, select.Member) is not null;
        var message = isMethod ? $"'{select.Member}' is a method of '{name}': it takes an argument in parentheses" : $"no member is named {Words.Quote(select.Member)}";
        return Wrong(select, select.MemberOffset, select.End - select.MemberOffset, message, isMethod ? null : Words.Nearest(select.Member, members));
    }

    private void CheckMember(CelSyntax.Select select, CelType operand)
    {
        var (offset, length) = (select.MemberOffset, select.End - select.MemberOffset);
        if (operand.Kind == CelKind.Map)
        {
            if (!CelType.String.CanEqual(operand.Key!)) Report(offset, length, $"the keys of this map are {operand.Key}, not string");
        }
        else if (!operand.IsDyn)
        {
            Report(offset, length, $"{operand} has no members");
        }
    }

    /// <summary><c>has(a.b)</c>: true for what is declared, a question to the map else.</summary>
    private CelNode Has(CelSyntax.Call call)
    {
        if (call.Arguments is not [CelSyntax.Select select]) return Wrong(call, call.Offset, call.End - call.Offset, "'has' takes one member, as in has(request.metadata.team)");
        if (Dotted(select) is { } name)
        {
            if (_declarations.LeafOf(name) >= 0 || _declarations.MembersOf(name) is not null) return new ConstantNode(CelValue.Of(true)).At(call.Offset, call.End, CelType.Bool);
            if (Declared(select, name) is { } declared) return declared;
            if (IsObject(select.Operand)) return UnknownMember(select);
        }

        var operand = Compile(select.Operand);
        CheckMember(select, operand.Type);
        return Fold(new HasNode(operand, select.Member).At(call.Offset, call.End, CelType.Bool));
    }
}
