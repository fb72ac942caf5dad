using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Fairlead.Core.Expressions;

/// <summary>
/// Reads a pattern in RE2's syntax (https://github.com/google/re2/wiki/Syntax, 2026-11) and writes it in .NET's, which has other
/// meanings for some of it: <c>$</c> also before a last line feed, <c>\d</c> and <c>\w</c> beyond ASCII, brackets within brackets as subtraction.
/// Counts the places of the automaton on the way, since a few characters can ask for millions: <c>((a{1000}){1000}){1000}</c>.
/// </summary>
internal ref struct CelPatternReader
{
    private const int MostLength = 1000;
    private const int MostPlaces = 2000;
    private const int MostRepeats = 1000;
    private const int MostGroups = 64;

    private const string Digits = "0-9";
    private const string Spaces = @"\t\n\f\r ";
    private const string Words = "0-9A-Za-z_";

    private readonly ReadOnlySpan<char> _pattern;
    private readonly StringBuilder _written = new();
    private int _at;
    private int _groups;
    private bool _isMultiline;
    private string? _problem;

    private CelPatternReader(string pattern) => _pattern = pattern;

    public static bool TryRead(string pattern, [NotNullWhen(true)] out string? translated, [NotNullWhen(false)] out string? problem)
    {
        translated = null;
        problem = pattern.Length > MostLength ? $"a pattern has at most {MostLength} characters" : null;
        if (problem is not null) return false;
        var reader = new CelPatternReader(pattern);
        var places = reader.Alternatives();
        if (reader._problem is null && reader._at < pattern.Length) reader._problem = "the pattern has a ')' without '('";
        problem = reader._problem ?? (places > MostPlaces ? "the pattern repeats too much" : null);
        translated = reader._written.ToString();
        return problem is null;
    }

    private readonly bool IsAtEnd => _at >= _pattern.Length || _problem is not null;

    private readonly char Here => _pattern[_at];

    private readonly bool Follows(string text) => _pattern[_at..].StartsWith(text, StringComparison.Ordinal);

    private long Fail(string problem)
    {
        _problem ??= problem;
        return 0;
    }

    private long Alternatives()
    {
        long places = 0;
        while (!IsAtEnd && Here != ')')
        {
            if (Here == '|')
            {
                _written.Append('|');
                _at++;
                continue;
            }

            places = Math.Min(int.MaxValue, places + Repeated());
        }

        return places;
    }

    /// <summary>One atom with what repeats it.</summary>
    private long Repeated()
    {
        var canRepeat = Here is not ('^' or '$');
        var places = Atom();
        if (IsAtEnd) return places;
        long times = 1;
        if (Here is '*' or '+' or '?') _written.Append(_pattern[_at++]);
        else if (!TryCount(ref times)) return places;
        if (!canRepeat && times > 1) return Fail("the pattern repeats a place between characters");
        if (!IsAtEnd && Here == '?') _written.Append(_pattern[_at++]);
        if (!IsAtEnd && (Here is '*' or '+' or '?' || IsCount())) return Fail("the pattern repeats a repetition; put it in parentheses");
        return places * times;
    }

    /// <summary>Whether a count such as <c>{2,5}</c> stands here; other braces are characters.</summary>
    private readonly bool IsCount()
    {
        if (Here != '{') return false;
        var at = _at + 1;
        while (at < _pattern.Length && (char.IsAsciiDigit(_pattern[at]) || (_pattern[at] == ',' && at > _at + 1))) at++;
        return at > _at + 1 && at < _pattern.Length && _pattern[at] == '}';
    }

    private bool TryCount(ref long times)
    {
        if (!IsCount()) return false;
        var end = _at + _pattern[_at..].IndexOf('}');
        var inner = _pattern[(_at + 1)..end];
        var comma = inner.IndexOf(',');
        var least = comma < 0 ? inner : inner[..comma];
        var most = comma < 0 || comma == inner.Length - 1 ? least : inner[(comma + 1)..];
        if (!int.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out var low) || !int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out var high) || low > MostRepeats || high > MostRepeats || high < low)
        {
            Fail($"the pattern repeats at most {MostRepeats} times, the smaller number first");
            return false;
        }

        times = Math.Max(1, high);
        _written.Append(_pattern[_at..(end + 1)]);
        _at = end + 1;
        return true;
    }

    private long Atom()
    {
        var character = _pattern[_at++];
        switch (character)
        {
            case '(': return Group();
            case '[': return Class();
            case '\\': return Escape();
            case '*' or '+' or '?': return Fail("the pattern repeats nothing");
            case '$':
                _written.Append(_isMultiline ? "$" : @"\z");
                return 1;
            case '{' or '}' or ']' or '#' or ' ':
                _written.Append('\\').Append(character);
                return 1;
            case var one when char.IsHighSurrogate(one) && _at < _pattern.Length && char.IsLowSurrogate(Here):
                _written.Append("(?:").Append(one).Append(_pattern[_at++]).Append(')');
                return 2;
            default:
                _written.Append(character);
                return 1;
        }
    }

    private long Group()
    {
        if (++_groups > MostGroups) return Fail($"a pattern has at most {MostGroups} groups");
        if (!Follows("?")) _written.Append("(?:"); // nobody asks what a group matched
        else if (!TryGroupStart(out var isWhole)) return isWhole ? 0 : Fail("the pattern has a group that RE2 does not know");
        var places = Alternatives();
        if (IsAtEnd) return Fail("the pattern has a '(' without ')'");
        _at++;
        _written.Append(')');
        return Math.Max(1, places);
    }

    /// <summary>What stands behind a question mark: a name, flags, or nothing. False when no group follows.</summary>
    private bool TryGroupStart(out bool isWhole)
    {
        isWhole = false;
        _at++;
        if (Follows("P<") || Follows("<"))
        {
            var end = _pattern[_at..].IndexOf('>');
            if (end < 0 || Follows("<=") || Follows("<!")) return false;
            _at += end + 1;
            _written.Append("(?:");
            return true;
        }

        var start = _at;
        while (_at < _pattern.Length && Here is 'i' or 'm' or 's' or '-') _at++;
        var flags = _pattern[start.._at];
        if (_at >= _pattern.Length || Here is not (':' or ')') || flags.Count('-') > 1 || (flags.IsEmpty && Here == ')')) return false;
        if (flags.Contains('m')) _isMultiline = true;
        _written.Append("(?").Append(flags);
        isWhole = Here == ')';
        _written.Append(_pattern[_at++]);
        return !isWhole;
    }

    private long Escape()
    {
        if (_at >= _pattern.Length) return Fail(@"the pattern ends with a '\'");
        var letter = _pattern[_at++];
        switch (letter)
        {
            case 'd': _written.Append('[').Append(Digits).Append(']'); return 1;
            case 'D': _written.Append("[^").Append(Digits).Append(']'); return 1;
            case 's': _written.Append('[').Append(Spaces).Append(']'); return 1;
            case 'S': _written.Append("[^").Append(Spaces).Append(']'); return 1;
            case 'w': _written.Append('[').Append(Words).Append(']'); return 1;
            case 'W': _written.Append("[^").Append(Words).Append(']'); return 1;
            case 'A' or 'z' or 'b' or 'B': _written.Append('\\').Append(letter); return 1;
            case 'Q':
                var length = _pattern[_at..].IndexOf(@"\E", StringComparison.Ordinal);
                var quoted = length < 0 ? _pattern[_at..] : _pattern.Slice(_at, length);
                _at = length < 0 ? _pattern.Length : _at + length + 2;
                foreach (var one in quoted) Literal(one);
                return quoted.Length;
            case 'p' or 'P': return Category(letter);
            default: return Character(letter);
        }
    }

    /// <summary>An escape that stands for one character, within brackets or without.</summary>
    private long Character(char letter)
    {
        switch (letter)
        {
            case 'a' or 'f' or 't' or 'n' or 'r' or 'v':
                _written.Append('\\').Append(letter);
                return 1;
            case 'x': return Hexadecimal();
            case '0': return Octal();
            case >= '1' and <= '9': return Fail("the pattern refers back to a group, which RE2 does not know");
            case var one when char.IsAsciiLetter(one): return Fail($@"the pattern has '\{one}', which RE2 does not know");
            default:
                Literal(letter);
                return 1;
        }
    }

    private long Octal()
    {
        var code = 0;
        for (var i = 0; i < 2 && !IsAtEnd && Here is >= '0' and <= '7'; i++) code = (code * 8) + (_pattern[_at++] - '0');
        Literal((char)code);
        return 1;
    }

    private long Hexadecimal()
    {
        ReadOnlySpan<char> digits;
        if (Follows("{"))
        {
            var end = _pattern[_at..].IndexOf('}');
            if (end < 0) return Fail(@"the pattern has a '\x{' without '}'");
            digits = _pattern.Slice(_at + 1, end - 1);
            _at += end + 1;
        }
        else
        {
            digits = _pattern.Slice(_at, Math.Min(2, _pattern.Length - _at));
            _at += digits.Length;
        }

        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code > 0xFFFF || digits.Length > 6) return Fail(@"the pattern has a '\x' without a character up to FFFF");
        Literal((char)code);
        return 1;
    }

    private long Category(char letter)
    {
        ReadOnlySpan<char> name;
        if (Follows("{") && _pattern[_at..].IndexOf('}') is > 0 and var end)
        {
            name = _pattern.Slice(_at + 1, end - 1);
            _at += end + 1;
        }
        else
        {
            name = _pattern.Slice(_at, Math.Min(1, _pattern.Length - _at));
            _at += name.Length;
        }

        var isNot = letter == 'P';
        if (name is ['^', ..])
        {
            isNot = !isNot;
            name = name[1..];
        }

        if (name.Length is 0 or > 2 || name.IndexOfAnyExceptInRange('A', 'z') >= 0) return Fail(@"the pattern has a '\p' that is no general category such as \p{Lu}");
        _written.Append(isNot ? @"\P{" : @"\p{").Append(name).Append('}');
        return 1;
    }

    private readonly void Literal(char character)
    {
        if (char.IsAsciiLetterOrDigit(character) || (character > 0x7F && !char.IsControl(character) && !char.IsSurrogate(character))) _written.Append(character);
        else _written.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
    }

    private long Class()
    {
        _written.Append('[');
        if (!IsAtEnd && Here == '^')
        {
            _written.Append('^');
            _at++;
        }

        for (var isFirst = true; !IsAtEnd && (isFirst || Here != ']'); isFirst = false)
        {
            var character = _pattern[_at++];
            if (character == '[' && Follows(":"))
            {
                Named();
            }
            else if (character == '\\' && !IsAtEnd)
            {
                ClassEscape();
            }
            else if (char.IsSurrogate(character))
            {
                return Fail("the pattern has a character beyond FFFF between brackets");
            }
            else if (character == '-')
            {
                _written.Append(isFirst || IsAtEnd || Here == ']' ? @"\-" : "-");
            }
            else
            {
                if (character is '[' or ']' or '^') _written.Append('\\');
                _written.Append(character);
            }
        }

        if (IsAtEnd) return Fail("the pattern has a '[' without ']'");
        _at++;
        _written.Append(']');
        return 1;
    }

    private void ClassEscape()
    {
        var letter = _pattern[_at++];
        switch (letter)
        {
            case 'd': _written.Append(Digits); break;
            case 's': _written.Append(Spaces); break;
            case 'w': _written.Append(Words); break;
            case 'D': _written.Append(@"\x00-/:-\uFFFF"); break;
            case 'S': _written.Append(@"\x00-\x08\x0B\x0E-\x1F!-\uFFFF"); break;
            case 'W': _written.Append(@"\x00-/:-@\[-\^`{-\uFFFF"); break;
            case 'p' or 'P': Category(letter); break;
            default: Character(letter); break;
        }
    }

    /// <summary>A class by its POSIX name, as in <c>[[:alpha:]]</c>.</summary>
    private void Named()
    {
        var end = _pattern[_at..].IndexOf(":]", StringComparison.Ordinal);
        var name = end < 0 ? "" : _pattern[(_at + 1)..(_at + end)];
        var members = name switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => @"\x00-\x7F",
            "blank" => @"\t ",
            "cntrl" => @"\x00-\x1F\x7F",
            "digit" => Digits,
            "graph" => "!-~",
            "lower" => "a-z",
            "print" => " -~",
            "punct" => @"!-/:-@\[-`{-~",
            "space" => @"\t\n\v\f\r ",
            "upper" => "A-Z",
            "word" => Words,
            "xdigit" => "0-9A-Fa-f",
            _ => null,
        };
        if (members is null)
        {
            Fail("the pattern has a named class that RE2 does not know");
            return;
        }

        _written.Append(members);
        _at += end + 2;
    }
}
