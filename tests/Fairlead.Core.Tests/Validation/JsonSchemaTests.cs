using System.Text;
using Fairlead.Core.Validation;
using static Fairlead.Core.Tests.Validation.Schemas;

namespace Fairlead.Core.Tests.Validation;

/// <summary>What a verdict tells, and schemas beside the standard's cases.</summary>
public sealed class JsonSchemaTests
{
    private const string Order = """
        {"type":"object","required":["id","lines"],"additionalProperties":false,"properties":{
          "id":{"type":"string","minLength":3},
          "lines":{"type":"array","items":{"type":"object","required":["sku"],"properties":{"sku":{"type":"string"},"a/b~c":{"type":"integer","minimum":1}}}}}}
        """;

    [Theory]
    [InlineData("""{"id":"abc","lines":[]}""")]
    [InlineData("""{"id":"abc","lines":[{"sku":"x","a/b~c":1e0}]}""")]
    public void Validate_MeetsTheSchema_IsValidWithoutFailures(string json)
    {
        var verdict = Validate(Order, json);

        Assert.True(verdict.IsValid);
        Assert.Empty(verdict.Failures);
    }

    [Theory]
    [InlineData("""{"lines":[]}""", "", "required", "lacks 'id'")]
    [InlineData("""{"id":"ab","lines":[]}""", "/id", "minLength", "is too short")]
    [InlineData("""{"id":7,"lines":[]}""", "/id", "type", "must be a text")]
    [InlineData("""{"id":"abc","lines":{}}""", "/lines", "type", "must be an array")]
    [InlineData("""{"id":"abc","lines":[{"sku":"x"},{"sku":null}]}""", "/lines/1/sku", "type", "must be a text")]
    [InlineData("""{"id":"abc","lines":[{"sku":"x","a/b~c":0}]}""", "/lines/0/a~1b~0c", "minimum", "is too small")]
    [InlineData("""{"id":"abc","lines":[],"more":1}""", "/more", "additionalProperties", "is not allowed here")]
    [InlineData("[]", "", "type", "must be an object")]
    [InlineData("", "", "json", "is not JSON")]
    [InlineData("{\"id\":\"abc\",\"lines\":[]", "", "json", "is not JSON")]
    [InlineData("{\"id\":\"abc\",\"lines\":[]} behind", "", "json", "is not JSON")]
    [InlineData("```json\n{\"id\":\"abc\",\"lines\":[]}\n```", "", "json", "is not JSON")]
    [InlineData("""{"id":"\ud800bc","lines":[]}""", "", "json", "is not JSON")]
    [InlineData("""{"id":"abc","lines":[{"sku":"x","unasked":"\udc00"}]}""", "", "json", "is not JSON")]
    public void Validate_DoesNotMeetTheSchema_TellsWhereAndWhat(string json, string pointer, string keyword, string message)
    {
        var verdict = Validate(Order, json);

        Assert.Equal(SchemaOutcome.Invalid, verdict.Outcome);
        Assert.Equal(new SchemaFailure(pointer, keyword, message), Assert.Single(verdict.Failures));
    }

    [Fact]
    public void Validate_NoUtf8_IsNotJson()
    {
        var json = "{\"a\":\"?\"}"u8.ToArray();
        json[6] = 0xC3;

        Assert.Equal("json", Assert.Single(Compile("{}").Validate(json).Failures).Keyword);
    }

    [Fact]
    public void Validate_ManyFailures_TellsTheFirstFive()
    {
        var verdict = Validate("""{"items":{"type":"integer"}}""", """["a",1,"b","c","d","e","f","g"]""");

        Assert.Equal(["/0", "/2", "/3", "/4", "/5"], verdict.Failures.Select(failure => failure.Pointer));
    }

    [Fact]
    public void Validate_AnyOf_TellsTheChoiceAndNotItsBranches()
    {
        var verdict = Validate("""{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}}}""", """{"a":1}""");

        Assert.Equal(new SchemaFailure("/a", "anyOf", "meets none of the schemas"), Assert.Single(verdict.Failures));
    }

    [Fact]
    public void Validate_UnseenMembersBesideAFailure_TellsTheFailureAlone()
    {
        var verdict = Validate("""{"allOf":[{"properties":{"a":{"type":"string"}}}],"unevaluatedProperties":false}""", """{"a":1}""");

        Assert.Equal("/a", Assert.Single(verdict.Failures).Pointer);
    }

    [Theory]
    [InlineData("ganz geheim")]
    [InlineData("4711.5")]
    public void Validate_Failures_HoldNothingOfTheText(string secret)
    {
        var json = $$"""{"a":"{{secret}}","b":["{{secret}}"],"c":"{{secret}}"}""";
        var verdict = Validate("""{"properties":{"a":{"const":1},"b":{"items":{"format":"date"}},"c":{"pattern":"^x$"}}}""", json);

        Assert.Equal(3, verdict.Failures.Count);
        Assert.All(verdict.Failures, failure => Assert.DoesNotContain(secret, failure.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_LongNames_PointerIsCutOff()
    {
        var verdict = Validate("""{"additionalProperties":{"additionalProperties":false}}""", $$"""{"{{new string('n', 300)}}": {"x":1} }""");

        Assert.Equal(256, Assert.Single(verdict.Failures).Pointer.Length);
    }

    [Theory]
    [InlineData("""{"minLength":-1}""", "'/minLength' must be a whole number, not negative.")]
    [InlineData("""{"properties":{"a":{"type":"text"}}}""", "'/properties/a/type' must name types of JSON.")]
    [InlineData("""{"items":{"pattern":"("}}""", "'/items/pattern' is no regular expression.")]
    [InlineData("""{"pattern":"^(?=.*[0-9]).+$"}""", "'/pattern' is a pattern that looks ahead, behind or back.")]
    [InlineData("""{"pattern":"(a)\\1"}""", "'/pattern' is a pattern that looks ahead, behind or back.")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "'/$ref' points to nothing in the schema.")]
    [InlineData("""{"items":{"$ref":"other.json"}}""", "'/items/$ref' points to another document, and none is fetched.")]
    [InlineData("""{"$ref":"https://example.com/s.json"}""", "'/$ref' points to another document, and none is fetched.")]
    [InlineData("""{"$ref":"file:///etc/passwd"}""", "'/$ref' points to another document, and none is fetched.")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#"}""", "'/$schema' names a dialect that is not known here.")]
    [InlineData("""{"required":"a"}""", "'/required' must be an array.")]
    [InlineData("""{"anyOf":[1]}""", "'/anyOf/0' must be an object, true or false.")]
    [InlineData("7", "The schema must be an object, true or false.")]
    public void TryCompile_NoSchema_SaysWhereAndWhy(string schema, string reason) => Assert.Equal(reason, Refused(schema));

    [Theory]
    [InlineData("{")]
    [InlineData("""{"type":"object","type":"array"}""")]
    [InlineData("""{"title":"\ud800","const":"\ud800"}""")]
    public void TryCompile_NoJson_IsRefused(string schema) => Assert.StartsWith("The schema is not JSON", Refused(schema), StringComparison.Ordinal);

    [Fact]
    public void Validate_DraftSeven_TuplesAndDefinitionsAreRead()
    {
        const string schema = """
            {"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"p":{"type":"integer"}},
             "type":"array","items":[{"$ref":"#/definitions/p"},{"type":"string"}],"additionalItems":false}
            """;

        Assert.True(Validate(schema, """[1,"a"]""").IsValid);
        Assert.Equal("/0", Assert.Single(Validate(schema, """["a","a"]""").Failures).Pointer);
        Assert.Equal("/2", Assert.Single(Validate(schema, """[1,"a",2]""").Failures).Pointer);
    }

    [Fact]
    public void Validate_ReferenceToWhereNoKeywordLeads_IsFollowed() =>
        Assert.Equal("/a", Assert.Single(Validate("""{"components":{"x":[{"type":"integer"}]},"properties":{"a":{"$ref":"#/components/x/0"}}}""", """{"a":"1"}""").Failures).Pointer);

    [Theory]
    [InlineData("1e400", "1e399", false)]
    [InlineData("1e400", "1e401", true)]
    [InlineData("-1e400", "-1e401", false)]
    [InlineData("0.1", "0.10000000000000000000000000001", true)]
    [InlineData("0.1", "0.1000", true)]
    [InlineData("0.1", "0.09999999999999999999999999999", false)]
    [InlineData("-0.5", "0", true)]
    [InlineData("0", "-0.0", true)]
    [InlineData("9007199254740993", "9007199254740992", false)]
    public void Validate_Minimum_IsExact(string minimum, string value, bool isValid) => Assert.Equal(isValid, Validate($$"""{"minimum":{{minimum}}}""", value).IsValid);

    [Theory]
    [InlineData("0.01", "19.99", true)]
    [InlineData("0.01", "19.999", false)]
    [InlineData("3", "1e1000000", false)]
    [InlineData("5", "1e1000000", true)]
    [InlineData("1e-300", "7", true)]
    [InlineData("2.5", "1e1", true)]
    [InlineData("2.5", "6", false)]
    public void Validate_MultipleOf_IsExact(string divisor, string value, bool isValid) => Assert.Equal(isValid, Validate($$"""{"multipleOf":{{divisor}}}""", value).IsValid);

    [Theory]
    [InlineData("date-time", "2026-01-31T12:00:00Z", "2026-01-31")]
    [InlineData("email", "a.b+c@example.com", "a..b@example.com")]
    [InlineData("email", "\\\"a b\\\"@[127.0.0.1]", "a b@example.com")]
    [InlineData("uuid", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6f9619ff8b864d01b42d00cf4fc964ff")]
    [InlineData("uri", "https://example.com/a?b=c#d", "example.com/a")]
    [InlineData("uri", "urn:isbn:0451450523", "https://example.com/a b")]
    [InlineData("uri", "https://example.com/%20", "https://example.com/%2")]
    public void Validate_Format_IsMetOrNot(string format, string good, string bad)
    {
        var schema = Compile($$"""{"format":"{{format}}"}""");

        Assert.True(schema.Validate(Encoding.UTF8.GetBytes($"\"{good}\"")).IsValid);
        Assert.Equal("format", Assert.Single(schema.Validate(Encoding.UTF8.GetBytes($"\"{bad}\"")).Failures).Keyword);
    }

    [Fact]
    public void Validate_UnknownFormat_IsARemark() => Assert.True(Validate("""{"format":"colour"}""", "\"anything\"").IsValid);

    [Fact]
    public void Validate_FromManyThreads_IsTheSame()
    {
        var schema = Compile(Order);
        var (good, bad) = ("""{"id":"abc","lines":[{"sku":"x"}]}"""u8.ToArray(), """{"id":"abc","lines":[{}]}"""u8.ToArray());

        var wrong = Enumerable.Range(0, 2000).AsParallel().Count(number => schema.Validate(number % 2 == 0 ? good : bad).IsValid != (number % 2 == 0));

        Assert.Equal(0, wrong);
    }
}
