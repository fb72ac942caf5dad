using System.Collections.Immutable;
using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Rules over a few of the policy's variables.</summary>
internal static class Rule
{
    public static CelDeclarations Declarations { get; } = Declare();

    public static int Workload { get; } = Declarations.LeafOf("workload");

    /// <summary>Inputs of a request that is usual.</summary>
    public static CelValue[] Usual =>
    [
        CelValue.Of("summarization"),
        CelValue.Of("marketing"),
        CelValue.Of(4200),
        CelValue.Of(false),
        CelValue.Of(new Dictionary<string, string> { ["team"] = "growth" }),
        CelValue.Of(["pii", "internal"]),
        CelValue.Of(640.5),
        CelValue.Of("eu"),
        CelValue.Of("qwen"),
        CelValue.Of(0.9),
        CelValue.Of(17L),
        CelValue.Of(DateTimeOffset.UnixEpoch),
    ];

    public static CelExpression Compile(string source, CelType? expected = null, ICelSignals? signals = null) =>
        CelExpression.TryCompile(source, Declarations, signals ?? new NumberedSignals(), expected ?? CelType.Dyn, out var expression, out var errors)
            ? expression
            : throw new InvalidOperationException($"{source}: {string.Join("; ", errors)}");

    public static ImmutableArray<CelError> Errors(string source, CelType? expected = null)
    {
        Assert.False(CelExpression.TryCompile(source, Declarations, new NumberedSignals(), expected ?? CelType.Dyn, out var expression, out var errors));
        Assert.Null(expression);
        return errors;
    }

    public static CelValue Evaluate(string source) => Compile(source).Evaluate(new FixedInputs(Usual, CelValue.Of(true), CelValue.Of(false)));

    private static CelDeclarations Declare()
    {
        var builder = new CelDeclarations.Builder();
        builder.Variable("workload", CelType.String);
        builder.Object("caller").Member("feature", CelType.String);
        var request = builder.Object("request");
        request.Member("prompt_tokens", CelType.Int);
        request.Member("has_tools", CelType.Bool);
        request.Member("metadata", CelType.Map(CelType.String, CelType.String));
        builder.Variable("sensitivity", CelType.List(CelType.String));
        builder.Object("health").Member("p95_ms", CelType.Double);
        var target = builder.Object("target");
        target.Member("region", CelType.String);
        target.Member("family", CelType.String);
        target.Member("quality", CelType.Double);
        builder.Object("prompt").Member("length", CelType.Int);
        builder.Object("request").Member("at", CelType.Timestamp);
        builder.Signal("prompt", "mentions", CelType.List(CelType.String));
        builder.Signal("prompt", "matches", CelType.String);
        builder.Later("budget", "is not in this version of Fairlead");
        return builder.Build();
    }
}
