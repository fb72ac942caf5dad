using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>What is said of a rule that is wrong: where, what, and what was probably meant.</summary>
public sealed class CelErrorTests
{
    [Theory]
    [InlineData("«worklod» == 'x'", "no variable is named 'worklod'", "workload")]
    [InlineData("target.«famly» == 'qwen'", "no member is named 'famly'", "family")]
    [InlineData("request.«nothing_like_it»", "no member is named 'nothing_like_it'", null)]
    [InlineData("«target» == 'x'", "'target' is not a value; name one of its members", "target.region")]
    [InlineData("target.family.«startWith»('q')", "no method is named 'startWith'", "startsWith")]
    [InlineData("«siz»(workload) > 3", "no function is named 'siz'", "size")]
    [InlineData("«startsWith»(workload, 'q')", "'startsWith' is a method: write it behind a value and a dot", null)]
    [InlineData("workload.«int»() == 3", "'int' is a function: write int(…)", null)]
    [InlineData("workload.«startsWith»() ", "'startsWith' takes 1 argument, not 0", null)]
    [InlineData("workload.«startsWith»(3)", "'startsWith' takes (string, string), not (string, int)", null)]
    [InlineData("«workload == 3»", "'==' does not compare string with int", null)]
    [InlineData("«workload < true»", "'<' does not compare string with bool", null)]
    [InlineData("«workload + 1» == 'x'", "'+' does not take string and int", null)]
    [InlineData("'a' in «workload»", "'in' looks into a list or a map, not into string", "contains")]
    [InlineData("«3» in sensitivity", "this is int, while 'in' looks into list(string)", null)]
    [InlineData("!«workload»", "'!' takes a bool, not string", null)]
    [InlineData("«workload» && true", "'&&' takes bools, not string", null)]
    [InlineData("«workload» ? 1 : 2", "'?' takes a bool, not string", null)]
    [InlineData("request.has_tools ? 1 : «'a'»", "this is string, while the part before ':' is int", null)]
    [InlineData("sensitivity[«'a'»]", "the index of a list is an int, not string", null)]
    [InlineData("workload.«length»", "string has no members", null)]
    [InlineData("«budget».used > 3.0", "'budget' is not in this version of Fairlead", null)]
    [InlineData("prompt.«mention»(['a'])", "no method is named 'mention'", "mentions")]
    [InlineData("prompt.«mentions»", "'mentions' is a method of 'prompt': it takes an argument in parentheses", null)]
    [InlineData("prompt.mentions(«'a'»)", "'mentions' takes list(string), not string", null)]
    [InlineData("prompt.mentions(«sensitivity»)", "'mentions' takes a literal list(string)", null)]
    [InlineData("prompt.mentions(«['a', 3]»)", "'mentions' takes a literal list(string)", null)]
    [InlineData("prompt.mentions(«[]»)", "the list is empty", null)]
    [InlineData("workload.matches(«'a(b'»)", "the pattern has a '(' without ')'", null)]
    [InlineData("duration(«'20 sec'») > duration('1s')", "a duration is written as 1h30m, 20s or 150ms", null)]
    [InlineData("«has(workload)»", "'has' takes one member, as in has(request.metadata.team)", null)]
    [InlineData("has(target.«famly»)", "no member is named 'famly'", "family")]
    [InlineData("sensitivity.exists(«3», true)", "'exists' takes the name of a variable here", null)]
    [InlineData("sensitivity.exists(x, «x»)", "'exists' takes a bool here, not string", null)]
    [InlineData("sensitivity.exists(label, «labl» == 'a')", "no variable is named 'labl'", "label")]
    [InlineData("workload «=» 'x'", "'=' is no operator; equality is '=='", null)]
    [InlineData("request.has_tools «and» true", "'and' stands where an operator or the end is due", "&&")]
    [InlineData("workload == 'x' «&» true", "'&' is no operator; write it twice", null)]
    [InlineData("workload == «'x»", "the text has no end", null)]
    [InlineData("workload == '«\\q»'", "'\\q' is no escape of a text", null)]
    [InlineData("«9223372036854775808» > 1", "'9223372036854775808' does not fit an int", null)]
    [InlineData("«99999999999999999999» > 1", "'99999999999999999999' does not fit an int", null)]
    [InlineData("«1e999» > 1.0", "'1e999' does not fit a double", null)]
    [InlineData("«import» == 'x'", "'import' is a reserved word", null)]
    [InlineData("workload«{»a: 1}", "messages are not part of the language here", null)]
    [InlineData("(workload == 'x'«»", "the expression ends where ')' of the '(' is due", null)]
    public void TryCompile_Mistake_IsToldWithItsPlaceAndTheNearestName(string marked, string message, string? suggestion)
    {
        var start = marked.IndexOf('«', StringComparison.Ordinal);
        var length = marked.IndexOf('»', StringComparison.Ordinal) - start - 1;

        var error = Assert.Single(Rule.Errors(marked.Replace("«", "", StringComparison.Ordinal).Replace("»", "", StringComparison.Ordinal)));

        Assert.Equal(message, error.Message);
        Assert.Equal(suggestion, error.Suggestion);
        Assert.Equal((start, length), (error.Offset, error.Length));
    }

    [Fact]
    public void TryCompile_SeveralMistakes_AreAllTold()
    {
        var errors = Rule.Errors("worklod == 'x' && target.famly == 3 && workload.startWith(request.tols) && !sensitivity");

        Assert.Equal(
            ["no variable is named 'worklod'", "no member is named 'famly'", "no method is named 'startWith'", "no member is named 'tols'", "'!' takes a bool, not list(string)"],
            errors.Select(error => error.Message));
        Assert.Equal(errors.Select(error => error.Offset).Order(), errors.Select(error => error.Offset));
    }

    [Fact]
    public void TryCompile_SeveralBadEscapes_AreAllTold() => Assert.Equal([1, 3], Rule.Errors("'\\q\\z' == workload").Select(error => error.Offset));

    [Theory]
    [InlineData("workload", "bool", "this is string, where bool is due")]
    [InlineData("1", "double", "this is int, where double is due")]
    public void TryCompile_OtherType_IsToldOfTheWhole(string source, string expected, string message)
    {
        var error = Assert.Single(Rule.Errors(source, expected == "bool" ? CelType.Bool : CelType.Double));

        Assert.Equal((0, source.Length, message), (error.Offset, error.Length, error.Message));
    }

    [Fact]
    public void Evaluate_DynOfAnotherTypeThanDue_IsAnError()
    {
        var whole = Rule.Compile("dyn(workload)", CelType.Bool);

        Assert.Equal(CelType.Bool, whole.Type);
        Assert.Equal(CelKind.Error, whole.Evaluate(new FixedInputs(Rule.Usual)).Kind);
    }

    [Fact]
    public void TryCompile_Nothing_IsAnError() => Assert.Equal("the expression ends where a value is due", Assert.Single(Rule.Errors(" // only a comment")).Message);

    [Fact]
    public void Variable_DeclaredTwice_Throws()
    {
        var builder = new CelDeclarations.Builder();
        builder.Object("target").Member("name", CelType.String);

        Assert.Throws<ArgumentException>(() => builder.Variable("target.name", CelType.Int));
    }

    [Fact]
    public void Builder_Leaves_AreNumberedInOrder()
    {
        var builder = new CelDeclarations.Builder();

        Assert.Equal(0, builder.Variable("workload", CelType.String));
        Assert.Equal(1, builder.Object("target").Member("name", CelType.Int));
        var declarations = builder.Build();
        Assert.Equal(2, declarations.Count);
        Assert.Equal("target.name", declarations.NameOf(1));
        Assert.Equal(CelType.Int, declarations.TypeOf(1));
        Assert.Equal((0, 1, -1), (declarations.LeafOf("workload"), declarations.LeafOf("target.name"), declarations.LeafOf("target")));
    }
}
