using Fairlead.Core.Configuration;

namespace Fairlead.Core.Keys;

/// <summary>How long a replaced key goes on, as people write it: <c>0</c>, <c>90m</c>, <c>24h</c>, <c>7d</c>.</summary>
public static class KeyOverlap
{
    /// <summary>What a text must be.</summary>
    public const string Rule = "must be 0, or a time from 1s to 30d with its unit, such as 90m, 24h or 7d";

    /// <summary>Reads one; false when it is none, or longer than it may be.</summary>
    public static bool TryRead(string text, out TimeSpan overlap)
    {
        overlap = TimeSpan.Zero;
        if (text == "0") return true;
        if (text.EndsWith('d') && Units.TryInt(text[..^1], out var days) && days <= KeyAdministration.LongestOverlap.TotalDays) overlap = TimeSpan.FromDays(days);
        else if (!Units.TryDuration(text, out overlap)) return false;
        return overlap >= TimeSpan.FromSeconds(1) && overlap <= KeyAdministration.LongestOverlap;
    }
}
