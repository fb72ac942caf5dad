using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Core.Expressions.Nodes;
using Fairlead.Core.Expressions.Syntax;

namespace Fairlead.Core.Expressions;

/// <summary>
/// An expression of the policy language: parsed and checked once, evaluated any number of times, by any number of threads. What it
/// costs is bounded by its length and by the steps of one evaluation.
/// </summary>
public sealed class CelExpression
{
    private readonly CelProgram _program;
    private readonly CelSyntax _syntax;
    private readonly CelNode _root;
    private readonly bool _isBool;
    private readonly CelKind _due;
    private readonly Lazy<string> _printed;

    private CelExpression(CelProgram program, CelSyntax syntax, CelNode root, CelType expected, bool isWhole)
    {
        _program = program;
        _syntax = syntax;
        _root = root;
        Type = root.Type.IsDyn ? expected : root.Type;
        _isBool = Type.Kind == CelKind.Bool;
        _due = root.Type.IsDyn ? expected.Kind : CelKind.Unknown;
        Source = isWhole ? program.Source : program.Source[syntax.Offset..syntax.End];
        Offset = isWhole ? 0 : syntax.Offset;
        var reads = CelReads.Of(root);
        Leaves = [.. reads.Leaves.Order()];
        Signals = [.. reads.Signals.Order()];
        Literals = [.. reads.Literals];
        _printed = new Lazy<string>(() => CelPrinter.Print(_syntax));
        if (_isBool && Leaves.IsEmpty && Signals.IsEmpty && Evaluate(NoInputs.Instance) is { Kind: CelKind.Bool } value) Constant = value.IsTrue;
        Conjuncts = root is AndNode and && syntax is CelSyntax.Logic { Sign: CelOperator.And } logic
            ? [.. logic.Operands.Select((operand, i) => new CelExpression(program, operand, and.Children[i], CelType.Bool, isWhole: false))]
            : [this];
    }

    /// <summary>The expression as it is written; of a conjunct, its part.</summary>
    public string Source { get; }

    /// <summary>Where <see cref="Source"/> stands in what was compiled: 0, or the place of a conjunct.</summary>
    public int Offset { get; }

    public CelType Type { get; }

    /// <summary>The leaves that it reads, ascending, each once.</summary>
    public ImmutableArray<int> Leaves { get; }

    /// <summary>The signals that it asks for, ascending, each once.</summary>
    public ImmutableArray<int> Signals { get; }

    /// <summary>The texts that it compares leaves with: <c>leaf == "text"</c>, <c>leaf in ["text"]</c>, <c>"text" in leaf</c>.</summary>
    public ImmutableArray<CelLiteral> Literals { get; }

    /// <summary>The expression as it means: white space, comments and needless parentheses apart, in one form.</summary>
    public string Normal => _printed.Value;

    /// <summary>The operands of the outermost <c>&amp;&amp;</c>; the expression itself when there is none.</summary>
    public ImmutableArray<CelExpression> Conjuncts { get; }

    /// <summary>What it always comes to, when it is a bool and reads nothing; else null.</summary>
    public bool? Constant { get; }

    /// <summary>Parses and checks an expression.</summary>
    /// <param name="source">At most 16 KiB, 4096 parts and 64 levels of nesting.</param>
    /// <param name="declarations">What it may name.</param>
    /// <param name="signals">Numbers the signals that it asks for.</param>
    /// <param name="expected">The type that it must have; dyn for any.</param>
    /// <param name="expression">The expression, when nothing is wrong.</param>
    /// <param name="errors">All that is wrong, in the order of the source.</param>
    public static bool TryCompile(string source, CelDeclarations declarations, ICelSignals signals, CelType expected, [NotNullWhen(true)] out CelExpression? expression, out ImmutableArray<CelError> errors) =>
        TryCompile(source, declarations, signals, expected, isChecked: true, out expression, out errors);

    /// <summary>The same without the checker, as some of the standard's cases want it: what does not fit fails when it is evaluated.</summary>
    internal static bool TryCompile(string source, CelDeclarations declarations, ICelSignals signals, CelType expected, bool isChecked, [NotNullWhen(true)] out CelExpression? expression, out ImmutableArray<CelError> errors)
    {
        expression = null;
        var found = new List<CelError>();
        if (CelParser.Read(source, found) is { } syntax)
        {
            var compiler = new CelCompiler(source, declarations, signals, found, isChecked);
            var root = compiler.Compile(syntax, expected);
            if (found.Count == 0) expression = new CelExpression(new CelProgram(source, declarations, compiler.Slots), syntax, root, expected, isWhole: true);
        }

        errors = [.. found.OrderBy(error => error.Offset)];
        return expression is not null;
    }

    /// <summary>Whether both are the same but for white space, comments and parentheses.</summary>
    public bool SameAs(CelExpression other) => ReferenceEquals(this, other) || _printed.Value == other._printed.Value;

    /// <summary>What it comes to: a value of its type, an error or an unknown. Never throws; allocates only for values that are made anew, and for macros.</summary>
    public CelValue Evaluate(ICelInputs inputs)
    {
        try
        {
            var frame = new CelFrame(inputs, _program.Slots);
            if (_isBool) return frame.Value(_root.Test(ref frame));
            var value = _root.Evaluate(ref frame);
            return _due == CelKind.Unknown || value.Kind <= CelKind.Error || value.Kind == _due ? value : CelValue.Error($"{Type} is due, not {CelType.NameOf(value)}");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Thrown(exception);
        }
    }

    /// <summary>What it comes to, and why. Never throws; allocates.</summary>
    public CelReason Decide(ICelInputs inputs)
    {
        var value = Evaluate(inputs);
        try
        {
            var frame = new CelFrame(inputs, _program.Slots);
            var part = CelDeciding.Part(_root, ref frame);
            frame = new CelFrame(inputs, _program.Slots);
            var partValue = ReferenceEquals(part, _root) ? value : part.Evaluate(ref frame);
            return new CelReason(value, _program.TextOf(part), part.Offset - Offset, partValue, CelReads.Values(part, _program, inputs));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return new CelReason(value, Source, 0, Thrown(exception), []);
        }
    }

    public override string ToString() => Source;

    /// <summary>The expression in one form, every operator in parentheses.</summary>
    internal string Printed => _printed.Value;

    /// <summary>A boundary: inputs are others' code, and a rule that fails must not end the request.</summary>
    private static CelValue Thrown(Exception exception) => CelValue.Error($"an input failed ({exception.GetType().Name})");

    private sealed class NoInputs : ICelInputs
    {
        public static readonly NoInputs Instance = new();

        public CelValue Read(int leaf) => CelValue.Unknown;

        public CelValue Signal(int signal) => CelValue.Unknown;
    }
}

/// <summary>What the parts of one compiled source share.</summary>
/// <param name="Slots">Places for the variables of macros.</param>
internal sealed record CelProgram(string Source, CelDeclarations Declarations, int Slots)
{
    public string TextOf(CelNode node) => Source.Substring(node.Offset, node.Length);
}
