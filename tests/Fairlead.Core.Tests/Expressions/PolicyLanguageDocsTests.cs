using System.Text.RegularExpressions;
using Fairlead.Core.Expressions;
using Fairlead.Core.Expressions.Syntax;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Expressions;

/// <summary>The page of the language names every function, and its examples are expressions.</summary>
public sealed partial class PolicyLanguageDocsTests
{
    private static readonly string Page = Sources.Read("docs/policy-language.md");

    [Fact]
    public void Page_EveryFunctionAndMethod_IsNamed() =>
        Assert.DoesNotContain(CelFunctions.Names(isMethod: false).Concat(CelFunctions.Names(isMethod: true)), name => !Page.Contains($"`{name}`", StringComparison.Ordinal));

    [Fact]
    public void Page_Limits_AreThoseOfTheCode()
    {
        Assert.Contains($"{CelParser.MostSource} characters, {CelParser.MostNodes} parts", Page, StringComparison.Ordinal);
        Assert.Contains($"{CelParser.MostNesting} levels", Page, StringComparison.Ordinal);
        Assert.Contains($"{CelFrame.MostSteps} steps", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_Examples_Parse()
    {
        // What stands in the last column of the tables of operators, functions and macros, up to the next chapter.
        var tables = Page[Page.IndexOf("## Operators", StringComparison.Ordinal)..Page.IndexOf("## Errors", StringComparison.Ordinal)];
        var examples = tables.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).SelectMany(line => Code().Matches(line[line.IndexOf(" | ", StringComparison.Ordinal)..]))
            .Select(match => match.Groups[1].Value.Replace(@"\|", "|", StringComparison.Ordinal)).Where(code => code.IndexOfAny(['(', '=', ' ', '.']) > 0).ToList();

        Assert.True(examples.Count > 25, $"{examples.Count} examples");
        foreach (var example in examples)
        {
            var errors = new List<CelError>();
            Assert.True(CelParser.Read(example, errors) is not null, $"{example}: {errors.FirstOrDefault()}");
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
