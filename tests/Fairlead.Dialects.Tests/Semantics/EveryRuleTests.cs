using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Fairlead.Tests;

namespace Fairlead.Dialects.Tests.Semantics;

/// <summary>Each of the wire rules has a test by its number, here or where the whole gateway is tested, or a word why it comes later.</summary>
public sealed partial class EveryRuleTests
{
    private const int Last = 122;

    [Fact]
    public void EveryRule_IsTested_OrComesLater()
    {
        var tested = Here().Concat(WithTheWholeGateway()).ToHashSet();

        Assert.Equal(Enumerable.Range(1, Last), tested.Union(LaterRules.Why.Keys).Order());
        Assert.Empty(tested.Intersect(LaterRules.Why.Keys));
        Assert.All(LaterRules.Why.Values, why => Assert.False(string.IsNullOrWhiteSpace(why)));
    }

    private static IEnumerable<int> Here() => typeof(EveryRuleTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
        .Where(method => method.GetCustomAttributes().Any(attribute => attribute is FactAttribute))
        .Select(method => Name().Match(method.Name)).Where(match => match.Success).Select(Number);

    /// <summary>Tests of another project: read from their sources.</summary>
    private static IEnumerable<int> WithTheWholeGateway()
    {
        var files = Directory.GetFiles(Path.Combine(Sources.Root, "tests", "Fairlead.Server.Tests", "Semantics"), "*.cs");
        Assert.NotEmpty(files);
        return files.SelectMany(file => Declared().Matches(File.ReadAllText(file))).Select(Number);
    }

    private static int Number(Match match) => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("^Rule([0-9]+)_")]
    private static partial Regex Name();

    [GeneratedRegex("public (?:void|async Task) Rule([0-9]+)_")]
    private static partial Regex Declared();
}
