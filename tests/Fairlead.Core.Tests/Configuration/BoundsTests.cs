using System.Text;
using Fairlead.Tests;

namespace Fairlead.Core.Tests.Configuration;

/// <summary>Whatever the text is, compiling it ends, says something bounded, and throws nothing.</summary>
public sealed class BoundsTests
{
    private const string Valid = """
        providers: { p: { kind: simulated } }
        targets: { t: { provider: p, model: m } }
        routes: [ { name: default, tiers: [ { use: [t] } ] } ]

        """;

    [Fact]
    public void Compile_TenMegabytes_IsRefusedUnread()
    {
        Assert.Equal(["fairlead.yaml(1,1): is larger than 1048576 bytes"], Compiling.Errors(Valid + new string('#', 10 * 1024 * 1024)));
    }

    [Fact]
    public void Compile_SizeIsCountedInBytes_NotInCharacters()
    {
        var most = 1048576 - Valid.Length;

        Assert.Empty(Compiling.Errors(Valid + "#" + new string('x', most - 1)));
        Assert.Equal(["fairlead.yaml(1,1): is larger than 1048576 bytes"], Compiling.Errors(Valid + "#" + new string('é', (most / 2) + 1)));
    }

    [Fact]
    public void Compile_TenThousandRoutes_AreRefusedWithOneError()
    {
        var text = new StringBuilder("providers: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m } }\nroutes:\n");
        for (var i = 0; i < 10_000; i++) text.Append("- {name: r").Append(i).Append(", tiers: [{use: [t]}]}\n");

        Assert.Equal(["fairlead.yaml(4,1): routes: has 10000 entries; at most 1000 are possible"], Compiling.Errors(text.ToString()));
    }

    [Fact]
    public void Compile_AThousandRoutes_AreTaken()
    {
        var text = new StringBuilder("providers: { p: { kind: simulated } }\ntargets: { t: { provider: p, model: m, price: { input: 1, output: 1 } } }\nroutes:\n");
        for (var i = 0; i < 1000; i++) text.Append("- {name: r").Append(i).Append(", tiers: [{use: [t]}]}\n");

        Assert.Equal(1000, Compiling.Snapshot(text.ToString()).Routes.Length);
    }

    [Fact]
    public void Compile_ThousandsOfErrors_AreCutAtAHundred()
    {
        var text = new StringBuilder(Valid);
        for (var i = 0; i < 5000; i++) text.Append("nonsense").Append(i).Append(": 1\n");

        var errors = Compiling.Errors(text.ToString());

        Assert.Equal(101, errors.Length);
        Assert.EndsWith("4900 more errors are not shown", errors[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", 17)]
    [InlineData("{a: ", 62)]
    [InlineData("- ", 33)]
    public void Compile_EndlessNesting_StopsAtSixteenLevels(string open, int column)
    {
        var text = string.Concat(Enumerable.Repeat(open, 200_000));

        var error = Assert.Single(Compiling.Errors(text));

        Assert.StartsWith($"fairlead.yaml(1,{column}): ", error, StringComparison.Ordinal);
        Assert.EndsWith("is nested deeper than 16 levels", error, StringComparison.Ordinal);
        Assert.True(error.Length < 300, error);
    }

    [Fact]
    public void Compile_ABillionLaughs_GrowsNothing()
    {
        var errors = Compiling.Errors("""
            a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]
            b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
            c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
            d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]
            """);

        Assert.Equal(4, errors.Count(error => error.Contains("anchors are not supported", StringComparison.Ordinal)));
        Assert.Equal(27, errors.Count(error => error.Contains("aliases are not supported", StringComparison.Ordinal)));
    }

    [Fact]
    public void Compile_EndlessNamesAndValues_AreShownCut()
    {
        var name = new string('x', 900);

        var errors = Compiling.Errors($"{Valid}{name}: 1\naliases: {{ a: {name} }}\n\"{name}\\u0007\": 2\n");

        Assert.Equal(3, errors.Length);
        Assert.All(errors, error => Assert.True(error.Length < 300, error));
        Assert.All(errors, error => Assert.DoesNotContain(error, char.IsControl));
    }

    [Fact]
    public void Compile_AnyCutOfAConfiguration_EndsWithErrorsOrASnapshot()
    {
        var text = Sources.Read("fairlead.example.yaml");
        for (var length = 0; length < text.Length; length += 3) Ends(text[..length]);
    }

    [Fact]
    public void Compile_AnyTextOfYamlsOwnCharacters_EndsWithErrorsOrASnapshot()
    {
        string[] pieces = ["a", "b", ": ", ":", "- ", "-", "? ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "&a ", "*a", "!", "!!str ", "!<x> ", "|", ">", "'", "\"", "#", " #", "%", "@", "`", "---", "...", "~", "<<: ", "\t", "\\", "\uFEFF", "é", "\0", "providers: ", "routes: ", "%YAML 1.2\n---\n", "%TAG ! x\n"];

        var random = new Random(20_270_630);
        for (var i = 0; i < 6_000; i++)
        {
            var text = new StringBuilder();
            for (var left = random.Next(40); left > 0; left--) text.Append(pieces[random.Next(pieces.Length)]);
            Ends(text.ToString());
        }
    }

    private static void Ends(string text)
    {
        var compiled = Compiling.Compile(text);
        Assert.Equal(compiled.Errors.IsEmpty, compiled.Snapshot is not null);
        Assert.All(compiled.Errors, error => Assert.True(error.Line >= 1 && error.Column >= 1 && error.ToString().Length < 1000));
    }
}
