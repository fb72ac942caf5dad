namespace Fairlead.Server.Tests.Translation;

/// <summary>The first fact in which two lists of facts differ.</summary>
internal static class FactDifference
{
    private const int LongestShown = 300;

    public static string? First(IReadOnlyDictionary<string, string> expected, IReadOnlyDictionary<string, string> got)
    {
        foreach (var name in expected.Keys.Concat(got.Keys).Distinct(StringComparer.Ordinal))
        {
            var due = expected.GetValueOrDefault(name);
            var was = got.GetValueOrDefault(name);
            if (due != was) return $"{name}: expected {Shown(due)}, got {Shown(was)}";
        }

        return null;
    }

    private static string Shown(string? value) => value switch
    {
        null => "nothing",
        { Length: > LongestShown } => $"{value[..LongestShown]}… ({value.Length} characters)",
        _ => value,
    };
}
