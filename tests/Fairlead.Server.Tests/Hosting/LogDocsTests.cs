using System.Globalization;
using System.Text.RegularExpressions;
using Fairlead.Tests;

namespace Fairlead.Server.Tests.Hosting;

/// <summary>The table of log messages has every one that there is, and no other.</summary>
public sealed partial class LogDocsTests
{
    [Fact]
    public void Table_HasEveryMessage()
    {
        var logged = Directory.GetFiles(Path.Combine(Sources.Root, "src/Fairlead"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Message().Matches(File.ReadAllText(file)).Select(match => Number(match.Groups[1].Value))).ToArray();
        var told = Row().Matches(Sources.Read("docs/operations.md")).SelectMany(match => match.Groups[1].Value.Split(", ").Select(Number)).ToArray();

        Assert.NotEmpty(logged);
        Assert.Equal(logged.Order(), told.Order());
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex Message();

    [GeneratedRegex(@"^\| (\d{3}(?:, \d{3})*) \| ", RegexOptions.Multiline)]
    private static partial Regex Row();
}
