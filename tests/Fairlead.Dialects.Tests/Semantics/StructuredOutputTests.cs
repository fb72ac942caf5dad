using Fairlead.Core.Catalog;
using static Fairlead.Dialects.Tests.Semantics.Translating;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Section E of the wire rules: structured output. The number in a name is the rule's.</summary>
public sealed class StructuredOutputTests
{
    private const string Closed = """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""";

    private static Sent Format(string schema) => ChatMembers($$$$"""{"response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{{{{schema}}}}}}}""");

    private static Sent FormatThere(string schema) => MessagesMembers($$$$"""{"output_config":{"format":{"type":"json_schema","schema":{{{{schema}}}}}}}""");

    [Fact]
    public void Rule59_Schema_IsTheFormOfTheAnswerThere()
    {
        var sent = Format(Closed);

        Same($$"""{"format":{"type":"json_schema","schema":{{Closed}}} }""", sent["output_config"]);
        Assert.Empty(sent.Losses);
    }

    [Fact]
    public void Rule59_FormOfTheAnswer_IsASchemaHere()
    {
        var sent = FormatThere(Closed);

        Same($$"""{"type":"json_schema","json_schema":{"name":"answer","schema":{{Closed}},"strict":true} }""", sent["response_format"]);
        Assert.Empty(sent.Losses);
    }

    [Fact]
    public void Rule59_Schema_IsRefused_WhereTheModelTakesNone()
    {
        var none = new ModelFacts { JsonSchema = false };

        Refused("unsupported_parameter", "response_format", ChatMembers($$$$"""{"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{{{{Closed}}}}}}}""", none));
        Refused("unsupported_parameter", "output_config.format", MessagesMembers($$$$"""{"output_config":{"format":{"type":"json_schema","schema":{{{{Closed}}}}}}}""", none));
    }

    /// <summary>As deep as a body may be, deeper than the platform's parser goes unasked.</summary>
    [Fact]
    public void Rule59_DeepSchema_IsCarriedBothWays()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 100)) + "{}" + new string('}', 100);

        Same(deep, Format(deep)["output_config"]!["format"]!["schema"]);
        Same(deep, FormatThere(deep)["response_format"]!["json_schema"]!["schema"]);
        Same(deep, ChatMembers($$$$"""{"tools":[{"type":"function","function":{"name":"f","parameters":{{{{deep}}}}}}]}""")["tools"]![0]!["input_schema"]);
    }

    /// <summary>No tool is made for a schema: the client's own stay the only ones, and nothing is forced.</summary>
    [Fact]
    public void Rule60_SchemaBesideTools_MakesNoToolOfItsOwn()
    {
        var sent = ChatMembers($$$"""
            {"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{{{Closed}}} }},
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{} } }}]}
            """);
        var told = MessagesContent("""[{"type":"text","text":"{\"a\":\"x\"}"}]""");

        Same("""[{"name":"f","input_schema":{"type":"object","properties":{}}}]""", sent["tools"]);
        Assert.Null(sent["tool_choice"]);
        Same("\"stop\"", told["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void Rule61_AnyJsonObject_IsRefused_WhereNothingMeansIt() => Refused("unsupported_parameter", "response_format", ChatMembers("""{"response_format":{"type":"json_object"}}"""));

    /// <summary>Closed, an object of any members would be an empty one.</summary>
    [Theory]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"type":["object","null"]}""")]
    [InlineData("""{"type":"object","properties":null}""")]
    [InlineData("""{"type":"object","anyOf":[{"properties":{"a":{"type":"string"}}}]}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","description":"anything"}}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/any"}},"$defs":{"any":{"type":"object"}}}""")]
    public void Rule61_ObjectWithoutProperties_IsRefused_AndAToolIsSentUnguaranteed(string schema)
    {
        var sent = Format(schema);
        var tool = ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{{{schema}}} }}]}""");

        Refused("unsupported_parameter", "response_format", sent);
        Assert.Equal("cannot carry response_format (additionalProperties)", sent.Refusal!.Reason);
        Same(schema, tool["tools"]![0]!["input_schema"]);
        Assert.Equal(["tools[0].function.strict"], tool.Losses);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{} }""", """{"type":"object","properties":{},"additionalProperties":false}""")]
    [InlineData("""{"type":"object","additionalProperties":false}""", """{"type":"object","additionalProperties":false}""")]
    [InlineData("""{"type":["object","null"],"additionalProperties":false}""", """{"type":["object","null"],"additionalProperties":false}""")]
    public void Rule61_ObjectWithoutProperties_IsSent_WhereItIsMeant(string schema, string closed) => Same(closed, Format(schema)["output_config"]!["format"]!["schema"]);

    [Theory]
    [InlineData("\"minimum\":1", "minimum")]
    [InlineData("\"maximum\":1", "maximum")]
    [InlineData("\"exclusiveMinimum\":1", "exclusiveMinimum")]
    [InlineData("\"multipleOf\":2", "multipleOf")]
    [InlineData("\"minLength\":1", "minLength")]
    [InlineData("\"maxLength\":1", "maxLength")]
    [InlineData("\"pattern\":\"^a$\"", "pattern")]
    [InlineData("\"minItems\":2", "minItems")]
    [InlineData("\"maxItems\":2", "maxItems")]
    [InlineData("\"if\":{},\"then\":{}", "if")]
    [InlineData("\"dependentRequired\":{}", "dependentRequired")]
    [InlineData("\"additionalProperties\":true", "additionalProperties")]
    public void Rule63_KeywordThatAnthropicRefuses_IsRefused_AndNamed(string keyword, string named)
    {
        var sent = Format($$"""{"type":"object","properties":{"a":{"type":"array","items":{ {{keyword}} } } } }""");

        Refused("unsupported_parameter", "response_format", sent);
        Assert.Equal($"cannot carry response_format ({named})", sent.Refusal!.Reason);
    }

    [Fact]
    public void Rule63_MinItemsOfOne_IsTaken() => Assert.Null(Format("""{"type":"object","properties":{"a":{"type":"array","minItems":1}}}""").Refusal);

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}}}}}""")]
    [InlineData("""{"$ref":"#/$defs/n","$defs":{"n":{"type":"array","items":{"$ref":"#/$defs/m"}},"m":{"anyOf":[{"$ref":"#/$defs/n"}]}}}""")]
    [InlineData("""{"type":"object","properties":{"enum":{"$ref":"#"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"https://x.test/schema.json"}}}""")]
    public void Rule63_SchemaWithinItself_IsRefused(string schema)
    {
        var sent = Format(schema);

        Refused("unsupported_parameter", "response_format", sent);
        Assert.Equal("cannot carry response_format ($ref)", sent.Refusal!.Reason);
    }

    [Fact]
    public void Rule63_DefinitionUsedTwice_IsTaken() =>
        Assert.Null(Format("""{"type":"object","properties":{"a":{"$ref":"#/$defs/n"},"b":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"string"}}}""").Refusal);

    /// <summary>Forty definitions, each of which has the next one twice: a trillion ways, walked once.</summary>
    [Fact]
    public void Rule63_DefinitionsThatMultiply_AreReadOnce()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 40).Select(i => $$$"""
            "d{{{i}}}":{"anyOf":[{"$ref":"#/$defs/d{{{i + 1}}}"},{"$ref":"#/$defs/d{{{i + 1}}}"}]}
            """));

        Refused("unsupported_parameter", "response_format", Format($$"""{"$ref":"#/$defs/d0","$defs":{ {{definitions}},"d40":{"type":"string"} } }"""));
    }

    /// <summary>Sixty definitions, each two hundred deep, each within the one before it: more than a stack holds.</summary>
    [Fact]
    public void Rule63_DefinitionsThatNest_AreRefused()
    {
        var definitions = string.Join(',', Enumerable.Range(0, 60).Select(i => $$"""
            "d{{i}}":{{string.Concat(Enumerable.Repeat("{\"items\":", 200))}}{"$ref":"#/$defs/d{{i + 1}}"}{{new string('}', 200)}}
            """));

        var sent = Format($$"""{"$ref":"#/$defs/d0","$defs":{ {{definitions}},"d60":{"type":"string"} } }""");

        Refused("unsupported_parameter", "response_format", sent);
        Assert.Equal("cannot carry response_format ($ref)", sent.Refusal!.Reason);
    }

    [Fact]
    public void Rule63_ManyDefinitions_AreAllFound()
    {
        var names = Enumerable.Range(0, 6500).ToArray();
        var definitions = string.Join(',', names.Select(i => $"\"{i}\":{{}}"));
        var references = string.Join(',', names.Select(i => $"{{\"$ref\":\"#/$defs/{i}\"}}"));
        var schema = $$"""{"anyOf":[{{references}}],"$defs":{ {{definitions}} } }""";
        Assert.Null(Format(schema).Refusal);
    }

    [Fact]
    public void Rule63_SchemaThatIsTooLarge_IsRefused_AndAToolIsSentUnguaranteed()
    {
        var large = $$"""{"type":"object","properties":{"a":{"enum":["{{new string('x', 256 * 1024)}}"] } },"required":["a"],"additionalProperties":false}""";

        var sent = Format(large);
        var tool = ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{{{large}}} }}]}""");

        Refused("unsupported_parameter", "response_format", sent);
        Assert.Equal("cannot carry response_format (too large)", sent.Refusal!.Reason);
        Same(large, tool["tools"]![0]!["input_schema"]);
        Assert.Equal(["tools[0].function.strict"], tool.Losses);
    }

    private static string Properties(int count, string schema, bool areRequired) => $$$"""
        {"type":"object","properties":{ {{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"p{i}\":{schema}"))}}} },"required":[{{{string.Join(',', Enumerable.Range(0, areRequired ? count : 0).Select(i => $"\"p{i}\""))}}}],"additionalProperties":false}
        """;

    [Theory]
    [InlineData(24, "{\"type\":\"string\"}", false, true)]
    [InlineData(25, "{\"type\":\"string\"}", false, false)]
    [InlineData(25, "{\"type\":\"string\"}", true, true)]
    [InlineData(16, "{\"type\":[\"string\",\"null\"]}", true, true)]
    [InlineData(17, "{\"type\":[\"string\",\"null\"]}", true, false)]
    [InlineData(17, "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", true, false)]
    public void Rule63_MoreChoicesThanAnthropicTakes_AreRefused_AndAToolIsSentUnguaranteed(int count, string schema, bool areRequired, bool isTaken)
    {
        var properties = Properties(count, schema, areRequired);

        var sent = Format(properties);
        var tool = ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{{{properties}}} }}]}""");

        if (isTaken) Assert.Null(sent.Refusal);
        else Refused("unsupported_parameter", "response_format", sent);
        Same(isTaken ? "true" : "null", tool["tools"]![0]!["strict"]);
        Same(properties, tool["tools"]![0]!["input_schema"]);
        Assert.Equal(isTaken ? [] : ["tools[0].function.strict"], tool.Losses);
    }

    [Fact]
    public void Rule63_ChoicesOfAllTools_AreCountedTogether_AndTwentyToolsAreTheMost()
    {
        var two = string.Join(',', Enumerable.Range(0, 2).Select(i => Tool($"f{i}", Properties(13, "{\"type\":\"string\"}", false))));
        var many = string.Join(',', Enumerable.Range(0, 21).Select(i => Tool($"f{i}", Closed)));

        Assert.Equal(["tools[1].function.strict"], ChatMembers($$"""{"tools":[{{two}}]}""").Losses);
        Assert.Equal(["tools[20].function.strict"], ChatMembers($$"""{"tools":[{{many}}]}""").Losses);

        static string Tool(string name, string schema) => $$$"""{"type":"function","function":{"name":"{{{name}}}","strict":true,"parameters":{{{schema}}} }}""";
    }

    /// <summary>What the vendor would refuse is never taken out of a schema: the contract stays whole, or the target is passed over.</summary>
    [Fact]
    public void Rule64_Constraint_IsNeverTakenOut()
    {
        const string bounded = """{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":5,"description":"from 1"}},"required":["a"],"additionalProperties":false}""";

        var sent = ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{{{bounded}}} }}]}""");

        Same(bounded, sent["tools"]![0]!["input_schema"]);
        Assert.Null(sent["tools"]![0]!["strict"]);
        Assert.Equal(["tools[0].function.strict"], sent.Losses);
        Refused("unsupported_parameter", "response_format", Format(bounded));
    }

    [Fact]
    public void Rule65_PropertyNamedLikeAKeyword_IsData()
    {
        const string named = """
            {"type":"object","properties":{"title":{"type":"string"},"description":{"type":"string"},"default":{"type":"string"},"minimum":{"type":"string"},"pattern":{"type":"string"},"$ref":{"type":"string"},"properties":{"type":"string"}},
             "required":["title","description","default","minimum","pattern","$ref","properties"],"additionalProperties":false}
            """;

        Same(named, Format(named)["output_config"]!["format"]!["schema"]);
        Same(named, FormatThere(named)["response_format"]!["json_schema"]!["schema"]);
        Same("true", FormatThere(named)["response_format"]!["json_schema"]!["strict"]);
    }

    [Fact]
    public void Rule65_ValuesOfAnEnum_AreData()
    {
        const string schema = """{"type":"object","properties":{"a":{"enum":[{"properties":{}},{"minimum":1}]}},"required":["a"],"additionalProperties":false}""";

        Same(schema, Format(schema)["output_config"]!["format"]!["schema"]);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""", true)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object"}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"allOf":[{"type":"string"}]}},"required":["a"],"additionalProperties":false}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/not"}},"required":["a"],"additionalProperties":false,"$defs":{"not":{"type":"string"}}}""", true)]
    public void Rule66_Strict_IsAsked_WhereTheSchemaIsWithinOpenAisForm_ElseTold(string schema, bool isStrict)
    {
        var sent = FormatThere(schema);

        Same(schema, sent["response_format"]!["json_schema"]!["schema"]);
        Same(isStrict ? "true" : "null", sent["response_format"]!["json_schema"]!["strict"]);
        Assert.Equal(isStrict ? [] : ["output_config.format"], sent.Losses);
    }

    [Fact]
    public void Rule66_Strict_IsNotAsked_ForASchemaThatIsTooLarge()
    {
        var sent = FormatThere($$"""{"type":"object","properties":{"a":{"enum":["{{new string('x', 256 * 1024)}}"] } },"required":["a"],"additionalProperties":false}""");

        Assert.Null(sent["response_format"]!["json_schema"]!["strict"]);
        Assert.Equal(["output_config.format"], sent.Losses);
    }

    /// <summary>The longer a name is sought among the required ones, the later it stands there.</summary>
    [Fact]
    public void Rule66_ManyProperties_AreAllSoughtAmongTheRequired()
    {
        var names = Enumerable.Range(0, 13_000).ToArray();
        var properties = string.Join(',', names.Select(i => $"\"{i}\":{{}}"));
        var schema = $$$"""{"type":"object","properties":{ {{{properties}}} },"required":[{{{string.Join(',', names.Select(i => $"\"{i}\""))}}}],"additionalProperties":false}""";
        Same("true", FormatThere(schema)["response_format"]!["json_schema"]!["strict"]);
    }

    [Fact]
    public void Rule66_Strict_IsNotSet_ForAClientThatDidNot()
    {
        Assert.Null(MessagesMembers($$"""{"tools":[{"name":"f","input_schema":{{Closed}}}]}""")["tools"]![0]!["function"]!["strict"]);
        Assert.Null(ChatMembers($$$"""{"tools":[{"type":"function","function":{"name":"f","parameters":{{{Closed}}} }}]}""")["tools"]![0]!["strict"]);
    }
}
