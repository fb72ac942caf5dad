using System.Text;
using Fairlead.Core.Validation;
using static Fairlead.Core.Tests.Validation.Schemas;

namespace Fairlead.Core.Tests.Validation;

/// <summary>What is too large, too deep or too long ends with a word, never in a hang.</summary>
public sealed class SchemaLimitsTests
{
    [Fact]
    public void TryCompile_TooLarge_IsRefused()
    {
        var largest = $$"""{"title":"{{new string('x', JsonSchema.MostBytes - 12)}}"}""";

        Assert.NotNull(Compile(largest));
        Assert.Equal("The schema is larger than 256 KiB.", Refused(largest + " "));
    }

    [Fact]
    public void TryCompile_TooDeep_IsRefused()
    {
        Assert.NotNull(Compile(Deep(JsonSchema.MostDepth)));
        Assert.StartsWith("The schema is not JSON", Refused(Deep(JsonSchema.MostDepth + 1)), StringComparison.Ordinal);

        static string Deep(int depth) => string.Concat(Enumerable.Repeat("{\"not\":", depth - 1)) + "{}" + new string('}', depth - 1);
    }

    [Fact]
    public void Validate_DeepestText_IsTold_DeeperIsTooCostly()
    {
        var schema = Compile("""{"$ref":"#/$defs/list","$defs":{"list":{"type":"array","items":{"$ref":"#/$defs/list"}}}}""");

        Assert.Equal(SchemaOutcome.Valid, schema.Validate(Deep(JsonSchema.MostDepth)).Outcome);
        Assert.Equal(SchemaOutcome.TooCostly, schema.Validate(Deep(JsonSchema.MostDepth + 1)).Outcome);
        Assert.Equal(SchemaOutcome.TooCostly, schema.Validate(Deep(100_000)).Outcome);
        Assert.Equal(SchemaOutcome.Invalid, schema.Validate(Encoding.UTF8.GetBytes(new string('[', 3))).Outcome);

        static byte[] Deep(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
    }

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}""")]
    [InlineData("""{"not":{"$ref":"#"}}""")]
    [InlineData("""{"anyOf":[{"$ref":"#/$defs/b"}],"$defs":{"b":{"if":{"$ref":"#"},"then":{"$ref":"#"}}}}""")]
    [InlineData("""{"$dynamicAnchor":"a","allOf":[{"$dynamicRef":"#a"}]}""")]
    public void Validate_ReferenceThatGoesRound_IsTooCostly(string schema) => Assert.Equal(SchemaOutcome.TooCostly, Validate(schema, "{}").Outcome);

    [Fact]
    public void Validate_ChoicesThatDoubleAtEachLevel_AreGivenUp()
    {
        // Each level tries two ways of the level below: 2^100 without a limit.
        var schema = "{\"$defs\":{" + string.Join(',', Enumerable.Range(0, 100).Select(level => $"\"l{level}\":{{\"oneOf\":[{{\"$ref\":\"#/$defs/l{level + 1}\"}},{{\"$ref\":\"#/$defs/l{level + 1}\"}}]}}"))
            + ",\"l100\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/l0\"}";

        Assert.Equal(SchemaOutcome.TooCostly, Validate(schema, "1").Outcome);
    }

    [Theory]
    [InlineData("^(a+)+$")]
    [InlineData("^(a|a)*$")]
    [InlineData("^([a-zA-Z]+)*$")]
    [InlineData("(.*)*(.*)*(.*)*=")]
    public void Validate_EvilPattern_IsTold(string pattern) =>
        Assert.Equal(SchemaOutcome.Invalid, Validate($$"""{"pattern":"{{pattern}}"}""", $"\"{new string('a', 20_000)}!\"").Outcome);

    [Fact]
    public void Validate_StepsRunOut_IsTooCostly_NeverValidByANegation()
    {
        var schema = Compile("""{"not":{"items":{"type":"integer"}}}""");
        var json = Encoding.UTF8.GetBytes("[1,2,3,4,5,6,7,8,9,\"a\"]");

        Assert.Equal(SchemaOutcome.Valid, schema.Validate(json).Outcome);
        for (var steps = 0; steps < 10; steps++) Assert.Equal(SchemaOutcome.TooCostly, schema.Validate(json, steps).Outcome);
    }

    [Fact]
    public void Validate_AnyNumberOfSteps_IsTheVerdictOrTooCostly()
    {
        var schema = Compile("""
            {"type":"object","properties":{"a":{"type":"array","uniqueItems":true,"contains":{"const":3},"items":{"anyOf":[{"type":"integer"},{"pattern":"^x"}]}},"b":{"format":"date"}},
             "unevaluatedProperties":false,"required":["a"],"propertyNames":{"maxLength":1},"if":{"required":["b"]},"then":{"minProperties":2}}
            """);
        var good = """{"a":[1,2,3,"x"],"b":"2026-01-31"}"""u8.ToArray();
        var bad = """{"a":[1,2,3,"x","x"],"b":"2026-01-32","c":1}"""u8.ToArray();

        for (var steps = 0; steps < 200; steps++)
        {
            Assert.NotEqual(SchemaOutcome.Invalid, schema.Validate(good, steps).Outcome);
            Assert.NotEqual(SchemaOutcome.Valid, schema.Validate(bad, steps).Outcome);
        }

        Assert.Equal(SchemaOutcome.Valid, schema.Validate(good, 200).Outcome);
        Assert.Equal(SchemaOutcome.Invalid, schema.Validate(bad, 200).Outcome);
    }

    [Fact]
    public void Validate_LargeText_IsTold()
    {
        var schema = Compile("""{"items":{"type":"object","required":["a","b"],"properties":{"a":{"type":"integer"},"b":{"enum":["x","y"]}},"additionalProperties":false}}""");
        var items = string.Join(',', Enumerable.Repeat("""{"a":1,"b":"x"}""", 60_000));

        Assert.Equal(SchemaOutcome.Valid, schema.Validate(Encoding.UTF8.GetBytes($"[{items}]")).Outcome);
        Assert.Equal("/60000/b", Assert.Single(schema.Validate(Encoding.UTF8.GetBytes($$"""[{{items}},{"a":1,"b":"z"}]""")).Failures).Pointer);
    }

    [Fact]
    public void Validate_EndlessDigits_AreTooCostlyToDivide()
    {
        var schema = Compile("""{"multipleOf":7}""");

        Assert.Equal(SchemaOutcome.TooCostly, schema.Validate(Encoding.UTF8.GetBytes(new string('7', 500_001))).Outcome);
        Assert.Equal(SchemaOutcome.Valid, schema.Validate(Encoding.UTF8.GetBytes(new string('7', 1000))).Outcome);
    }

    [Fact]
    public void TryCompile_TooManyPatterns_IsRefused()
    {
        Assert.NotNull(Compile(Patterns(256)));
        Assert.EndsWith("is one pattern more than the 256 that a schema may have.", Refused(Patterns(257)), StringComparison.Ordinal);
        Assert.Equal("'/pattern' is a pattern of more than 1024 characters.", Refused($$"""{"pattern":"{{new string('a', 1025)}}"}"""));

        static string Patterns(int count) => "{\"patternProperties\":{" + string.Join(',', Enumerable.Range(0, count).Select(number => $"\"^{number}$\":{{}}")) + "}}";
    }
}
