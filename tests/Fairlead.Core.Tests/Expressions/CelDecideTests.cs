using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Which part of a rule decided, and what it read.</summary>
public sealed class CelDecideTests
{
    [Theory]
    [InlineData("workload == 'x' && request.has_tools", "false", "workload == 'x'", "workload=\"summarization\"")]
    [InlineData("workload == 'summarization' && request.has_tools", "false", "request.has_tools", "request.has_tools=false")]
    [InlineData("workload == 'summarization' && !request.has_tools", "true", "workload == 'summarization' && !request.has_tools", "workload=\"summarization\" request.has_tools=false")]
    [InlineData("request.has_tools || 'pii' in sensitivity || workload == 'x'", "true", "'pii' in sensitivity", "sensitivity=[\"pii\", \"internal\"]")]
    [InlineData("request.has_tools || workload == 'x'", "false", "request.has_tools || workload == 'x'", "request.has_tools=false workload=\"summarization\"")]
    [InlineData("true && (workload == 'a' || (target.quality > 0.5 && health.p95_ms < 600))", "false", "workload == 'a' || (target.quality > 0.5 && health.p95_ms < 600)", "workload=\"summarization\" target.quality=0.9 health.p95_ms=640.5")]
    [InlineData("!(request.has_tools && workload == 'x')", "true", "request.has_tools", "request.has_tools=false")]
    [InlineData("request.has_tools ? true : target.quality > 0.5", "true", "request.has_tools ? true : target.quality > 0.5", "request.has_tools=false target.quality=0.9")]
    [InlineData("request.has_tools ? true : false", "false", "request.has_tools", "request.has_tools=false")]
    [InlineData("prompt.mentions([\"a\"]) && prompt.matches('b')", "false", "prompt.matches('b')", "prompt.matches('b')=false")]
    [InlineData("request.metadata.nothing == 'x' && workload == 'summarization'", "error(there is no key \"nothing\")", "request.metadata.nothing == 'x'", "request.metadata={\"team\": \"growth\"}")]
    [InlineData("sensitivity.exists(x, x == target.region) || false", "false", "sensitivity.exists(x, x == target.region) || false", "sensitivity=[\"pii\", \"internal\"] target.region=\"eu\"")]
    public void Decide_Rule_NamesTheSmallestPartThatDecided(string source, string value, string part, string reads)
    {
        var reason = Rule.Compile(source, CelType.Bool).Decide(new FixedInputs(Rule.Usual, CelValue.Of(true), CelValue.Of(false)));
        if (source.StartsWith("prompt", StringComparison.Ordinal)) Assert.Equal(CelValue.Of(false), reason.PartValue);

        Assert.Equal(value, reason.Value.ToString());
        Assert.Equal(part, reason.Part);
        Assert.Equal(source.IndexOf(part, StringComparison.Ordinal), reason.Offset);
        Assert.Equal(reads, string.Join(' ', reason.Reads.Select(read => $"{read.Name}={read.Value}")));
    }

    [Fact]
    public void Decide_Unknown_NamesWhereItArose()
    {
        var leaves = Rule.Usual;
        leaves[Rule.Workload] = CelValue.Unknown;

        var reason = Rule.Compile("target.quality > 0.5 && workload == 'x' && target.region == 'eu'").Decide(new FixedInputs(leaves));

        Assert.Equal(CelKind.Unknown, reason.Value.Kind);
        Assert.Equal("workload == 'x'", reason.Part);
    }

    [Fact]
    public void Decide_Conjunct_CountsFromItsOwnStart()
    {
        var conjunct = Rule.Compile("target.quality > 0.5 && (workload == 'x' || 'pii' in sensitivity)").Conjuncts[1];

        var reason = conjunct.Decide(new FixedInputs(Rule.Usual));

        Assert.Equal("'pii' in sensitivity", reason.Part);
        Assert.Equal(conjunct.Source.IndexOf(reason.Part, StringComparison.Ordinal), reason.Offset);
    }
}
