using BenchmarkDotNet.Attributes;
using Fairlead.Core.Expressions;

namespace Fairlead.Bench.Micro;

/// <summary>A rule of five terms, as routes have them, with inputs for which every term is evaluated; and the parts that most rules are made of.</summary>
[MemoryDiagnoser]
public class ExpressionBenchmarks : ICelInputs
{
    private static readonly CelDeclarations Declarations = Declare();

    private readonly CelValue[] _leaves =
    [
        CelValue.Of("summarization"), CelValue.Of("marketing"), CelValue.Of(4200), CelValue.Of(false), CelValue.Of(["pii", "internal"]), CelValue.Of(640.5), CelValue.Of("eu"),
    ];

    private readonly CelExpression _five = Compile("""workload == "summarization" && caller.feature == "marketing" && request.prompt_tokens < 8000 && !request.has_tools && "phi" in sensitivity == false""");
    private readonly CelExpression _comparison = Compile("health.p95_ms < 800");
    private readonly CelExpression _few = Compile("""target.region in ["us", "ca", "eu"]""");
    private readonly CelExpression _many = Compile("""target.region in ["us", "ca", "mx", "br", "uk", "fr", "de", "es", "it", "eu"]""");
    private readonly CelExpression _text = Compile("""caller.feature.startsWith("market") && caller.feature.contains("ket")""");
    private readonly CelExpression _macro = Compile("""sensitivity.exists(label, label == "phi")""");

    [Benchmark(Baseline = true)]
    public CelValue FiveTerms() => _five.Evaluate(this);

    [Benchmark]
    public CelValue Comparison() => _comparison.Evaluate(this);

    [Benchmark]
    public CelValue InThree() => _few.Evaluate(this);

    [Benchmark]
    public CelValue InTen() => _many.Evaluate(this);

    [Benchmark]
    public CelValue TextFunctions() => _text.Evaluate(this);

    [Benchmark]
    public CelValue Macro() => _macro.Evaluate(this);

    public CelValue Read(int leaf) => _leaves[leaf];

    public CelValue Signal(int signal) => CelValue.Unknown;

    private static CelDeclarations Declare()
    {
        var builder = new CelDeclarations.Builder();
        builder.Variable("workload", CelType.String);
        builder.Object("caller").Member("feature", CelType.String);
        var request = builder.Object("request");
        request.Member("prompt_tokens", CelType.Int);
        request.Member("has_tools", CelType.Bool);
        builder.Variable("sensitivity", CelType.List(CelType.String));
        builder.Object("health").Member("p95_ms", CelType.Double);
        builder.Object("target").Member("region", CelType.String);
        return builder.Build();
    }

    private static CelExpression Compile(string source) =>
        CelExpression.TryCompile(source, Declarations, new NoSignals(), CelType.Bool, out var expression, out var errors) ? expression : throw new InvalidOperationException(errors[0].Message);

    private sealed class NoSignals : ICelSignals
    {
        public int Register(CelSignalCall call) => throw new FormatException("no signals here");
    }
}
