using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fairlead.Core.Requests;

namespace Fairlead.Dialects.Peeking;

/// <summary>
/// The members of a dialect's body that policy reads. Finds them by their exact names, and finds out names that another parser
/// might take for them: spelled with escapes, or in another case (Go's parsers fold case, two non-ASCII letters included).
/// Immutable.
/// </summary>
public sealed class PolicyMembers
{
    private const int LongestName = 64;

    private static readonly SearchValues<byte> LowerCase = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-."u8);

    private readonly byte[][] _names;
    private readonly string[] _texts;
    private readonly FrozenSet<string> _folded;
    private readonly SearchValues<byte> _lengths;

    /// <summary>The members of these names, in the order of their numbers.</summary>
    public PolicyMembers(params string[] names)
    {
        _texts = names;
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        _folded = names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _lengths = SearchValues.Create([.. names.Select(name => (byte)name.Length).Distinct()]);
    }

    /// <summary>How many there are.</summary>
    public int Count => _names.Length;

    /// <summary>The name of a member.</summary>
    public string NameOf(int member) => _texts[member];

    /// <summary>Which member a name is; -1 for one that policy does not read.</summary>
    /// <param name="name">The name as it is spelled.</param>
    /// <param name="hasEscape">Whether it is spelled with an escape.</param>
    /// <param name="defect">Set when another parser might take the name for one that policy reads.</param>
    public int Find(ReadOnlySpan<byte> name, bool hasEscape, out BodyDefect? defect)
    {
        defect = null;
        if (!hasEscape && name.Length <= byte.MaxValue && _lengths.Contains((byte)name.Length))
        {
            for (var i = 0; i < _names.Length; i++)
            {
                if (name.SequenceEqual(_names[i])) return i;
            }
        }

        if (!hasEscape && !name.ContainsAnyExcept(LowerCase)) return -1; // nothing to fold: it would have been found
        if (!TryRead(name, out var text))
        {
            // Parsers that drop or keep the broken part read different names, one of ours perhaps.
            defect = new BodyDefect(RefusalTable.InvalidJson, "The body is not valid JSON: a member's name is not a valid string.", null);
        }
        else if (text.Length <= LongestName && _folded.TryGetValue(text, out var member))
        {
            defect = new BodyDefect(RefusalTable.AmbiguousMember, $"A member is spelled so that parsers may or may not read it as '{member}'; spell it plainly, once.", member);
        }

        return -1;
    }

    /// <summary>A name as a lenient parser might read it; false when it is not a string at all: broken escapes, not UTF-8.</summary>
    private static bool TryRead(ReadOnlySpan<byte> name, out string text)
    {
        text = "";
        try
        {
            var quoted = new byte[name.Length + 2];
            quoted[0] = quoted[^1] = (byte)'"';
            name.CopyTo(quoted.AsSpan(1));
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            text = reader.GetString()!;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }

        var end = text.IndexOf('\0', StringComparison.Ordinal); // where a parser in C takes it to end
        if (end >= 0) text = text[..end];
        text = text.Replace('\u017F', 's').Replace('\u212A', 'k'); // the letters outside ASCII that fold to ASCII ones
        return true;
    }
}
