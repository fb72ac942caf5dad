using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

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

        if (name.Length > LongestName * 6) return -1;
        var meant = Meant(name, hasEscape);
        if (meant is not null && _folded.TryGetValue(meant, out var member))
        {
            defect = new BodyDefect("ambiguous_member", $"A member is spelled so that parsers may or may not read it as '{member}'; spell it plainly, once.", member);
        }

        return -1;
    }

    /// <summary>A name as a lenient parser might read it; null when it cannot be one that policy reads.</summary>
    private static string? Meant(ReadOnlySpan<byte> name, bool hasEscape)
    {
        if (!hasEscape && name.Length > LongestName) return null;
        if (!hasEscape && !name.ContainsAnyExcept(LowerCase)) return null; // nothing to fold: it would have been found
        try
        {
            string text;
            if (hasEscape)
            {
                var quoted = new byte[name.Length + 2];
                quoted[0] = quoted[^1] = (byte)'"';
                name.CopyTo(quoted.AsSpan(1));
                var reader = new Utf8JsonReader(quoted);
                reader.Read();
                text = reader.GetString()!;
            }
            else
            {
                text = Encoding.UTF8.GetString(name);
            }

            return text.Replace('\u017F', 's').Replace('\u212A', 'k'); // the letters outside ASCII that fold to ASCII ones
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // not a valid string: no parser reads it as a name of ours
        }
    }
}
