using Fairlead.Tests;

namespace Fairlead.Dialects.Tests.Recorded;

/// <summary>Runs one check over many cases, so that all failures are seen at once, and reports how many passed.</summary>
internal static class Tally
{
    public static void Run<T>(string name, IReadOnlyList<T> cases, Action<T> check)
    {
        Assert.NotEmpty(cases);
        var failures = new List<string>();
        foreach (var one in cases)
        {
            try
            {
                check(one);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failures.Add($"{one}: {exception.Message}");
            }
        }

        SharedFolder.Report(name, cases.Count - failures.Count, cases.Count);
        Assert.True(failures.Count == 0, $"{name}: {failures.Count} of {cases.Count} failed\n{string.Join("\n", failures.Take(12))}");
    }
}
