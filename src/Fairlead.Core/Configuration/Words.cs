using System.Text;

namespace Fairlead.Core.Configuration;

/// <summary>Words in messages: quoting what a configuration says, and finding what was meant.</summary>
public static class Words
{
    private const int MostShown = 64;

    /// <summary>A text in quotes, bounded, without control characters.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > MostShown) return quoted.Append("…'").ToString();
            if (Rune.IsControl(rune)) quoted.Append('�');
            else quoted.Append(rune.ToString());
        }

        return quoted.Append('\'').ToString();
    }

    /// <summary>The known name that <paramref name="word"/> was probably meant to be; null when none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length is < 2 or > MostShown) return null;
        var most = (word.Length + 1) / 3; // of one letter, everything would be near
        string? nearest = null;
        foreach (var name in known)
        {
            if (Math.Abs(name.Length - word.Length) > most) continue;
            var distance = Distance(word, name);
            if (distance > most || (nearest is not null && distance == most)) continue;
            most = distance;
            nearest = name;
        }

        return nearest;
    }

    /// <summary>Edits from one word to the other; a swap of neighbours is one. Case does not count.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> before = stackalloc int[right.Length + 1];
        Span<int> last = stackalloc int[right.Length + 1];
        Span<int> row = stackalloc int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++) last[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var isSame = Fold(left[i - 1]) == Fold(right[j - 1]);
                row[j] = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (isSame ? 0 : 1));
                if (i > 1 && j > 1 && Fold(left[i - 1]) == Fold(right[j - 2]) && Fold(left[i - 2]) == Fold(right[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            last.CopyTo(before);
            row.CopyTo(last);
        }

        return last[right.Length];
    }

    private static char Fold(char character) => character == '-' ? '_' : char.ToLowerInvariant(character);
}
