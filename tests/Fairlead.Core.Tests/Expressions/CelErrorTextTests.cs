using Fairlead.Core.Expressions;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>Errors of an evaluation reach logs, alerts and sentences: they say what failed, and nothing of what a request holds.</summary>
public sealed class CelErrorTextTests
{
    private const string Secret = "alice\\y@example.org(";
    private const long Number = 4711;

    [Theory]
    [InlineData("int(workload)", "a text does not fit an int")]
    [InlineData("uint(workload)", "a text does not fit a uint")]
    [InlineData("double(workload)", "a text does not fit a double")]
    [InlineData("bool(workload)", "a text does not fit a bool")]
    [InlineData("uint(-request.prompt_tokens)", "an int does not fit a uint")]
    [InlineData("int(double(request.prompt_tokens) * 1e300)", "a double does not fit an int")]
    [InlineData("request.metadata[workload]", "the map has no such key")]
    [InlineData("request.metadata[caller.feature + 'x']", "the map has no such key")]
    [InlineData("{'a': 1}[workload]", "the map has no such key")]
    [InlineData("{workload: 1, workload: 2}", "a key of the map stands twice")]
    [InlineData("sensitivity[request.prompt_tokens]", "there is no such index in a list of 2")]
    [InlineData("sensitivity.map(x, {workload: x}[x])", "the map has no such key")]
    [InlineData("workload.charAt(request.prompt_tokens)", "there is no such place in the text")]
    [InlineData("workload.substring(request.prompt_tokens)", "there is no such place in the text")]
    [InlineData("workload.substring(2, 1)", "there is no such place in the text")]
    [InlineData("workload.indexOf('a', request.prompt_tokens)", "there is no such place in the text")]
    [InlineData("workload.lastIndexOf('a', request.prompt_tokens)", "there is no such place in the text")]
    [InlineData("caller.feature.matches(workload)", "the text is no pattern that 'matches' takes")]
    [InlineData("request.at.getHours(workload)", "no time zone has that name, or its clock is out of range")]
    [InlineData("timestamp(workload)", "a timestamp is written as 2030-01-31T23:59:59Z")]
    [InlineData("duration(workload)", "a duration is written as 1h30m, 20s or 150ms")]
    [InlineData("base64.decode(workload)", "the text is not base64")]
    [InlineData("math.bitShiftLeft(1, -request.prompt_tokens)", "'math.bitShiftLeft' shifts by 0 or more")]
    [InlineData("request.prompt_tokens * 9223372036854775807", "the integer does not fit 64 bits")]
    [InlineData("dyn(workload) + 1", "'+' does not take string and int")]
    [InlineData("dyn(workload) < 1", "'<' does not compare string with int")]
    [InlineData("dyn(workload) && true", "a bool is due, not string")]
    [InlineData("1 in dyn(workload)", "'in' looks into a list or a map, not into string")]
    [InlineData("dyn(workload).all(x, true)", "a macro goes over a list or a map, not over string")]
    [InlineData("dyn(workload).member", "string has no members")]
    [InlineData("dyn(workload)[0]", "string has no index")]
    [InlineData("{dyn(sensitivity): 1}", "a key of a map is list; keys are bool, int, uint or string")]
    [InlineData("size(dyn(request.prompt_tokens))", "'size' does not take int")]
    [InlineData("dyn(workload).replace('a', dyn(1))", "'replace' takes texts, and how many as an int")]
    [InlineData("[dyn(1)].join(workload)", "'join' does not take int")]
    public void Evaluate_ValueOfARequest_IsNotInTheError(string source, string due)
    {
        var leaves = Rule.Usual;
        leaves[Rule.Workload] = CelValue.Of(Secret);
        leaves[Rule.Declarations.LeafOf("request.prompt_tokens")] = CelValue.Of(Number);

        var value = Rule.Compile(source).Evaluate(new FixedInputs(leaves));

        Assert.Equal((CelKind.Error, due), (value.Kind, value.AsString));
    }

    [Theory]
    [InlineData("request.metadata.nothing", "there is no key \"nothing\"")]
    [InlineData("request.metadata['nothing']", "there is no key \"nothing\"")]
    [InlineData("sensitivity[7]", "there is no index 7 in a list of 2")]
    public void Evaluate_LiteralOfTheRule_IsNamed(string source, string due) => Assert.Equal(due, Rule.Evaluate(source).AsString);
}
