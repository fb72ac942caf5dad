namespace Fairlead.Tests;

/// <summary>
/// A table of the docs that is made from the code, so that the two cannot differ. It stands between two marks; with
/// FAIRLEAD_UPDATE_DOCS=1 the test that holds it writes it instead.
/// </summary>
internal static class GeneratedTable
{
    /// <summary>Holds a page's part to what the code says.</summary>
    /// <param name="page">The page's path in the repository.</param>
    /// <param name="name">What stands in the marks.</param>
    /// <param name="origin">What it is made from, and by which test, for whoever reads the mark.</param>
    /// <param name="expected">The part.</param>
    public static void Hold(string page, string name, string origin, string expected)
    {
        var start = $"<!-- {name}: made from {origin} -->\n";
        var end = $"<!-- end of {name} -->\n";
        var text = Sources.Read(page);
        var from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= start.Length && to >= from, $"{page} has lost the marks that {name} stands between.");
        if (Environment.GetEnvironmentVariable("FAIRLEAD_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Sources.Root, page), text[..from] + expected + text[to..]);
            return;
        }

        Assert.Equal(expected, text[from..to]);
    }
}
