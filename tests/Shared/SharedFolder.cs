using System.Globalization;
using System.Runtime.CompilerServices;

namespace Fairlead.Tests;

/// <summary>
/// The folder of recorded traffic, specifications and catalogs that lies beside the repository: <c>FAIRLEAD_SHARED</c>, else
/// <c>../shared</c> seen from the repository's root. Tests that need it carry <c>[Trait("Category", "SharedData")]</c>.
/// </summary>
internal static class SharedFolder
{
    private const string Results = "FAIRLEAD_RESULTS";

    private static readonly Lock Writing = new();

    /// <summary>Where it is, or would be.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("FAIRLEAD_SHARED") is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named)
        : System.IO.Path.GetFullPath(System.IO.Path.Combine(RepositoryRoot(), "..", "shared"));

    /// <summary>Whether the larger sizes are asked for.</summary>
    public static bool IsLarge { get; } = Environment.GetEnvironmentVariable("FAIRLEAD_LARGE") == "1";

    /// <summary>Skips the test where the folder is absent. In CI that is a failure: a bar that nobody measured is not met.</summary>
    public static void SkipIfAbsent()
    {
        if (Directory.Exists(Path)) return;
        var message = $"No shared data at {Path}: set FAIRLEAD_SHARED to the folder that holds wire/, specs/ and catalog/.";
        if (Environment.GetEnvironmentVariable("CI") is "true" or "1") Assert.Fail(message);
        Assert.Skip(message);
    }

    /// <summary>Prints how many of a set passed, and appends the line to the file that <c>FAIRLEAD_RESULTS</c> names.</summary>
    public static void Report(string name, int passed, int total) => Write(string.Create(CultureInfo.InvariantCulture, $"{name}: {passed}/{total}"));

    /// <summary>Prints a line of measured figures, and appends it to the same file.</summary>
    public static void Figures(string line) => Write(line);

    private static void Write(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable(Results) is not { Length: > 0 } file) return;
        lock (Writing) File.AppendAllText(file, line + "\n");
    }

    /// <summary>Found from the built tests, from where they were started, or from where this file was compiled.</summary>
    private static string RepositoryRoot([CallerFilePath] string source = "")
    {
        foreach (var start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory, System.IO.Path.GetDirectoryName(source) })
        {
            for (var folder = start is { Length: > 0 } ? new DirectoryInfo(start) : null; folder is not null; folder = folder.Parent)
            {
                if (File.Exists(System.IO.Path.Combine(folder.FullName, "Fairlead.slnx"))) return folder.FullName;
            }
        }

        return Environment.CurrentDirectory;
    }
}
